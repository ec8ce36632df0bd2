"""One child looked up in 240 files of disclosures, as `gateway disclosures` asks for it: warm, and with cold files.

A file is a month's handoff; a child is in the scope of a route from 13 to 20, and so in 84 of them
one after the other. Timed is the question itself, in a process that has started: the rest of the command takes
as long for one file. Its bars are seconds and no ratios, so the bar stands where a comparator would.

    python -m tests.bench.disclosures ask FOLDER ROWS TIMES
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb

from gateway.minimise.accounts import ROW_GROUP
from gateway.minimise.disclosed import DisclosedFile, disclosed
from gateway.minimise.disclosures import TYPE
from gateway.vocabulary import canonical
from tests.bench.measure import MB, Figures, Step, WentWrong, measured
from tests.bench.table import Row

FILES, IN_SCOPE = 240, 84
WARM, COLD, MOST_MEMORY = 0.3, 1.0, 400 * MB
FIELDS = [f"field_{number}" for number in range(25)]
SUBJECT = "unhex(printf('%016x%08x', hash(i), hash(i + 7) & 4294967295))"
"""Of a child's number, as the engine's SQL."""
META = canonical.encode(
    {
        "type": TYPE, "policy": "bench v1",
        "bases": [{"tier": "floor", "fields": FIELDS, "basis": "public task", "mandatory": True}],
        "verdicts": {str(verdict): {"released": FIELDS, "withheld": {}} for verdict in range(4)},
    }
).decode("ascii").strip()  # fmt: skip


def disclosures(rows: int, pairs: int, kept: Path, tell: Callable[[str], None]) -> list[Row]:
    """Two rows of the table; `rows` in all the files together."""
    each = rows // FILES
    folder = made(kept, each, tell)
    with tempfile.TemporaryDirectory(prefix="handoff-bench-") as name:
        step = Step("ask", [sys.executable, "-m", "tests.bench.disclosures", "ask", str(folder), str(each), str(pairs)])
        figures = measured([step], Path(name))
        seconds = json.loads((Path(name) / "ask.log").read_text())
    tell(f"  {rows:,} rows in {FILES} files: warm {seconds['warm']}, cold {seconds['cold']}")
    return [
        _row(f"one child in {rows:,} rows, {how}", how, seconds[how], figures, bar)
        for how, bar in (("warm", WARM), ("cold", COLD))
    ]


def made(kept: Path, rows: int, tell: Callable[[str], None]) -> Path:
    """A folder of files, written as a worker writes them; made once."""
    folder = kept / f"disclosures-{rows}"
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as engine:
        for number in range(FILES):
            path = folder / f"{number:03}.parquet"
            if not path.exists():
                if number % 60 == 0:
                    tell(f"  making files of disclosures from {path.name} on")
                _write(engine, path, first=number * rows // IN_SCOPE, rows=rows)
    return folder


def _write(engine: duckdb.DuckDBPyConnection, path: Path, *, first: int, rows: int) -> None:
    query = f"select {SUBJECT} as subject, (hash(i + {first}) % 4)::smallint as verdict from range({first}, {first + rows}) t(i)"
    unfinished = path.with_suffix(".part")
    engine.execute(
        f"copy ({query} order by subject) to '{unfinished}'"
        f" (format parquet, parquet_version v2, row_group_size {ROW_GROUP}, dictionary_size_limit 1)"
    )
    unfinished.rename(path)


def ask(folder: Path, rows: int, times: int) -> dict[str, list[float]]:
    """Seconds, each time anew; WentWrong unless the child was found wherever it is."""
    paths = sorted(folder.glob("*.parquet"))
    files = [DisclosedFile(transfer=path.stem, path=path, meta=META, key=bytes(32)) for path in paths]
    with duckdb.connect() as engine:
        (subject,) = (
            engine.execute(f"select {SUBJECT} from (select {FILES // 2 * rows // IN_SCOPE} as i)").fetchone() or ()
        )
    found: dict[str, list[float]] = {"cold": [], "warm": []}
    for _ in range(times):
        _cool(paths)
        for taken in found.values():
            began = time.perf_counter()
            told = disclosed(files, frozenset({subject}))
            taken.append(round(time.perf_counter() - began, 3))
            if len(told) != IN_SCOPE:
                raise WentWrong(f"the child was found in {len(told)} files, and is in {IN_SCOPE}")
    return found


def _cool(paths: list[Path]) -> None:
    """The kernel forgets what it has read of them."""
    for path in paths:
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
            os.posix_fadvise(stream.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _row(what: str, how: str, seconds: list[float], figures: Figures, bar: float) -> Row:
    ours = replace(figures, seconds=statistics.median(seconds), parts=())
    return Row(
        what=what, ours=ours, comparator=Figures(seconds=bar, peak=0, parts=((how, bar),)), by="the bar itself",
        ratio=ours.seconds / bar, longest=1.0, most_memory=MOST_MEMORY,
    )  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(ask(Path(sys.argv[2]), *map(int, sys.argv[3:5]))) + "\n")
