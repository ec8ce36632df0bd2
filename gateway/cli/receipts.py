"""`gateway receipts list|show|verify|prove|export|witness`: what happened to each handoff, and that the record is whole."""

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli import evidence
from gateway.cli.opening import prepare_side
from gateway.cli.receipt_words import for_operators, page_of
from gateway.cli.session import Session
from gateway.cli.through_desk import DeskCommand
from gateway.cli.usage import typed_transfer
from gateway.cli.verbs import new_app
from gateway.receipts.receipt import Receipt
from gateway.story import standing
from gateway.story.answering import keep_cosignature
from gateway.story.standing import Page, Standing, Wanted
from gateway.vocabulary import canonical, moment
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import NEEDS_PERSON, Stage

app = new_app(help="What happened to each handoff, and that the record of it is whole.")
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of lines.")]
LARGEST_NOTE = 256 * 1024
HEAD = ("transfer", "route", "partner", "stands at", "since", "released")


@app.command("list", cls=DeskCommand, short_help="transfers, newest first, with the rung each stands on")
def list_transfers(
    context: typer.Context,
    route: Annotated[str | None, typer.Option("--route", metavar="R", help="Of this route only.")] = None,
    partner: Annotated[str | None, typer.Option("--partner", metavar="P", help="To this partner only.")] = None,
    stage: Annotated[
        list[str] | None, typer.Option("--stage", metavar="S", help="On this rung only; can be repeated.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="DAY", help="First seen on this day or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="DAY", help="First seen on this day or earlier.")
    ] = None,
    needs_person: Annotated[
        bool, typer.Option("--needs-person", help="Only what a person must do something about.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many, newest first.")] = 50,
    before: Annotated[str | None, typer.Option("--before", metavar="ID", help="The next page: what is older.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV instead of columns.")] = False,
    as_json: AsJson = False,
) -> None:
    """List transfers, newest first, with the rung each stands on.

    Days are London's, as 2026-11-24. Where there are more, the last line says how to go on.
    """
    stages = frozenset(map(_stage, stage or ())) or (NEEDS_PERSON if needs_person else frozenset())
    wanted = Wanted(
        limit=limit,
        before=typed_transfer(before) if before else None,
        route=route,
        partner=partner,
        stages=stages & NEEDS_PERSON if needs_person else stages,
        since=_begin(since) if since else None,
        until=_begin(until) + timedelta(days=1) if until else None,
    )
    if needs_person and not wanted.stages:
        raise UsageError("nobody has to do anything about that stage", remedy="leave out --needs-person or --stage")
    with prepare_side(context) as side:
        _say(side.session, standing.page_of(side.gateway, wanted), as_json=as_json, as_csv=as_csv)


@app.command(cls=DeskCommand, short_help="one transfer as a page")
def show(
    context: typer.Context,
    transfer: Annotated[str, typer.Argument(metavar="TRANSFER", help="The transfer's 26 letters and digits.")],
    by_rule: Annotated[
        bool, typer.Option("--by-rule", help="For the data protection officer: counts rule by rule. Receipted.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one transfer as a page: timeline, what left, who approved, keys, transport, answer, proofs."""
    wanted = typed_transfer(transfer)
    with prepare_side(context) as side:
        log = side.gateway.log
        entries = log.of_transfer(wanted)
        if not entries:
            raise UsageError(f"there is no transfer {wanted}", remedy="'gateway receipts list' shows those there are")
        if by_rule:
            facts = Facts(transfer=wanted, uid=side.uid)
            log.append(Receipt(kind="rules-shown", at=side.gateway.clock(), facts=facts))
        if as_json:
            side.voice.say_json(
                [
                    {"index": e.index, "leaf": e.hash.hex(), "receipt": for_operators(e.receipt, by_rule=by_rule)}
                    for e in entries
                ]
            )
            return
        for line in page_of(log.transfer(wanted), entries, log.proofs(wanted), by_rule=by_rule):
            side.voice.say(line)


@app.command(short_help="hold the ledger against what a partner has cosigned")
def witness(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A checkpoint that the partner cosigned, or its TRANSFER.ack.json.")
    ],
    route: Annotated[str, typer.Option("--route", metavar="R", help="A route to this partner.")],
) -> None:
    """Hold the ledger against what a partner has cosigned: after every restore, before anything leaves.

    The partner's newest answer, TRANSFER.ack.json on its server, has it. If the ledger is older, or
    another, nothing leaves from it from now on, until the newer one is back.
    """
    note = _cosigned_in(file)
    with prepare_side(context) as side:
        if route not in side.gates:
            raise UsageError("there is no such route in service", remedy="'gateway status' lists them")
        keep_cosignature(side.gateway, side.gates[route].route.partner, note)
        side.voice.say("the ledger leads to what the partner has cosigned in this file: it is not older than that")


app.command(short_help="the whole log: receipts, hashes, rungs, signatures")(evidence.verify)
app.command(short_help="the receipts of one transfer with their proofs")(evidence.prove)
app.command(short_help="the whole log as C2SP tiles that other tools read")(evidence.export)


def _cosigned_in(file: Path) -> str:
    """The note itself, or the one in an acknowledgement; whether it is signed is seen by whoever keeps it."""
    try:
        with file.open("rb") as stream:
            data = stream.read(LARGEST_NOTE)
    except OSError as error:
        raise UsageError("the file cannot be read", remedy="name a file that this user may read") from error
    if not data.startswith(b"{"):
        return data.decode("utf-8", "replace")
    note = canonical.decode(data, what="the acknowledgement").get("checkpoint")
    if note is None:
        raise UsageError(
            "the partner has cosigned nothing in this answer",
            remedy="name one that 'gateway receive' made: answers made by hand or with gpg have no cosignature",
        )
    return str(note)


def _say(session: Session, page: Page, *, as_json: bool, as_csv: bool) -> None:
    if as_json:
        session.voice.say_json([_plain(one) for one in page.standings])
        return
    rows = [HEAD, *(_row(one) for one in page.standings)]
    if as_csv:
        session.voice.say(_csv(rows))
        return
    session.voice.say_table(rows)
    if not page.standings:
        session.voice.tell("no handoff is like that; routes and partners are spelled as 'gateway status' has them")
    if page.following:
        session.voice.tell(f"there are more: the same with  --before {page.following}")


def _csv(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().rstrip("\n")


def _row(one: Standing) -> tuple[str, ...]:
    return one.transfer, one.route, one.partner, str(one.stage), moment.spell(one.since), one.released_in_words()


def _plain(one: Standing) -> dict[str, Any]:
    return {
        "transfer": one.transfer, "route": one.route, "partner": one.partner, "stage": str(one.stage),
        "since": moment.spell(one.since), "released": one.released_in_words(), "needs_person": one.needs_person,
        "to_do": one.to_do(),
    }  # fmt: skip


def _stage(word: str) -> Stage:
    try:
        return Stage(word)
    except ValueError as error:
        raise UsageError("there is no such stage", remedy="there are: " + ", ".join(Stage)) from error


def _begin(day: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time(0), moment.LONDON)
    except ValueError as error:
        raise UsageError("a day is not spelled like 2026-11-24", remedy="year, month and day, with -") from error
