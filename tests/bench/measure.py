"""Whole processes, timed from start to end, and the memory of all that live at one time."""

import os
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""What runs for the second time has its bytecode, as an installed program has; the first is not counted."""
EVERY = 0.04
"""Seconds between two looks at the memory: often enough to see a peak, seldom enough to cost nothing."""
MB = 1024 * 1024


class WentWrong(Exception):
    """A measured command did not end well: its figures would be worth nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """One command: what it is called in the table, and its words."""

    name: str
    command: Sequence[str]


@dataclass(frozen=True, slots=True)
class Figures:
    seconds: float
    peak: int
    """Bytes, of all processes that lived together; shared pages counted once."""
    parts: tuple[tuple[str, float], ...]
    """Seconds by step."""


def measured(steps: Iterable[Step], folder: Path, *, watched: bool = True) -> Figures:
    """Run the steps one after another. WentWrong if one does not exit with 0. Not `watched`: of their memory nothing is known."""
    parts, peak = [], 0
    for step in steps:
        seconds, its_peak = _run(step, folder, watched=watched)
        parts.append((step.name, seconds))
        peak = max(peak, its_peak)
    return Figures(seconds=sum(seconds for _, seconds in parts), peak=peak, parts=tuple(parts))


def in_pairs(count: int, pair: Callable[[bool], tuple[Figures, Figures]]) -> list[tuple[Figures, Figures]]:
    """`count` pairs, after one more that warms up. `pair` is told whether to watch memory.

    Only in the first pair: whoever looks on takes a tenth of a processor from those who need all there are.
    """
    warm = pair(True)
    timed = [pair(False) for _ in range(count)]
    return [(replace(a, peak=warm[0].peak), replace(b, peak=warm[1].peak)) for a, b in timed]


def _run(step: Step, folder: Path, *, watched: bool) -> tuple[float, int]:
    with (folder / f"{step.name}.log").open("wb") as log:
        began = time.perf_counter()
        process = subprocess.Popen(
            step.command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            env=ENVIRONMENT,
        )  # fmt: skip
        watch = _Watch(process.pid)
        with watch if watched else nullcontext():
            process.wait()
            seconds = time.perf_counter() - began
    if process.returncode != 0:
        raise WentWrong(f"{step.name} ended with {process.returncode}: see {log.name}")
    return seconds, watch.peak


class _Watch:
    """Looks at one session's processes until it is left.

    A peak of one process between two looks is remembered by the kernel (VmHWM, from its exec on; what
    `wait4` tells would begin with the memory of whoever started it).
    """

    def __init__(self, session: int) -> None:
        self.session, self.peak = session, 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._ended.wait(EVERY):
            self.peak = max(self.peak, memory_of(self.session), *map(highest, _living(self.session)), 0)


def memory_of(session: int) -> int:
    """Bytes, of all processes of a session that live now; shared pages counted once."""
    return sum(map(_share, _living(session)))


def _living(session: int) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int((entry / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                yield int(entry.name)
        except (OSError, IndexError):
            continue  # it ended while we looked


def _share(process: int) -> int:
    """Bytes: its own pages, and its part of those it shares."""
    return _field(process, "smaps_rollup", "Pss:")


def seconds_of_processor(session: int) -> float:
    """That all processes of a session that live now have had, with those of their children that have ended."""
    return sum(map(_ticks, _living(session))) / os.sysconf("SC_CLK_TCK")


def _ticks(process: int) -> int:
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))


def highest(process: int) -> int:
    return _field(process, "status", "VmHWM:")


def _field(process: int, file: str, field: str) -> int:
    """0 if the process has ended."""
    try:
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(field)), 0)


def seconds(pairs: Iterable[tuple[Figures, Figures]]) -> str:
    """Of each pair, for whoever watches the bench go on."""
    return ", ".join(f"{a.seconds:.2f} s against {b.seconds:.2f} s" for a, b in pairs)


def median_of(figures: Sequence[Figures]) -> Figures:
    names = [name for name, _ in figures[0].parts]
    return Figures(
        seconds=statistics.median(figure.seconds for figure in figures),
        peak=max(figure.peak for figure in figures),
        parts=tuple((name, statistics.median(dict(f.parts)[name] for f in figures)) for name in names),
    )
