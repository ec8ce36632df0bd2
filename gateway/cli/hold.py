"""`gateway hold add`: from now on nothing about this child leaves."""

from typing import Annotated, Literal

import typer

from gateway.cli.child import asked_for
from gateway.cli.opening import person, prepare_side
from gateway.cli.verbs import new_app
from gateway.story.register import add_hold

app = new_app(help="Children who must not be disclosed at all.")
Why = Literal["refuge", "adoption", "protected-address", "witness-protection", "other"]


@app.callback()
def hold() -> None:
    """Keeps `add` a word of its own while it is the only one."""


@app.command()
def add(
    context: typer.Context,
    reason: Annotated[Why, typer.Option("--reason", help="For the hold's reviewer alone; it is shown to nobody else.")],
) -> None:
    """Withhold a child, and everybody at the address if one is given, on every route.

    The child is asked for, or read from standard input as lines such as 'upn: …'. Give
    everything that is known: the child is recognised by any of it.
    """
    with prepare_side(context) as side:
        child = asked_for(side.session)
        recorded = add_hold(side.gateway, side.gates, child, reason=reason, uid=person())
        side.voice.say(f"hold {recorded.count} is in force")
        if recorded.revoked:
            side.voice.say(f"{recorded.revoked} undelivered parcels were taken back and are judged again")
