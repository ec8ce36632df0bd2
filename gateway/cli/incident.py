"""`gateway incident`: what one transfer released, for a report under Article 33; and who is affected."""

from typing import Annotated

import typer

from gateway.cli.incident_words import as_values, lines
from gateway.cli.opening import Opened, prepare_side
from gateway.cli.population import affected
from gateway.cli.through_desk import DeskCommand
from gateway.cli.usage import typed_transfer
from gateway.cli.verbs import new_app
from gateway.cli.voice import counted
from gateway.story.incident import incident as looked_at
from gateway.story.incident import matching
from gateway.vocabulary.errors import NeedsPerson, UsageError
from gateway.vocabulary.transfer import TransferId

app = new_app()


@app.command(cls=DeskCommand)
def incident(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
    who: Annotated[
        bool,
        typer.Option("--who", help="Read a population (CSV) from standard input, and write who of it is affected."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="With --who: show children on a terminal all the same.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The counts as one JSON object.")] = False,
) -> None:
    """Say how many children one transfer told about, which fields, to whom and when; for an Article 33 report.

    For the data protection officer: its counts are exact, and the look is receipted. --who is the
    one use of this command that names children: of a population, any CSV in UTF-8 with a header
    and a column UPN, it writes those rows to standard output whose children were released, with the
    fields in a last column. Send it to a file: a terminal is refused without --yes.
    """
    wanted = typed_transfer(transfer)
    if who and as_json:
        raise UsageError("--who writes CSV, and no JSON", remedy="ask for the counts by themselves")
    with prepare_side(context) as side:
        if who:
            _say_who(side, wanted, yes=yes)
            return
        found = looked_at(side.gateway, wanted, uid=side.uid)
        name = _partner(side, found.route, found.partner)
        if as_json:
            side.voice.say_json(as_values(found, name))
            return
        for line in lines(found, name):
            side.voice.say(line)


def _say_who(side: Opened, transfer: TransferId, *, yes: bool) -> None:
    voice = side.voice
    if voice.out.isatty() and not yes:
        raise NeedsPerson(
            "the answer names children, and would stand on this screen",
            remedy="send it to a file, or give --yes if nobody else can see the screen",
        )
    header = side.configuration.route(side.gateway.log.transfer(transfer).route).schema.column("upn")
    names = frozenset({"upn", header.header if header else "upn"})
    found = matching(side.gateway, transfer, uid=side.uid)
    for line in affected(side.session.stdin, found, names):
        voice.out.write(line)
    voice.tell(f"{found.matched:,} of {found.rows:,} rows are about children whom the transfer released")
    if found.unmatched:
        voice.tell(
            f"{counted(found.unmatched, 'row has', 'rows have')} no valid UPN: who that is about is not known here"
        )
    if found.strangers:
        who = counted(found.strangers, "child of the transfer is", "children of the transfer are")
        voice.tell(f"{who} in no row: the population is not complete")


def _partner(side: Opened, route: str, partner: str) -> str:
    gate = side.gates.get(route)
    return gate.route.partner.name if gate and gate.route.partner.partner == partner else partner
