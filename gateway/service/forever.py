"""The service: each half in a loop of its own, woken by events, by the other half, or by the scan.

A round that fails is told about and tried again at the next scan: a full disk or a clock
that was set back may have been mended by then. Only faults of the wiring end the process.

Asked to, it reads its configuration again, whole: settings, pages, keys, ledger. Only when all
of it can be used do the halves end their rounds and begin anew with it; else they go on with
the old one, and the reason is told.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.config.load import Configuration, with_routes_of_now
from gateway.footing.telemetry import LogEvent, Telemetry
from gateway.service.delivering import deliver_half
from gateway.service.metrics import write_metrics
from gateway.service.notify import SILENT, MonotonicNs, Notify, Pulse
from gateway.service.rounds import HALVES, prepare_round
from gateway.service.watching import watched
from gateway.service.wiring import Clock, Prepare, gates_of, opened, prepare_half
from gateway.story.dispatch import dispatch
from gateway.story.looking import Memory
from gateway.vocabulary.errors import GatewayError, slug_of
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage

LOOK = 0.25
"""Seconds between two looks at what was asked meanwhile."""


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


def run_forever(
    configuration: Configuration,
    *,
    clock: Clock,
    telemetry: Telemetry,
    stop: threading.Event,
    halves: frozenset[str] = HALVES,
    reread: Reread | None = None,
    notify: Notify = SILENT,
) -> None:
    """Until `stop` is set; the round in hand is ended first."""
    service = _Service(
        clock=clock, telemetry=telemetry, stop=stop, halves=halves, pulse=Pulse(notify, halves), reread=reread
    )
    going_on: Configuration | None = configuration
    while going_on is not None:
        going_on = _with_one(service, going_on)


def _with_one(service: _Service, configuration: Configuration) -> Configuration | None:
    """The halves with one configuration; returns the next one, or None at the end."""
    over, failed = threading.Event(), list[BaseException]()
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


def _half(
    service: _Service, configuration: Configuration, half: str, over: threading.Event, failed: list[BaseException]
) -> None:
    try:
        (_prepare_loop if half == "prepare" else _deliver_loop)(service, configuration, over)
    except BaseException as error:  # noqa: BLE001 - raised again in the main thread, which waits for the end
        failed.append(error)
        over.set()


def _prepare_loop(service: _Service, configuration: Configuration, over: threading.Event) -> None:
    with prepare_half(configuration, clock=service.clock, telemetry=service.telemetry) as half:
        memory = Memory()
        one_round = _told(service, "prepare", lambda: _prepare_round(half, memory))
        _loop(one_round, _prepare_folders(half), configuration.settings.scan_seconds, over)


def _deliver_loop(service: _Service, configuration: Configuration, over: threading.Event) -> None:
    with deliver_half(configuration, clock=service.clock, telemetry=service.telemetry) as half:
        one_round = _told(service, "deliver", lambda: dispatch(half) > 0)
        _loop(one_round, [half.workspace.to_deliver], configuration.settings.scan_seconds, over)


def _loop(one_round: Callable[[], bool], folders: Sequence[Path], scan: float, over: threading.Event) -> None:
    wake = threading.Event()
    with watched(folders, wake):
        while not over.is_set():
            wake.clear()  # before the round: what happens during it asks for another
            moved = one_round()
            if not moved:
                _wait(wake, over, scan)


def _wait(wake: threading.Event, over: threading.Event, scan: float) -> None:
    """For an event, the scan's time, or the end."""
    left = scan
    while left > 0 and not over.is_set() and not wake.wait(min(left, LOOK)):
        left -= LOOK


def _told(service: _Service, half: str, one_round: Callable[[], bool]) -> Callable[[], bool]:
    """The round, with its end told to the log and to systemd; True if anything moved."""

    def told() -> bool:
        try:
            moved = one_round()
        except GatewayError as error:
            service.telemetry.event(LogEvent.ROUND_FAILED, Facts(code=slug_of(error)))
            service.pulse.round_failed(half, slug_of(error))
            return False
        service.pulse.round_ended(half)
        return moved

    return told


def _prepare_round(half: Prepare, memory: Memory) -> bool:
    done, suspended = prepare_round(half, memory)
    for suspension in suspended:
        if memory.told.get(f"suspended {suspension.route}") != suspension.reason:
            memory.told[f"suspended {suspension.route}"] = suspension.reason
            half.gateway.telemetry.event(
                LogEvent.ROUTE_SUSPENDED, Facts(route=suspension.route, reason=suspension.reason)
            )
    if half.gateway.log.in_stage(Stage.WAITING):
        half.gateway.workers.warm()  # whoever signs last should not wait for a worker to start
    if not done.moved:
        write_metrics(half.gateway, with_routes_of_now(half.configuration), half.gateway.clock())
    return done.moved


def _prepare_folders(half: Prepare) -> list[Path]:
    workspace = half.gateway.workspace
    gates, suspended = half.routes_of_now()
    routes = (*gates, *(suspension.route for suspension in suspended))
    return [workspace.from_deliver, *(workspace.drop_folder(name) for name in routes)]
