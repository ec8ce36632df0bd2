"""`make bench`: everything that is measured, and one table.

BENCH_ROWS   how many rows, several separated by commas (1000000)
BENCH_PAIRS  measured pairs of each (5)
BENCH_SEALED how many bytes are sealed and opened (1000000000)
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.measure import WentWrong
from tests.bench.run_once import run_once
from tests.bench.sealing import sealing
from tests.bench.table import table

KEPT = Path(__file__).resolve().parent.parent.parent / "bench-data"


def tell(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


def main() -> int:
    rows = [int(word) for word in os.environ.get("BENCH_ROWS", "1000000").split(",")]
    pairs = int(os.environ.get("BENCH_PAIRS", "5"))
    try:
        done = [run_once(count, pairs, KEPT, datetime.now(UTC).date(), tell) for count in rows]
        done += sealing(int(os.environ.get("BENCH_SEALED", "1000000000")), pairs, KEPT, tell)
    except WentWrong as error:
        tell(f"no figures: {error}")
        return 1
    sys.stdout.write(table(done) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
