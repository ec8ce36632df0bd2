"""One machine of several: the service in a process of its own, which may freeze at a named step.

    python -m tests.nodes.node HOME AHEAD NOTES [STEP MOMENT]

Its clock is AHEAD seconds before the real one. It notes each step that changes anything that lasts; at
the first one of that name it stops itself, as a machine does that is out of memory or suspended.
"""

import os
import signal
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.config.load import load
from gateway.footing.telemetry import Telemetry
from gateway.service.forever import run_forever
from tests.crash.effects import BEFORE, Watch

STOPPED = "stopped"


class Freeze:
    """Notes outlive whatever happens; the note of the last step says that it was stopped there."""

    def __init__(self, notes: Path, step: str, moment: str) -> None:
        self._notes = os.open(notes, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._step, self._moment = step, moment
        self._first = threading.Lock()

    def __call__(self, number: int, name: str, moment: str) -> None:
        if moment == BEFORE:
            os.write(self._notes, f"{name}\n".encode())
        if (name, moment) == (self._step, self._moment) and self._first.acquire(blocking=False):
            os.write(self._notes, f"{STOPPED}\n".encode())
            # to this very thread: sent to the process, another would take it, and this one go a step further
            signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


def main(home: Path, ahead: float, notes: Path, step: str = "", moment: str = "") -> None:
    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=ahead)

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    Watch(Freeze(notes, step, moment)).begin()
    run_forever(load(home, {}), clock=clock, telemetry=Telemetry(sys.stderr, clock), stop=stop)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]), *sys.argv[4:])
