"""The minimise stage alone: an extract judged and written, against a query that filters, joins, projects and writes it.

Ours also validates bytes and cells, makes pseudonyms and references, looks for holds, and writes who was
given what. `counted` is how a release finds it, after the count for its statement; without it, who stands
twice is looked for as well; with holds, every identifier that a hold can be recognised by is keyed. Both are
whole processes that load what they need and nothing else.
"""

import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from gateway.config.pages import load_page
from gateway.contract.policy import Policy
from gateway.contract.schema import Schema
from gateway.minimise.keying import pseudonym_key
from tests.bench import by_hand, data
from tests.bench.judge_once import REGISTER_KEY, WRITTEN
from tests.bench.measure import MB, Figures, Step, in_pairs, measured, median_of
from tests.bench.table import Row

TOP = Path(__file__).resolve().parents[2]
LONGEST = ((1_000_000, 2.0), (10_000_000, 2.75))
MOST_MEMORY = ((1_000_000, 400 * MB), (10_000_000, 600 * MB))
WAYS = ("counted", "count", "holds")
WORDS = {"counted": "minimise", "count": "minimise, not counted before", "holds": "minimise, six kinds of holds"}


def minimise(rows: int, pairs: int, kept: Path, today: date, tell: Callable[[str], None]) -> list[Row]:
    month = today.replace(day=1)
    schema, policy = pages()
    extract, register = data.extract(kept, schema, rows, month), data.register(kept, rows, month)
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as name:
        folder = Path(name)
        snapshot = _snapshot(register, folder / "register.parquet", today)
        query = by_hand.query_step(folder, extract, register, schema=schema, policy=policy, today=today)
        found = []
        for way in WAYS:
            tell(f"  {WORDS[way]}, {rows:,} rows")
            ours = _step(way, extract, snapshot, folder, today)
            taken = in_pairs(pairs, lambda watched, ours=ours: _pair(ours, query, folder, watched=watched))
            found.append(_row(way, rows, taken))
        return found


def pages() -> tuple[Schema, Policy]:
    return load_page(TOP, Schema, "yss-csv"), load_page(TOP, Policy, "yss")


def _pair(ours: Step, query: Step, folder: Path, *, watched: bool) -> tuple[Figures, Figures]:
    for written in (WRITTEN, by_hand.WRITTEN):  # a file whose content is replaced is flushed when it is closed
        (folder / written).unlink(missing_ok=True)
    return measured([ours], folder, watched=watched), measured([query], folder, watched=watched)


def _row(way: str, rows: int, measured_pairs: list[tuple[Figures, Figures]]) -> Row:
    return Row(
        what=f"{WORDS[way]}, {rows:,} rows", ours=median_of([a for a, _ in measured_pairs]),
        comparator=median_of([b for _, b in measured_pairs]), by="bare query",
        ratio=statistics.median(a.seconds / b.seconds for a, b in measured_pairs),
        longest=next((most for limit, most in LONGEST if rows <= limit), LONGEST[-1][1]) if way == "counted" else None,
        most_memory=next((most for limit, most in MOST_MEMORY if rows <= limit), None),
    )  # fmt: skip


def _step(way: str, *words: Path | date) -> Step:
    return Step(way, [sys.executable, "-m", "tests.bench.judge_once", way, *map(str, words)])


def _snapshot(register: Path, path: Path, day: date) -> Path:
    """As `write_snapshot` has it: what it costs is another bench's."""
    consents = "decision = 'consent'"
    minor, own = (f"({consents} AND decided_by {who} 'parent')::UTINYINT" for who in ("=", "<>"))
    with duckdb.connect() as engine:
        engine.execute(
            f"""COPY (SELECT unhex(left(sha256($key || encode('upn:' || upn)), 24)) AS subject, false AS objected,
                  {minor} AS minor_tiers, '' AS minor_fields, {own} AS own_tiers, '' AS own_fields, CASE WHEN decided_by <> 'parent' THEN given::DATE END AS own_given
                FROM read_csv('{register}', all_varchar = true) ORDER BY subject)
                TO '{path}' (FORMAT parquet, KV_METADATA {{day: '{day}'}})""",
            {"key": pseudonym_key(REGISTER_KEY)},
        )
    return path
