"""Both halves with nothing to do: what they take of a processor, and of memory, while they wait.

They have the routes of the starter set, have done one handoff, and have come to rest: what is left are the
scans, the looks at pages and people, and whatever asks whether anything has happened.
"""

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
from tests.bench.staff import REGISTERED, SIGNERS, staff
from tests.bench.table import Row

ROUTES = {"yss": "youth-support", "dfe-school-census": "returns-officer"}
MOST_OF_A_PROCESSOR = 0.005
MOST_MEMORY = 200 * MB
SETTLED = 15.0
"""Seconds after the handoff: longer than a scan."""
PATIENCE = 60.0


def idle(seconds: float, kept: Path, today: date, tell: Callable[[str], None], *, settled: float = SETTLED) -> Row:
    month = today.replace(day=1)
    kept.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="handoff-bench-", dir=kept) as name, server(Path(name)) as partner:
        ours = council(Path(name), partner, data.register(kept, REGISTERED, month), routes=ROUTES)
        people = staff(ours, Path(name), kept, month)
        with Service(ours) as service:
            extract = people.drop(0)
            wait_for(extract.with_name(f"{extract.name}.release"), PATIENCE)
            for role in SIGNERS:
                people.sign(extract, role)
            service.delivered(1, PATIENCE)
            time.sleep(settled)
            figures = looked_at(service, seconds)
    bar = MOST_OF_A_PROCESSOR * seconds
    tell(f"  idle: {figures.seconds / seconds:.2%} of a processor, {figures.peak / MB:.0f} MB")
    return Row(
        what=f"idle for {seconds:.0f} s, both halves", ours=figures, comparator=Figures(bar, 0, ()),
        by=f"bar of {MOST_OF_A_PROCESSOR:.1%}", ratio=figures.seconds / bar, longest=1.0, most_memory=MOST_MEMORY,
    )  # fmt: skip


def looked_at(service: Service, seconds: float) -> Figures:
    began = time.perf_counter()
    before = service.worked()
    time.sleep(max(0.0, seconds - (time.perf_counter() - began)))
    return Figures(service.worked() - before, service.memory(), ())
