"""One large extract, signatures in place, from the drop folder to the partner: against the same work by hand."""

import statistics
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.bench import by_hand, data
from tests.bench.council import Council, council
from tests.bench.ground import Server, server
from tests.bench.measure import MB, Figures, Step, WentWrong, measured, median_of
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
            route, measured_pairs = ours.route, []
            for number in range(pairs + 1):
                steps = by_hand.steps(
                    folder, extract, register, schema=route.schema, policy=route.policy, server=partner, today=today
                )
                pair = _ours(ours, extract, number, partner, folder), _by_hand(steps, partner, folder)
                tell(f"  pair {number}: ours {pair[0].seconds:.2f} s, by hand {pair[1].seconds:.2f} s")
                measured_pairs.append(pair)
    return _row(rows, measured_pairs[1:])


def _ours(ours: Council, extract: Path, number: int, partner: Server, folder: Path) -> Figures:
    ours.drop(extract, number)
    figures = measured(ours.steps(), folder)
    ours.must_have_delivered(partner.empty())
    return figures


def _by_hand(steps: list[Step], partner: Server, folder: Path) -> Figures:
    figures = measured(steps, folder)
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
