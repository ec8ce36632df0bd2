"""`gateway withdraw`: what partners hold about one child is to go, from the next round on."""

from typing import Annotated

import typer

from gateway.cli.child import asked_for
from gateway.cli.opening import prepare_side
from gateway.cli.through_desk import DeskCommand
from gateway.cli.verbs import new_app
from gateway.story.withdrawing import withdraw as withdraw_child
from gateway.vocabulary.errors import NeedsPerson

app = new_app()


@app.command(cls=DeskCommand)
def withdraw(
    context: typer.Context,
    route: Annotated[str | None, typer.Option("--route", metavar="R", help="Only this route's partner.")] = None,
    consented_only: Annotated[
        bool, typer.Option("--consented-only", help="Only what needs a consent; name and address stay there.")
    ] = False,
) -> None:
    """Prepare a removal for each partner that was given anything about a child.

    The child is asked for, or read from standard input as lines such as 'upn: …'. A removal
    needs no second approver, says nothing of why, and is answered by the partner like any parcel.

    This takes back what was given. So that it is not given again, record the refusal,
    the objection or the hold as well: gateway consent record, gateway hold add.
    """
    with prepare_side(context) as side:
        if route is not None:
            side.configuration.route(route)
        found = withdraw_child(
            side.gateway, side.gates, asked_for(side.session), consented_only=consented_only, uid=side.uid, only=route
        )
        for removal in found.prepared:
            side.voice.say(f"transfer {removal.transfer}: {removal.partner} is told to remove it at the next round")
        for one in found.unreached:
            side.voice.say(f"{one.partner} was given it on the route {one.route} and is not told: {one.why}")
        if found.unreached:
            raise NeedsPerson("not every partner who was given this child can be told", remedy="see above, one by one")
        if not found.prepared:
            raise NeedsPerson(
                "no partner was given anything about this child",
                remedy="check the UPN, and the former one: a child who has a UPN is known to partners' parcels by it;"
                " 'gateway disclosures' shows what was given",
            )
