"""`gateway preview`: what an extract would release if it left now, and nothing of it released."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.agreeing import signs
from gateway.cli.child import ASKED_SUBJECT, asked_for
from gateway.cli.consent_words import say_child
from gateway.cli.opening import Opened, prepare_side
from gateway.cli.own_hands import hands_of
from gateway.cli.preview_words import Seen, by_rule, child_as_values, child_in_words, seen_as_values, seen_in_words
from gateway.cli.through_desk import DeskCommand
from gateway.cli.verbs import new_app
from gateway.config.load import Suspension
from gateway.config.signed_routes import usable_routes
from gateway.story.gate import Gate, load_signers
from gateway.story.previewing import Copied, explain, preview_by_rule
from gateway.story.previewing import preview as previewed
from gateway.vocabulary.errors import NeedsPerson, Refused, UsageError

app = new_app()


@app.command(cls=DeskCommand)
def preview(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An extract, wherever it lies. It is read and left alone.")
    ],
    route: Annotated[str, typer.Option("--route", metavar="R", help="The route it would leave by, signed or not.")],
    rules: Annotated[
        bool, typer.Option("--rules", help="For the data protection officer alone: counts by rule, holds among them.")
    ] = False,
    child: Annotated[
        bool, typer.Option("--child", help="For the data protection officer alone: what would become of one child.")
    ] = False,
    reviewer: Annotated[
        Path | None,
        typer.Option(
            "--reviewer", metavar="KEY", help="With --child, the hold reviewer's own key: holds are told too."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> int:
    """Count what FILE would release on a route now, by the same engine and rules. Nothing leaves, nothing is kept.

    What would refuse it or want a second approver is named by row number and column, never by
    value. --rules prints counts rule by rule, the number of children on hold among them: it is
    for the data protection officer, and is receipted as a look-up. --child asks for a UPN, or
    reads a line 'upn: …' from standard input, and is receipted too.

    Leaves with 0 if it could be signed and sent, with 4 if it would be refused, with 3 if its
    route is suspended.
    """
    if (child and rules) or (reviewer and not child):
        raise UsageError("--rules and --child do not go together, and --reviewer needs --child")
    with prepare_side(context) as side:
        gate, suspended = _gate(side, route)
        if child:
            return _explain(side, gate, file, reviewer, as_json=as_json)
        at, copied = side.session.clock(), _copied(side, file)
        found = preview_by_rule(gate, copied, at, uid=side.uid) if rules else previewed(gate, copied, at)
        seen = Seen(route=gate.route, preview=found, suspended=suspended.sentence if suspended else "")
        _say(side, seen, rules=rules, as_json=as_json)
    return Refused.exit_code if found.reasons else NeedsPerson.exit_code if suspended else 0


def _gate(side: Opened, name: str) -> tuple[Gate, Suspension | None]:
    """A suspended route can be looked at: whoever is to sign it wants to see what it would do."""
    route = side.configuration.route(name)
    _, suspended = usable_routes(side.configuration, side.session.clock())
    gate = side.gates.get(name) or Gate(gateway=side.gateway, route=route, signers=load_signers(side.gateway.workspace))
    return gate, next((one for one in suspended if one.route == name), None)


def _copied(side: Opened, file: Path) -> Copied:
    return lambda target, limit: hands_of(side.session).copied(file, target, limit)


def _say(side: Opened, seen: Seen, *, rules: bool, as_json: bool) -> None:
    if as_json:
        side.voice.say_json(seen_as_values(seen, rules=rules))
        return
    for line in seen_in_words(seen):
        side.voice.say_folded(line)
    if rules and seen.preview.outcome.rows_in:
        side.voice.say()
        for line in by_rule(seen.preview.outcome):
            side.voice.say(line)


def _explain(side: Opened, gate: Gate, file: Path, reviewer: Path | None, *, as_json: bool) -> int:
    known_by = asked_for(side.session, ASKED_SUBJECT)
    found = explain(
        gate, _copied(side, file), side.session.clock(), known_by, uid=side.uid, reviewer=signs(side, reviewer)
    )
    if as_json:
        side.voice.say_json(child_as_values(found, gate.route, reviewer=reviewer is not None))
    else:
        for line in child_in_words(found, gate.route, reviewer=reviewer is not None):
            side.voice.say(line)
        for shown in found.consent:
            say_child(side.voice, shown)
    return Refused.exit_code if found.reasons else 0
