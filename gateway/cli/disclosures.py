"""`gateway disclosures`: everything that was shared about one child."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.agreeing import signs
from gateway.cli.child import ASKED_SUBJECT, asked_for
from gateway.cli.disclosure_page import page
from gateway.cli.disclosure_words import Told, as_json_values, lines
from gateway.cli.opening import Opened, prepare_side
from gateway.cli.own_hands import hands_of
from gateway.cli.session import Session
from gateway.cli.through_desk import DeskCommand
from gateway.cli.verbs import new_app
from gateway.story.disclosed import Shared, look_up
from gateway.vocabulary.errors import UsageError

app = new_app()


@app.command(cls=DeskCommand)
def disclosures(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of lines.")] = False,
    export: Annotated[
        Path | None, typer.Option("--export", metavar="FILE", help="Write a page (HTML) fit to print and hand out.")
    ] = None,
    reviewer: Annotated[
        Path | None,
        typer.Option(
            "--reviewer", metavar="KEY", help="The hold reviewer's own key: say why a child was withheld as a whole."
        ),
    ] = None,
) -> None:
    """Say what was shared about one child: with whom, when, on which basis, which fields, acknowledged or not.

    The child is asked for, or read from standard input as a line such as 'upn: …'; never an
    argument. The look-up is receipted. Values are not kept: which fields left is known, what
    stood in them is not. --export answers an access request: a new file, readable by you alone,
    for which every file of disclosures is hashed anew.
    """
    _refuse(Session.of(context), export, as_json=as_json)
    with prepare_side(context) as side:
        child = asked_for(side.session, ASKED_SUBJECT)
        found = look_up(side.gateway, child, uid=side.uid, reviewer=signs(side, reviewer), anew=export is not None)
        told = [Told(shared=one, partner_name=_partner(side, one)) for one in found]
        if export is not None:
            _write(side, export, told, reviewer=reviewer is not None)
        elif as_json:
            side.voice.say_json([as_json_values(one) for one in told])
        else:
            for line in lines(told):
                side.voice.say_folded(line)


def _refuse(session: Session, export: Path | None, *, as_json: bool) -> None:
    """Before anything is looked up."""
    if export is not None and as_json:
        raise UsageError("--export writes a page, and --json none", remedy="choose one of them")
    if export is not None:
        hands_of(session).refuse_taken(export)


def _write(side: Opened, path: Path, told: Sequence[Told], *, reviewer: bool) -> None:
    text = page(told, council=side.configuration.settings.sender, at=side.session.clock(), reviewer=reviewer)
    hands_of(side.session).write_page(path, text.encode("utf-8"))
    side.voice.say(f"written, readable by you alone; it tells of {len(told)} handoff{'s' * (len(told) != 1)}")
    if reviewer:
        side.voice.tell("it tells of holds: it is not for handing out")


def _partner(side: Opened, one: Shared) -> str:
    gate = side.gates.get(one.route)
    return gate.route.partner.name if gate and gate.route.partner.partner == one.partner else one.partner
