"""One large extract, signatures in place, from the drop folder to the partner: against the same work by hand."""

import statistics
import tempfile
from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path

from tests.bench import by_hand, data
from tests.bench.council import Council, council
from tests.bench.ground import Server, server
from tests.bench.measure import MB, Figures, Step, WentWrong, in_pairs, measured, median_of
from tests.bench.table import Row

LONGEST = 2.0
"""Times the comparator; the goal is 1.0."""
MOST_MEMORY = ((1_000_000, 400 * MB), (10_000_000, 600 * MB))


def run_once(rows: int, pairs: int, kept: Path, today: date, tell: Callable[[str], None]) -> Row:
    """`pairs` measured pairs after one that only warms up. WentWrong if a side does not do its work."""
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as name:
        folder = Path(name)
        with server(folder) as partner:
            month = today.replace(day=1)  # so that data made once are used for a while
            register = data.register(kept, rows, month)
            tell(f"  {rows:,} rows: a council, and {min(rows, data.REGISTERED):,} decisions imported")
            ours = council(folder, partner, register)
            extract = data.extract(kept, ours.route.schema, rows, month)
            route, numbers = ours.route, count()

            def pair(watched: bool) -> tuple[Figures, Figures]:
                steps = by_hand.steps(
                    folder, extract, register, schema=route.schema, policy=route.policy, server=partner, today=today
                )
                ours.drop(extract, next(numbers))
                both = (
                    _ours(ours, partner, folder, watched=watched),
                    _by_hand(steps, partner, folder, watched=watched),
                )
                tell(f"  ours {both[0].seconds:.2f} s, by hand {both[1].seconds:.2f} s")
                return both

            return _row(rows, in_pairs(pairs, pair))


def _ours(ours: Council, partner: Server, folder: Path, *, watched: bool) -> Figures:
    figures = measured(ours.steps(), folder, watched=watched)
    ours.must_have_delivered(partner.empty())
    return figures


def _by_hand(steps: list[Step], partner: Server, folder: Path, *, watched: bool) -> Figures:
    figures = measured(steps, folder, watched=watched)
    if partner.empty() != ["handoff.csv.age"]:
        raise WentWrong("what was uploaded by hand did not arrive")
    return figures


def _row(rows: int, pairs: list[tuple[Figures, Figures]]) -> Row:
    ours, hand = median_of([a for a, _ in pairs]), median_of([b for _, b in pairs])
    return Row(
        what=f"run --once, {rows:,} rows", ours=ours, comparator=hand, by="query, age, sftp",
        ratio=statistics.median(a.seconds / b.seconds for a, b in pairs), longest=LONGEST,
        most_memory=next((most for limit, most in MOST_MEMORY if rows <= limit), None),
    )  # fmt: skip
