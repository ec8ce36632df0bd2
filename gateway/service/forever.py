"""The service: each half in a loop of its own, woken by events, by the other half, or by the scan.

A round that fails is told about and tried again at the next scan: a full disk or a clock
that was set back may have been mended by then. Only faults of the wiring end the process.

Told to stop, a half ends after the step in hand. A step that takes longer than a few seconds is
handed back: the worker that judges an extract is ended, as a crash would end it, and the next
start does it again; a large file stops between two pieces, and the next start goes on with it.

Asked to, it reads its configuration again, whole: settings, pages, keys, ledger. Only when all
of it can be used do the halves end their rounds and begin anew with it; else they go on with
the old one, and the reason is told.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from gateway.config.load import Configuration
from gateway.config.pages import names
from gateway.contract.route import RoutePage
from gateway.footing import durable
from gateway.footing.telemetry import LogEvent, Telemetry
from gateway.footing.turn import WORD_SECONDS, Turn
from gateway.service.alerts import alerts_beside
from gateway.service.delivering import deliver_in_turn
from gateway.service.desk.handing import attended
from gateway.service.desk.listening import Answer
from gateway.service.ending import End
from gateway.service.notify import SILENT, MonotonicNs, Notify, Pulse
from gateway.service.rounds import HALVES, prepare_round
from gateway.service.turns import alone_at
from gateway.service.upkeep import Watch, is_time, look_after, tell_of_fault
from gateway.service.watching import watched
from gateway.service.wiring import Clock, Prepare, gates_of, opened, prepare_in_turn
from gateway.story.dispatch import dispatch
from gateway.story.seen import Memory
from gateway.vocabulary.errors import GatewayError, slug_of
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage

LOOK = 0.5
"""Seconds between two looks at what was asked meanwhile."""
GRACE = 5.0
"""Seconds that the step in hand has once its half was told to stop."""
PATIENCE = 1.0
"""Seconds that a round of deliver waits for its deliveries; slower ones go on beside the rounds that follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reread:
    """How the configuration is read again: when `asked` is set. `kept` is told why the old one stays."""

    asked: threading.Event
    load: Callable[[], Configuration]
    kept: Callable[[GatewayError], object]
    monotonic_ns: MonotonicNs = time.monotonic_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    clock: Clock
    telemetry: Telemetry
    stop: threading.Event
    halves: frozenset[str]
    pulse: Pulse
    reread: Reread | None
    desk: Answer | None


def run_forever(
    configuration: Configuration,
    *,
    clock: Clock,
    telemetry: Telemetry,
    stop: threading.Event,
    halves: frozenset[str] = HALVES,
    reread: Reread | None = None,
    notify: Notify = SILENT,
    desk: Answer | None = None,
) -> None:
    """Until `stop` is set; the step in hand is ended first, or handed back. `desk`: what prepare does for people who ask it."""
    service = _Service(
        clock=clock, telemetry=telemetry, stop=stop, halves=halves, pulse=Pulse(notify, halves), reread=reread, desk=desk
    )  # fmt: skip
    going_on: Configuration | None = configuration
    while going_on is not None:
        going_on = _with_one(service, going_on)


def _with_one(service: _Service, configuration: Configuration) -> Configuration | None:
    """The halves with one configuration; returns the next one, or None at the end."""
    over, failed = End(), list[BaseException]()
    threads = [
        threading.Thread(target=_half, args=(service, configuration, half, over, failed), name=half)
        for half in sorted(service.halves)
    ]
    fresh: Configuration | None = None
    try:
        for thread in threads:
            thread.start()
        while fresh is None and not service.stop.is_set() and not over.wait(LOOK):
            fresh = _reread(service)
        if service.stop.is_set():
            service.pulse.stopping()
    finally:
        over.set()
        for thread in threads:
            thread.join(GRACE)
        over.hand_back()
        for thread in threads:
            thread.join()
    for error in failed:
        raise error
    return None if service.stop.is_set() else fresh


def _reread(service: _Service) -> Configuration | None:
    """The configuration to go on with, if somebody asked and all of it can be used."""
    reread, pulse = service.reread, service.pulse
    if reread is None or not reread.asked.is_set():
        return None
    reread.asked.clear()  # before reading: who asks again meanwhile is heard
    pulse.reloading(reread.monotonic_ns())
    try:
        fresh = reread.load()
        _try_out(service, fresh)
    except GatewayError as error:
        service.telemetry.event(LogEvent.CONFIGURATION_KEPT, Facts(code=slug_of(error)))
        reread.kept(error)
        pulse.reloaded(f"the old configuration is kept: {error.message}")
        return None
    service.telemetry.event(LogEvent.CONFIGURATION_REREAD)
    pulse.reloaded("at work with the configuration as it was read again")
    return fresh


def _try_out(service: _Service, configuration: Configuration) -> None:
    """Everything that a start would open, opened once while the old halves still run."""
    if "prepare" in service.halves:
        with opened(configuration, clock=service.clock, telemetry=service.telemetry) as gateway:
            gates_of(gateway, configuration, service.clock())
    if "deliver" in service.halves:
        configuration.deliver_keys.signing_key("observation")


def _half(service: _Service, configuration: Configuration, half: str, over: End, failed: list[BaseException]) -> None:
    try:
        (_prepare_loop if half == "prepare" else _deliver_loop)(service, configuration, over)
    except BaseException as error:  # noqa: BLE001 - raised again in the main thread, which waits for the end
        failed.append(error)
        over.set()


def _prepare_loop(service: _Service, configuration: Configuration, over: End) -> None:
    with _turn(service, configuration, "prepare", over) as turn:
        if not over.is_set():
            _prepare(service, configuration, turn, over)


def _prepare(service: _Service, configuration: Configuration, turn: Turn | None, over: End) -> None:
    with prepare_in_turn(
        configuration, turn, clock=service.clock, telemetry=service.telemetry, stopping=over.is_set
    ) as half:
        over.lets_go(half.gateway.judging.stop)
        memory, watch = Memory(), Watch()
        one_round = _told(service, "prepare", lambda: _prepare_round(half, memory, watch))
        with attended(configuration.workspace, service.desk, service.telemetry) if service.desk else nullcontext():
            _loop(service, one_round, lambda: _prepare_folders(half), configuration.settings.scan_seconds, over, turn)


def _deliver_loop(service: _Service, configuration: Configuration, over: End) -> None:
    configuration.workspace.make_deliver_folders()
    with _turn(service, configuration, "deliver", over) as turn:
        if not over.is_set():
            _deliver(service, configuration, turn, over)


def _deliver(service: _Service, configuration: Configuration, turn: Turn | None, over: End) -> None:
    handed_back = threading.Event()
    over.lets_go(handed_back.set)
    with (
        deliver_in_turn(
            configuration,
            turn,
            clock=service.clock,
            telemetry=service.telemetry,
            stopping=handed_back.is_set,
            # whoever answered since the last round is asked at the next scan, and not at each of a busy hour's rounds
            answers_every=configuration.settings.scan_seconds / 2,
        ) as half,
        alerts_beside(configuration, half, over),
    ):
        one_round = _told(service, "deliver", lambda: dispatch(half, PATIENCE) > 0)
        folders = (half.workspace.to_deliver,)
        _loop(service, one_round, lambda: folders, configuration.settings.scan_seconds, over, turn)


@contextmanager
def _turn(service: _Service, configuration: Configuration, half: str, over: End) -> Iterator[Turn | None]:
    """Had, or over: while another machine has it, this one stands by, which is progress too."""

    def stand_by() -> bool:
        service.pulse.round_ended(half)
        return not over.wait(WORD_SECONDS)

    with alone_at(configuration, half, stand_by) as turn:
        yield turn


def _loop(  # noqa: PLR0917 - a loop is all of these
    service: _Service,
    one_round: Callable[[], bool],
    folders: Callable[[], Iterable[Path]],
    scan: float,
    over: End,
    turn: Turn | None,
) -> None:
    """StorageError once another machine may have taken over: the process ends, and stands by when it is started again."""
    wake = threading.Event()
    over.also_sets(wake)
    with watched(folders(), wake) as hints:
        while not over.is_set():
            wake.clear()  # before the round: what happens during it asks for another
            moved = one_round()
            if turn is not None:
                turn.check()
            if moved or over.is_set():
                continue
            if mended := hints.mend(folders()):
                service.telemetry.event(LogEvent.WATCHER_MENDED, Facts(count=mended))
                continue  # what happened while nothing was watched has told nobody
            wake.wait(scan)


def _told(service: _Service, half: str, one_round: Callable[[], bool]) -> Callable[[], bool]:
    """The round, with its end told to the log and to systemd; True if anything moved."""

    def told() -> bool:
        try:
            with durable.machine_errors("a round was broken off"):
                moved = one_round()
        except GatewayError as error:
            service.telemetry.event(LogEvent.ROUND_FAILED, Facts(code=slug_of(error)))
            service.pulse.round_failed(half, slug_of(error))
            return False
        service.pulse.round_ended(half)
        return moved

    return told


def _prepare_round(half: Prepare, memory: Memory, watch: Watch) -> bool:
    try:
        done, suspended = prepare_round(half, memory)
    except GatewayError as error:
        tell_of_fault(half, error)
        raise
    for suspension in suspended:
        if memory.told.get(f"suspended {suspension.route}") != suspension.reason:
            memory.told[f"suspended {suspension.route}"] = suspension.reason
            half.gateway.telemetry.event(
                LogEvent.ROUTE_SUSPENDED, Facts(route=suspension.route, reason=suspension.reason)
            )
    if half.gateway.log.in_stage(Stage.WAITING):
        half.gateway.judging.warm()  # whoever signs last should not wait for that
    if done.moved and not is_time(half, watch):
        return True
    return look_after(half, watch, done.faults) or done.moved


def _prepare_folders(half: Prepare) -> list[Path]:
    workspace = half.gateway.workspace
    routes = names(half.configuration.home, RoutePage)
    return [workspace.from_deliver, *(workspace.drop_folder(name) for name in routes)]
