"""`make bench`: everything that is measured, and one table.

BENCH_ROWS   how many rows, several separated by commas (1000000); a hundred times the first in files of disclosures
BENCH_PAIRS  measured pairs of each (5)
BENCH_RECEIPTS how many receipts a log has (1000000)
BENCH_PUT    how many bytes a large parcel has (1000000000)
BENCH_PARCELS how many small ones are put (1000)
BENCH_SEALED how many bytes are sealed and opened (1000000000)
BENCH_PUPILS how many pupils a Common Transfer File has (20000)
BENCH_HANDOFFS how many small extracts are timed from the last signature on (20)
BENCH_BACKLOG how many of them wait when the service is started (1000)
BENCH_SHARED how many of them wait for two machines, and for one (200)
BENCH_IDLE   for how many seconds the service is watched while nothing happens (60)
BENCH_FILES  how many extracts lie in an outbox that is looked at (50000)
"""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.backlog import backlog, machines
from tests.bench.delivery import delivery
from tests.bench.disclosures import disclosures
from tests.bench.evidence import evidence
from tests.bench.idle import idle
from tests.bench.latency import latency
from tests.bench.measure import WentWrong
from tests.bench.minimise import minimise
from tests.bench.openpgp import openpgp
from tests.bench.reconcile import reconcile
from tests.bench.run_once import run_once
from tests.bench.sealing import sealing
from tests.bench.table import Row, table
from tests.bench.transfer_file import transfer_file

SERVICE = (("HANDOFFS", "20"), ("BACKLOG", "1000"), ("SHARED", "200"), ("IDLE", "60"), ("FILES", "50000"))
KEPT = Path(__file__).resolve().parent.parent.parent / "bench-data"


def tell(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")


def main() -> int:
    rows = [int(word) for word in os.environ.get("BENCH_ROWS", "1000000").split(",")]
    pairs = int(os.environ.get("BENCH_PAIRS", "5"))
    try:
        done = [run_once(count, pairs, KEPT, datetime.now(UTC).date(), tell) for count in rows]
        done += [row for count in rows for row in minimise(count, pairs, KEPT, datetime.now(UTC).date(), tell)]
        sealed = int(os.environ.get("BENCH_SEALED", "1000000000"))
        done += sealing(sealed, pairs, KEPT, tell) + openpgp(sealed, pairs, KEPT, tell)
        done.append(transfer_file(int(os.environ.get("BENCH_PUPILS", "20000")), pairs, KEPT, tell))
        done += disclosures(100 * rows[0], pairs, KEPT, tell)
        done += evidence(int(os.environ.get("BENCH_RECEIPTS", "1000000")), pairs, KEPT, tell)
        size, count = (int(os.environ.get(*of)) for of in (("BENCH_PUT", "1000000000"), ("BENCH_PARCELS", "1000")))
        done += delivery(size, count, pairs, KEPT, tell)
        done += _service(pairs)
    except WentWrong as error:
        tell(f"no figures: {error}")
        return 1
    sys.stdout.write(table(done) + "\n")
    return 0


def _service(pairs: int) -> list[Row]:
    """As a service runs: two processes, or four."""
    today = datetime.now(UTC).date()
    number = {name: int(os.environ.get(f"BENCH_{name}", most)) for name, most in SERVICE}
    return [
        latency(number["HANDOFFS"], KEPT, today, tell),
        backlog(number["BACKLOG"], KEPT, today, tell),
        machines(number["SHARED"], pairs, KEPT, today, tell),
        idle(number["IDLE"], KEPT, today, tell),
        reconcile(number["FILES"], KEPT, tell),
    ]


if __name__ == "__main__":
    sys.exit(main())
