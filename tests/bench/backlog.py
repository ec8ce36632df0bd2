"""Many small extracts, stated and signed, that wait while the service stands still: how fast it catches up.

The time begins when the halves are started and ends with the last receipt that one is delivered. Nobody
answers meanwhile: every order stays, and deliver looks for all the answers that are missing. With a
PostgreSQL as ledger and store, the same with two machines against one.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date
from pathlib import Path
from queue import SimpleQueue

from tests.bench import data
from tests.bench.council import Council, council
from tests.bench.ground import server
from tests.bench.measure import Figures, WentWrong, median_of
from tests.bench.service import Line, Service
from tests.bench.staff import CHILDREN, REGISTERED, SIGNERS, Staff, staff
from tests.bench.table import Row
from tests.bench.waiting import gate_of, lay_out
from tests.simulators.postgresql import server as postgresql

SECOND = 10
"""Handoffs a second: the bar."""
PATIENCE = 120.0
"""Seconds between two that are delivered; only what has gone wrong takes so long."""


def backlog(handoffs: int, kept: Path, today: date, tell: Callable[[str], None]) -> Row:
    with _waiting(handoffs, kept, today) as ours:
        figures = caught_up(ours, handoffs, ("one",))
    tell(f"  backlog: {handoffs / figures.seconds:.1f} handoffs a second")
    bar = handoffs / SECOND
    return Row(
        what=f"backlog of {handoffs:,}", ours=figures, comparator=Figures(bar, 0, ()), by=f"bar of {SECOND} a second",
        ratio=figures.seconds / bar, longest=1.0, most_memory=None,
    )  # fmt: skip


def machines(handoffs: int, pairs: int, kept: Path, today: date, tell: Callable[[str], None]) -> Row:
    """Two machines and one, on the same PostgreSQL, which makes everything durable as it comes."""
    taken = [
        (_shared(handoffs, kept, today, ("one", "two")), _shared(handoffs, kept, today, ("one",))) for _ in range(pairs)
    ]
    ratios = sorted(two.seconds / one.seconds for two, one in taken)
    two, one = median_of([two for two, _ in taken]), median_of([one for _, one in taken])
    tell(f"  machines: two {handoffs / two.seconds:.1f}, one {handoffs / one.seconds:.1f} handoffs a second")
    return Row(
        what=f"backlog of {handoffs:,}, two machines", ours=two, comparator=one, by="one machine",
        ratio=ratios[len(ratios) // 2], longest=None, most_memory=None,
    )  # fmt: skip


def caught_up(ours: Council, handoffs: int, names: Sequence[str]) -> Figures:
    """WentWrong unless each parcel, all three files of it, is at the partner in the end."""
    heard: SimpleQueue[Line] = SimpleQueue()
    with ExitStack() as stack:
        running = [stack.enter_context(Service(ours, name, heard)) for name in names]
        for _ in range(handoffs):
            (ended,) = running[0].delivered(1, PATIENCE)
        figures = Figures(ended - running[0].began, sum(one.memory() for one in running), ())
    if (arrived := len(list(ours.inbox.iterdir()))) != 3 * handoffs:
        raise WentWrong(f"{arrived} files are at the partner, and {handoffs} handoffs were called delivered")
    return figures


def _shared(handoffs: int, kept: Path, today: date, names: Sequence[str]) -> Figures:
    with postgresql(fsync="on") as database:
        database.tell("create schema deliver")
        url = database.url()
        with _waiting(handoffs, kept, today, ledger=url, deliver_store=url) as ours:
            return caught_up(ours, handoffs, names)


@contextmanager
def _waiting(handoffs: int, kept: Path, today: date, **settings: str) -> Iterator[Council]:
    month = today.replace(day=1)
    kept.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="handoff-bench-", dir=kept) as name, server(Path(name)) as partner:
        ours = council(Path(name), partner, data.register(kept, REGISTERED, month), **settings)
        people = staff(ours, Path(name), kept, month)
        with gate_of(ours.home) as gate:
            dropped = lay_out(gate, map(people.extract, range(handoffs)), CHILDREN)
        signed(people, dropped)
        yield ours


def signed(people: Staff, dropped: Sequence[Path]) -> None:
    for extract in dropped:
        for role in SIGNERS:
            people.sign(extract, role)
