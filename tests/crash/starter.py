"""A process that has the gateway loaded already and starts it, again and again, each time in a process of its own.

    python -m tests.crash.starter SAID   orders by standard input, what became of each by standard output

An order is a line of JSON: what is typed, the time it shall be, where to note the steps, which of
them to die at, how much the process may have. Whatever a process that died left running (a worker)
becomes a child of this one, so that nothing can be left without being seen.
"""

import ctypes
import io
import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.cli.main import run
from gateway.footing.ledger import sqlite
from tests.crash.effects import BEFORE, Death, Watch

ROOT = Path(__file__).resolve().parents[2]
ADOPT_ORPHANS = 36
"""PR_SET_CHILD_SUBREAPER, linux/prctl.h"""
PATIENCE = 30
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Ended:
    code: int
    """The exit code; negative for the signal that ended it."""
    steps: tuple[str, ...]
    said: str
    left_running: bool


class Starter:
    """The tests' side of it."""

    def __init__(self, folder: Path) -> None:
        self._notes = folder / "steps"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.starter", str(folder / "said")],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(
        self, *words: object, at: datetime, die: int | None = None, moment: str = BEFORE, watched: bool = True,
        limits: Mapping[str, int] | None = None, waits: float | None = None, typed: str = "",
    ) -> Ended:  # fmt: skip
        """`typed`: what a verb is told on standard input. `limits` by the names of RLIMIT_…, without that; `waits`: seconds for a locked ledger, instead of its own.

        Whoever is not watched is faster and cannot die.
        """
        order = {
            "words": list(map(str, words)), "at": at.isoformat(), "notes": str(self._notes),
            "die": die, "moment": moment, "watched": watched or die is not None, "limits": limits or {},
            "waits": waits, "typed": typed,
        }  # fmt: skip
        self._notes.write_bytes(b"")
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        became = json.loads(self._process.stdout.readline())
        return Ended(steps=tuple(self._notes.read_text().splitlines()), **became)

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._process.stdout.close()


@contextmanager
def started(folder: Path):
    starter = Starter(folder)
    try:
        yield starter
    finally:
        starter.close()


def main(said: Path) -> None:
    _load()
    ctypes.CDLL(None).prctl(ADOPT_ORPHANS, 1, 0, 0, 0)
    for line in sys.stdin:
        order = json.loads(line)
        said.write_bytes(b"")
        child = os.fork()
        if child == 0:
            _play(order, said)
        _, status = os.waitpid(child, 0)
        became = {"code": os.waitstatus_to_exitcode(status), "left_running": _left_running(), "said": said.read_text()}
        sys.stdout.write(json.dumps(became) + "\n")
        sys.stdout.flush()


def _load() -> None:
    """What a start of the gateway would spend its time with."""
    import gateway.cli.run
    import gateway.deliver.sftp.destination
    import gateway.service.rounds  # noqa: F401


def _play(order: dict, said: Path) -> None:
    code = 1
    try:
        out, at = io.StringIO(), datetime.fromisoformat(order["at"])
        for name, value in order["limits"].items():
            which = getattr(resource, f"RLIMIT_{name}")
            resource.setrlimit(which, (value, resource.getrlimit(which)[1]))
        if order["waits"] is not None:
            sqlite.BUSY_SECONDS = order["waits"]
        if order["watched"]:
            Watch(Death(Path(order["notes"]), order["die"], order["moment"])).begin()
        code = run(order["words"], {}, out, out, stdin=io.StringIO(order["typed"]), clock=lambda: at)
        sys.setprofile(None)
        said.write_text(out.getvalue())
    finally:
        os._exit(code)


def _left_running() -> bool:
    """Whether anything that was adopted does not end by itself."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            ended, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if not ended:
            time.sleep(0.005)
    return True


if __name__ == "__main__":
    main(Path(sys.argv[1]))
