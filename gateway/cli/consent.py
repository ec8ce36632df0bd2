"""`gateway consent`: decisions into the register, from a file or one by one, and what they come to."""

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from gateway.cli.agreeing import Desk, signs
from gateway.cli.child import OF_THE_REGISTER, asked_for
from gateway.cli.consent_words import kept_back_in_words, plain, revoked_in_words, say_child
from gateway.cli.opening import Opened, prepare_side
from gateway.cli.own_hands import hands_of
from gateway.cli.through_desk import DeskCommand
from gateway.cli.verbs import new_app
from gateway.cli.voice import counted
from gateway.footing.ledger import decisions
from gateway.story.register.agreeing import Recorded
from gateway.story.register.importing import Way, read_import, take_import, wanted_for
from gateway.story.register.recording import record_decision
from gateway.story.register.showing import show_child
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.moment import london_day

app = new_app(help="The consent register: decisions are added, never changed.")
Decision = Literal["consent", "refuse", "withdraw", "object", "lift-objection", "unsought", "no-reply"]
Purpose = Annotated[str, typer.Option("--purpose", metavar="P", help="As the route's policy names it.")]
By = Annotated[str, typer.Option("--by", metavar="WHO", help="parent, guardian (or parent-2 …), young-person.")]
Given = Annotated[
    str | None, typer.Option("--given", metavar="DAY", help="The day of it, 2026-11-24; today if not given.")
]
Notice = Annotated[
    str, typer.Option("--notice", metavar="V", help="The version of the privacy notice it was given on.")
]
Evidence = Annotated[str, typer.Option("--evidence", metavar="REF", help="Where the evidence is filed; never a name.")]
Key = Annotated[Path | None, typer.Option("--key", metavar="KEY", help="Your own OpenSSH private key.")]
Yes = Annotated[bool, typer.Option("--yes", help="Sign without asking; you have read it.")]


@app.command("import", cls=DeskCommand, short_help="add all decisions of a CSV, or none")
def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV of decisions; the README has its columns.")],
    way: Annotated[
        Literal["changes", "snapshot"] | None,
        typer.Option("--as", help="changes: what is new. snapshot: everything for --purpose; absent consents end."),
    ] = None,
    yssa: Annotated[
        bool, typer.Option("--yssa", help="A School Census extract with the columns upn and yssa.")
    ] = False,
    census_date: Annotated[str | None, typer.Option("--census-date", metavar="DAY", help="With --yssa.")] = None,
    purpose: Annotated[str, typer.Option("--purpose", metavar="P", help="With --yssa or a snapshot.")] = "",
    key: Key = None,
    yes: Yes = False,
) -> None:
    """Add all decisions of a CSV, or none. What they overtake is taken back and judged again.

    A row names a child by UPN, or without one by forename, surname and date_of_birth. One that
    cannot be understood refuses the file; it is named by number and column. So does a file
    without a row: nothing is recorded, and nothing is withdrawn. A file that adds consent takes effect once two different people have signed the statement that is
    then written beside it, FILE.register; refusals, withdrawals and objections want nobody's.
    """
    chosen = _way(way, yssa=yssa, census_date=census_date)
    with prepare_side(context) as side, hands_of(side.session).papers(file) as papers:
        with hands_of(side.session).opened(file) as stream:
            imported = read_import(
                side.gateway, stream, way=chosen, purposes=_purposes(side), purpose=purpose,
                census=_day(census_date) if census_date else None,
            )  # fmt: skip
        desk = Desk(side=side, folder=papers, name=file.name, key=key, yes=yes)
        wanted = wanted_for(side.gateway, imported)
        taken = take_import(side.gateway, side.gates, imported, agreed=desk.agreed(wanted), uid=side.uid)
        if not isinstance(taken, Recorded):
            taken = take_import(side.gateway, side.gates, imported, agreed=desk.agree(wanted), uid=side.uid)
        if not isinstance(taken, Recorded):
            raise UsageError("the statement is about another file", remedy="type the command again")
        _say(side, taken)


@app.command(cls=DeskCommand, short_help="one decision about one child, who is asked for")
def record(
    context: typer.Context,
    decision: Annotated[Decision, typer.Option("--decision", help="What was decided.")],
    purpose: Purpose,
    by: By,
    tier: Annotated[
        list[str] | None, typer.Option("--tier", metavar="TIER", help="consented, special: of a consent; repeat it.")
    ] = None,
    field: Annotated[
        list[str] | None,
        typer.Option("--field", metavar="F", help="A single field, as policies name it: of a consent; repeat it."),
    ] = None,
    given: Given = None,
    expires: Annotated[str, typer.Option("--expires", metavar="DAY", help="The day a consent ends on.")] = "",
    notice: Notice = "",
    evidence: Evidence = "",
    key: Key = None,
) -> None:
    """Record one decision about one child, who is asked for or read from standard input: 'upn: …'.

    A child without a UPN is known by name with date of birth.

    A consent, and the end of an objection, want evidence and the key of somebody who may
    record them. A consent to single fields and no tier opens those fields, and refuses the
    rest whoever consents to it.
    """
    with prepare_side(context) as side:
        said = {
            "purpose": purpose, "decided_by": by, "decision": decision, "tiers": ";".join(tier or ()),
            "fields": ";".join(field or ()), "given": given or _today(side), "expires": expires, "notice": notice,
            "evidence": evidence,
        }  # fmt: skip
        child = asked_for(side.session, OF_THE_REGISTER)
        recorded = record_decision(
            side.gateway, side.gates, child, said, purposes=_purposes(side), sign=signs(side, key), uid=side.uid
        )
        _say(side, recorded)


@app.command(cls=DeskCommand, short_help="consent was withdrawn: as easy as it was given")
def withdraw(
    context: typer.Context,
    purpose: Purpose,
    by: By,
    given: Given = None,
    notice: Notice = "",
    evidence: Evidence = "",
) -> None:
    """Record that consent was withdrawn: as easy as it was given. The child is asked for."""
    record(context, decision="withdraw", purpose=purpose, by=by, given=given, notice=notice, evidence=evidence)


@app.command(cls=DeskCommand, short_help="what is on record about one child, and what it comes to")
def show(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="JSON instead of lines.")] = False
) -> None:
    """Say what is on record about one child and what it comes to today, under 16 and from 16.

    The child is asked for, or read from standard input as a line 'upn: …'. The look-up is receipted.
    """
    with prepare_side(context) as side:
        found = show_child(side.gateway, asked_for(side.session, OF_THE_REGISTER), uid=side.uid)
        if as_json:
            side.voice.say_json([plain(one) for one in found])
            return
        if not found:
            side.voice.say("nothing is on record about this child: the statutory floor only")
        for one in found:
            say_child(side.voice, one)


def _way(way: Literal["changes", "snapshot"] | None, *, yssa: bool, census_date: str | None) -> Way:
    if (way is None) != yssa or bool(census_date) != yssa:
        raise UsageError(
            "what the file is has to be said, it is not guessed",
            remedy="give --as changes, or --as snapshot --purpose P, or --yssa --census-date DAY --purpose P",
        )
    return way or "yssa"


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError("--census-date is not a day", remedy="spell it like 2026-10-01") from error


def _purposes(side: Opened) -> frozenset[str]:
    """What decisions can be about; while a route is out of service also all that they were ever about."""
    purposes = side.configuration.purposes()
    if side.configuration.out_of_service:
        with side.gateway.ledger.reading() as tx:
            purposes |= decisions.purposes(tx)
    return purposes


def _today(side: Opened) -> str:
    return london_day(side.gateway.clock()).isoformat()


def _say(side: Opened, recorded: Recorded) -> None:
    nothing = not (recorded.count or recorded.known or recorded.withdrawn)
    side.voice.say(f"{counted(recorded.count, 'decision')} recorded" + ": no row of the file has one" * nothing)
    if recorded.known:
        side.voice.say(f"{counted(recorded.known, 'was', 'were')} on record already")
    if recorded.withdrawn:
        side.voice.say(f"{recorded.withdrawn:,} consents that the snapshot no longer has are withdrawn")
    if recorded.removals:
        told = counted(recorded.removals, "partner is", "partners are")
        side.voice.say(f"{told} told to remove what is no longer shared, at the next round")
    if recorded.kept_back:
        side.voice.say(kept_back_in_words(recorded.kept_back))
    if recorded.revoked:
        side.voice.say(revoked_in_words(recorded.revoked))
