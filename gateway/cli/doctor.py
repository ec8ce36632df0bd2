"""`gateway doctor`: look at everything a handoff needs, and say what is missing. Changes nothing unless told to."""

from typing import Annotated

import typer

from gateway.cli.session import Session
from gateway.cli.verbs import new_app
from gateway.cli.voice import Voice
from gateway.config.checkup.check import Check, Surroundings, exit_code
from gateway.config.checkup.clock import kernel_clock
from gateway.config.checkup.examination import examine
from gateway.config.load import load
from gateway.config.stores import make_or_upgrade, move, move_deliver_store
from gateway.footing.mounts import MOUNTS
from gateway.service.turns import standing_still

app = new_app()


@app.command()
def doctor(
    context: typer.Context,
    deep: Annotated[bool, typer.Option("--deep", help="Also verify the whole receipt log.")] = False,
    upgrade: Annotated[
        bool, typer.Option("--upgrade", help="First make the ledger, or bring it to this program's version.")
    ] = False,
    move_ledger: Annotated[
        str,
        typer.Option("--move-ledger", metavar="URL", help="Copy the ledger's file into an empty PostgreSQL, and end."),
    ] = "",
    move_deliver_store: Annotated[
        str,
        typer.Option("--move-deliver-store", metavar="URL", help="The same with what deliver remembers, as its user."),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object instead of lines.")] = False,
) -> int:
    """Look at everything a handoff needs, and say what is missing and what to do.

    Leaves with 0 if nothing failed, 3 if a person must do something, 78 if the configuration
    cannot be used at all. Warnings do not count. There is no way back behind an upgrade: back up first.

    With --move-ledger neither half may be running. The log is verified at both ends, every row is compared, and
    the file stays as it was: what is used is what `ledger` in gateway.toml names. --move-deliver-store is the same for
    `deliver_store`.
    """
    session = Session.of(context)
    if move_ledger:
        return _move_ledger(session, move_ledger)
    if move_deliver_store:
        return _move_store(session, move_deliver_store)
    if upgrade:
        make_or_upgrade(load(session.home(), session.environ))
    around = Surroundings(at=session.clock(), mounts=_mounts(), clock=kernel_clock())
    checks = tuple(examine(session.home(), session.environ, around, deep=deep))
    code = exit_code(checks)
    if as_json:
        session.voice.say_json({"checks": [_plain(check) for check in checks], "exit_code": code})
    else:
        for check in checks:
            _say(session.voice, check)
    return code


def _move_ledger(session: Session, url: str) -> int:
    configuration = load(session.home(), session.environ)
    with standing_still(configuration):
        verified, rows = move(configuration, url)
    session.voice.say(f"moved: {verified.size} receipts, verified at both ends, and {rows} rows in all, each compared")
    session.voice.say("what to do: write the URL as `ledger` into gateway.toml before anything starts; then put the")
    session.voice.say(
        f"            file {configuration.workspace.ledger.name} away with the backups: it is the past from here on"
    )
    return 0


def _move_store(session: Session, url: str) -> int:
    configuration = load(session.home(), session.environ)
    with standing_still(configuration):
        rows = move_deliver_store(configuration, url)
    session.voice.say(f"moved: {rows} rows, each compared")
    session.voice.say(
        "what to do: write the URL as `deliver_store` into gateway.toml before anything starts; then put the"
    )
    session.voice.say(f"            file {configuration.workspace.attempts.name} away with the backups")
    return 0


def _say(voice: Voice, check: Check) -> None:
    voice.say(f"{check.outcome:<5} {check.name}: {check.sentence}")
    if check.remedy:
        voice.say(f"      what to do: {check.remedy}")


def _plain(check: Check) -> dict[str, str]:
    return {"name": check.name, "outcome": check.outcome, "sentence": check.sentence, "remedy": check.remedy}


def _mounts() -> str:
    try:
        return MOUNTS.read_text("utf-8", "surrogateescape")
    except OSError:
        return ""
