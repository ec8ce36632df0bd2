"""The gateway as a service runs it: each half a whole process, told of by its own log, line by line.

What has happened is read from the line that tells of it, which is written once its receipt is on
disk: nobody asks the ledger meanwhile, so nothing is measured but the service.
"""

import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from tests.bench.council import Council
from tests.bench.measure import ENVIRONMENT, WentWrong, memory_of, seconds_of_processor

HALVES = ("prepare", "deliver")
EMPTY_LOG_LINES = 40
"""So many of the last lines are shown when something went wrong."""
ENDING = 60
Line = tuple[float, dict[str, Any]]
"""When it was read, by `time.perf_counter`, and its words."""


class Service:
    """Both halves of one machine from when the block begins until it ends."""

    def __init__(self, council: Council, machine: str = "one", heard: SimpleQueue[Line] | None = None) -> None:
        """`heard` takes the lines, where several machines' are wanted in one row."""
        self._council, self._machine = council, machine
        self.heard: SimpleQueue[Line] = heard or SimpleQueue()
        self._last: deque[str] = deque(maxlen=EMPTY_LOG_LINES)
        self._processes: list[subprocess.Popen[str]] = []
        self._readers: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self.began = time.perf_counter()
        for half in HALVES:
            process = subprocess.Popen(
                self._council.command("run", "--only", half), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, text=True, start_new_session=True,
                env=ENVIRONMENT | {"HANDOFF_MACHINE": self._machine},
            )  # fmt: skip
            self._processes.append(process)
            self._readers.append(threading.Thread(target=self._hear, args=(process,), daemon=True))
            self._readers[-1].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._processes:
            process.terminate()
        for process, reader in zip(self._processes, self._readers, strict=True):
            try:
                process.wait(ENDING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            reader.join()
            if process.stderr is not None:
                process.stderr.close()
        if error is not None:
            sys.stderr.write("".join(self._last))

    def until(self, is_it: Callable[[dict[str, Any]], bool], within: float) -> Line:
        """The next line of this kind; WentWrong if none comes in so many seconds, or a half has ended."""
        end = time.perf_counter() + within
        while (left := end - time.perf_counter()) > 0:
            if any(process.poll() is not None for process in self._processes):
                raise WentWrong("a half of the service has ended by itself")
            try:
                at, words = self.heard.get(timeout=min(left, 1.0))
            except Empty:
                continue
            if is_it(words):
                return at, words
        raise WentWrong(f"for {within:.0f} s the service told of nothing that was waited for")

    def delivered(self, count: int, within: float) -> list[float]:
        """The moments at which so many transfers were receipted as delivered."""
        return [self.until(is_delivered, within)[0] for _ in range(count)]

    def memory(self) -> int:
        """Bytes of both halves and their workers, shared pages counted once."""
        return sum(memory_of(process.pid) for process in self._processes)

    def worked(self) -> float:
        """Seconds of a processor that both halves and their workers have had so far."""
        return sum(seconds_of_processor(process.pid) for process in self._processes)

    def _hear(self, process: "subprocess.Popen[str]") -> None:
        for line in process.stderr or ():
            at = time.perf_counter()
            self._last.append(line)
            if line.startswith("{"):
                self.heard.put((at, json.loads(line)))


def is_delivered(words: dict[str, Any]) -> bool:
    return (words["event"], words.get("stage")) == ("stage-reached", "delivered")


def wait_for(path: Path, within: float) -> None:
    """WentWrong if nobody makes it."""
    end = time.perf_counter() + within
    while not path.exists():
        if time.perf_counter() > end:
            raise WentWrong(f"for {within:.0f} s nobody wrote {path.name}")
        time.sleep(0.01)
