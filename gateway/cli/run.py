"""`gateway run`: both halves, or one of them; for ever, or once until nothing moves."""

import signal
import threading
from types import FrameType
from typing import Annotated

import typer

from gateway.cli.at_desk import answering
from gateway.cli.opening import configured, telemetry
from gateway.cli.session import Session
from gateway.cli.verbs import new_app
from gateway.config.load import Configuration, load
from gateway.footing.telemetry import LogEvent
from gateway.service.desk.handing import usher
from gateway.service.forever import Reread, run_forever
from gateway.service.notify import Notify
from gateway.service.rounds import HALVES, run_once
from gateway.vocabulary.errors import NeedsPerson, UsageError

app = new_app()
DESK = "desk"


@app.command()
def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Work until nothing moves any more, then leave.")] = False,
    only: Annotated[
        str | None,
        typer.Option("--only", metavar="HALF", help="prepare (no network), deliver (no ledger), or desk (no key)."),
    ] = None,
) -> int:
    """Pick up, state, minimise, seal, deliver, and receipt every step.

    Log lines go to standard error, one JSON object a line, and hold nothing of any child.
    With --once it leaves with 0, with 3 if a route is suspended, or with the code of what
    went wrong. Without, it runs until it is told to stop, and carries out verbs that need prepare's
    keys, for people whose groups allow it. --only desk tells prepare who is asking, where its
    sandbox hides other users from it.
    """
    if only == DESK and not once:
        _desk_alone(*configured(context))
        return 0
    halves = _halves(only)
    session, configuration = configured(context)
    for broken in configuration.out_of_service:
        session.voice.tell(f"route {broken.route} is out of service: 'gateway doctor' says why")
    if once:
        return _once(session, configuration, halves)
    _for_ever(session, configuration, halves)
    return 0


def _halves(only: str | None) -> frozenset[str]:
    if only is not None and only not in HALVES:
        raise UsageError("--only takes prepare, deliver or desk", remedy="leave it out to run both halves")
    return frozenset({only}) if only else HALVES


def _once(session: Session, configuration: Configuration, halves: frozenset[str]) -> int:
    rounds = run_once(
        configuration, clock=session.clock, telemetry=telemetry(session, session.voice.err), halves=halves
    )
    for suspension in rounds.suspended:
        session.voice.tell(suspension.sentence)
        session.voice.tell_what_to_do(suspension.remedy)
    for fault in rounds.faults:
        session.voice.fail(fault)
    if rounds.faults:
        return rounds.faults[0].exit_code
    return NeedsPerson.exit_code if rounds.suspended or configuration.out_of_service else 0


def _for_ever(session: Session, configuration: Configuration, halves: frozenset[str]) -> None:
    stop, again = threading.Event(), threading.Event()
    _on(stop, signal.SIGTERM, signal.SIGINT)
    # at a terminal, SIGHUP says that the terminal went away: nobody would know of a service that stayed
    _on(stop if session.voice.err.isatty() else again, signal.SIGHUP)
    log = telemetry(session, session.voice.err)
    log.event(LogEvent.STARTED)
    run_forever(
        configuration,
        clock=session.clock,
        telemetry=log,
        stop=stop,
        halves=halves,
        reread=Reread(asked=again, load=lambda: load(session.home(), session.environ), kept=session.voice.fail),
        notify=Notify(session.environ.get("NOTIFY_SOCKET")),
        desk=answering(session),
    )
    log.event(LogEvent.STOPPED)


def _desk_alone(session: Session, configuration: Configuration) -> None:
    stop, notify = threading.Event(), Notify(session.environ.get("NOTIFY_SOCKET"))
    _on(stop, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    usher(configuration.workspace, stop=stop, ready=lambda: notify.tell("READY=1", "STATUS=desk: at work"))


def _on(event: threading.Event, *signals: signal.Signals) -> None:
    def asked(_number: int, _frame: FrameType | None) -> None:
        event.set()

    for number in signals:
        signal.signal(number, asked)
