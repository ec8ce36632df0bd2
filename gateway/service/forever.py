"""The service: each half in a loop of its own, woken by events, by the other half, or by the scan.

A round that fails is told about and tried again at the next scan: a full disk or a clock
that was set back may have been mended by then. Only faults of the wiring end the process.
"""

import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from gateway.config.load import Configuration
from gateway.footing.telemetry import LogEvent, Telemetry
from gateway.service.delivering import deliver_half
from gateway.service.rounds import HALVES, prepare_round
from gateway.service.watching import watched
from gateway.service.wiring import Clock, Prepare, prepare_half
from gateway.story.dispatch import dispatch
from gateway.story.looking import Memory
from gateway.vocabulary.errors import GatewayError, slug_of
from gateway.vocabulary.facts import Facts


def run_forever(
    configuration: Configuration,
    *,
    clock: Clock,
    telemetry: Telemetry,
    stop: threading.Event,
    halves: frozenset[str] = HALVES,
) -> None:
    """Until `stop` is set; the step in hand is finished first."""
    scan = configuration.settings.scan_seconds
    failed: list[BaseException] = []
    with ExitStack() as stack:
        if "deliver" in halves:
            worker = threading.Thread(
                target=_deliver_loop, args=(configuration, clock, telemetry, stop, failed), name="deliver"
            )
            worker.start()
            stack.callback(worker.join)
            stack.callback(stop.set)
        if "prepare" in halves:
            half = stack.enter_context(prepare_half(configuration, clock=clock, telemetry=telemetry))
            memory = Memory()
            _loop(lambda: _prepare_round(half, memory), _prepare_folders(half), scan, stop, telemetry)
        else:
            stop.wait()
    for error in failed:
        raise error


def _deliver_loop(
    configuration: Configuration, clock: Clock, telemetry: Telemetry, stop: threading.Event, failed: list[BaseException]
) -> None:
    try:
        with deliver_half(configuration, clock=clock, telemetry=telemetry) as half:
            folders = [half.workspace.to_deliver]
            _loop(lambda: dispatch(half) > 0, folders, configuration.settings.scan_seconds, stop, telemetry)
    except BaseException as error:  # noqa: BLE001 - raised again in the main thread, which waits for `stop`
        failed.append(error)
        stop.set()


def _loop(
    one_round: Callable[[], bool],
    folders: Sequence[Path],
    scan: float,
    stop: threading.Event,
    telemetry: Telemetry,
) -> None:
    wake = threading.Event()
    with watched(folders, wake):
        while not stop.is_set():
            wake.clear()  # before the round: what happens during it asks for another
            moved = _round(one_round, telemetry)
            if not moved:
                _wait(wake, stop, scan)


def _wait(wake: threading.Event, stop: threading.Event, scan: float) -> None:
    """For an event, the scan's time, or the end; `stop` is looked at every quarter of a second."""
    left = scan
    while left > 0 and not stop.is_set() and not wake.wait(min(left, 0.25)):
        left -= 0.25


def _round(one_round: Callable[[], bool], telemetry: Telemetry) -> bool:
    try:
        return one_round()
    except GatewayError as error:
        telemetry.event(LogEvent.ROUND_FAILED, Facts(code=slug_of(error)))
        return False


def _prepare_round(half: Prepare, memory: Memory) -> bool:
    done, suspended = prepare_round(half, memory)
    for suspension in suspended:
        if memory.told.get(f"suspended {suspension.route}") != suspension.reason:
            memory.told[f"suspended {suspension.route}"] = suspension.reason
            half.gateway.telemetry.event(
                LogEvent.ROUTE_SUSPENDED, Facts(route=suspension.route, reason=suspension.reason)
            )
    return done.moved


def _prepare_folders(half: Prepare) -> list[Path]:
    workspace = half.gateway.workspace
    gates, suspended = half.routes_of_now()
    routes = (*gates, *(suspension.route for suspension in suspended))
    return [workspace.from_deliver, *(workspace.drop_folder(name) for name in routes)]
