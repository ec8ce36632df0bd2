"""From the last signature to the receipt that a small extract is delivered: how long people wait.

The extract and its first signature lie there; the second one is renamed into the drop folder. Both halves
run as two processes, and a real sshd is the partner. The figure ends when the line about the receipt is read.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.bench import data
from tests.bench.council import council
from tests.bench.ground import server
from tests.bench.measure import MB, Figures
from tests.bench.service import Service, wait_for
from tests.bench.staff import REGISTERED, Staff, staff
from tests.bench.table import Row

LONGEST = 0.3
MOST_MEMORY = 400 * MB
PATIENCE = 60.0
QUIET = 2.0
"""Seconds after the first signature: whatever the service does about that one is over, and the next worker has started."""


def latency(handoffs: int, kept: Path, today: date, tell: Callable[[str], None]) -> Row:
    """After one that only warms up."""
    month = today.replace(day=1)
    kept.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="handoff-bench-", dir=kept) as name, server(Path(name)) as partner:
        ours = council(Path(name), partner, data.register(kept, REGISTERED, month))
        people = staff(ours, Path(name), kept, month)
        with Service(ours) as service:
            seconds = [one(service, people, number) for number in range(handoffs + 1)][1:]
            peak = service.memory()
    ordered = sorted(seconds)
    tell(
        f"  latency: shortest {ordered[0]:.3f} s, median {statistics.median(ordered):.3f} s, longest {ordered[-1]:.3f} s"
    )
    return _row(seconds, peak)


def one(service: Service, people: Staff, number: int, quiet: float = QUIET) -> float:
    extract = people.drop(number)
    wait_for(extract.with_name(f"{extract.name}.release"), PATIENCE)
    people.sign(extract, "prepare")
    time.sleep(quiet)
    written, place = people.signature(extract, "approve")
    began = time.perf_counter()
    written.rename(place)
    (ended,) = service.delivered(1, PATIENCE)
    return ended - began


def _row(seconds: list[float], peak: int) -> Row:
    median = statistics.median(seconds)
    return Row(
        what=f"last signature to delivered, {len(seconds)} handoffs", ours=Figures(median, peak, ()),
        comparator=Figures(LONGEST, 0, ()), by=f"bar of {LONGEST * 1000:.0f} ms", ratio=median / LONGEST, longest=1.0,
        most_memory=None,
    )  # fmt: skip
