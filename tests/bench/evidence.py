"""The receipt log: appends against bare commits on the same disk, verifying against the hashing alone, a page and a proof.

Each figure is taken inside a process of its own, so that starting Python is in none of them.
"""

import hashlib
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from gateway.cli.receipt_words import page_of as as_page
from gateway.crypto.checkpoint import log_key
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import Ledger, sqlite_url, transfers
from gateway.footing.ledger.transfers import TransferRow
from gateway.receipts.log import ReceiptLog
from gateway.receipts.proof import prove
from gateway.receipts.receipt import Receipt
from gateway.receipts.verification import verify_log
from gateway.story.standing import Wanted, page_of
from tests.bench.measure import MB, Figures, WentWrong, highest, median_of
from tests.bench.table import Row
from tests.unit.receipts.ground import HEX, ORIGIN, WHOLE, a_transfer, rung

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
APPENDS, AT_ONCE = 2_400, 8
TOP = Path(__file__).resolve().parents[2]


def evidence(receipts: int, pairs: int, kept: Path, tell: Callable[[str], None]) -> list[Row]:
    """WentWrong if a side does not do its work."""
    ledger = kept / f"log-{receipts}" / "ledger"
    if not ledger.exists():
        tell(f"  a log of {receipts:,} receipts is made once, and kept")
        _run("make", ledger, receipts)
    measured = [
        ("append, one at a time", "one", "bare commits", "bare", 2.0),
        (f"append, {AT_ONCE} at once", "many", "bare commits", "bare", 2.0),
        (f"verify {receipts:,} receipts", "verify", "hashing alone", "hash", 3.0),
        (f"a page of {receipts:,}", "page", "0.1 s", "tenth", 1.0),
        (f"one of {receipts:,} shown", "show", "0.1 s", "tenth", 1.0),
        ("one proof made and verified", "proof", "0.005 s", "fifth", 1.0),
    ]
    return [_row(pairs, ledger, tell, one) for one in measured]


def _row(pairs: int, ledger: Path, tell: Callable[[str], None], wanted: tuple[str, str, str, str, float]) -> Row:
    what, ours, by, bare, longest = wanted
    taken = [(_run(ours, ledger, 0), _run(bare, ledger, 0)) for _ in range(pairs)]
    row = Row(
        what=what, ours=median_of([a for a, _ in taken]), comparator=median_of([b for _, b in taken]), by=by,
        ratio=statistics.median(a.seconds / b.seconds for a, b in taken), longest=longest, most_memory=200 * MB,
    )  # fmt: skip
    tell(f"  {what}: {row.ratio:.2f}")
    return row


def _run(verb: str, ledger: Path, count: int) -> Figures:
    command = [sys.executable, "-m", "tests.bench.evidence", verb, str(ledger), str(count)]
    ended = subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise WentWrong(f"evidence {verb} ended with {ended.returncode}: {ended.stderr[-300:]}")
    seconds, peak = ended.stdout.split()
    return Figures(seconds=float(seconds), peak=int(peak), parts=((verb, float(seconds)),))


def make(path: Path, receipts: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (path.parent / "key").write_bytes(SigningKey.generate_ed25519().openssh_private())
    unfinished = path.with_name("unfinished")
    unfinished.unlink(missing_ok=True)
    ledger = Ledger.create_or_upgrade(sqlite_url(unfinished))
    log = ReceiptLog(ledger, key=_key(path), origin=ORIGIN)
    for number in range(0, receipts // len(WHOLE), 2):
        with ledger.writing() as tx:
            for one in (number + 1, number + 2):
                transfers.insert_transfer(tx, _about(one))
            log.append_in(
                tx, *(rung(stage, a_transfer(one), at=_at(one)) for one in (number + 1, number + 2) for stage in WHOLE)
            )
    ledger.close()
    unfinished.rename(path)


def _about(number: int) -> TransferRow:
    return TransferRow(
        id=a_transfer(number), route="yss", partner="youth-support", scope="full", extract_digest=HEX,
        statement_digest=None, created=_at(number),
    )  # fmt: skip


def _at(number: int) -> datetime:
    return AT + timedelta(seconds=number // 2 * 2)


def _key(path: Path) -> SigningKey:
    return SigningKey.load((path.parent / "key").read_bytes())


def one(path: Path) -> Callable[[], object]:
    log, receipts = _fresh(path), _receipts(0, APPENDS)
    return lambda: [log.append(receipt) for receipt in receipts]


def many(path: Path) -> Callable[[], object]:
    log, each = _fresh(path), APPENDS // AT_ONCE
    shares = [_receipts(place * each, each) for place in range(AT_ONCE)]
    threads = [threading.Thread(target=lambda mine=mine: [log.append(one) for one in mine]) for mine in shares]

    def run() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return run


def _fresh(path: Path) -> ReceiptLog:
    return ReceiptLog(Ledger.create_or_upgrade(sqlite_url(_folder(path) / "ledger")), key=_key(path), origin=ORIGIN)


_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def _folder(path: Path) -> Path:
    """On the disk of the kept log; it goes with the process."""
    _FOLDERS.append(tempfile.TemporaryDirectory(dir=path.parent))
    return Path(_FOLDERS[-1].name)


def _receipts(start: int, count: int) -> list[Receipt]:
    return [rung(WHOLE[n % len(WHOLE)], a_transfer(start + 1 + n // len(WHOLE))) for n in range(count)]


def bare(path: Path) -> Callable[[], object]:
    db = sqlite3.connect(_folder(path) / "bare", isolation_level=None)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.execute("create table t (a integer primary key, b blob)")

    def run() -> None:
        for number in range(APPENDS):
            db.execute("begin immediate")
            db.execute("insert into t values (?, ?)", (number, b"x" * 500))
            db.execute("commit")

    return run


def verify(path: Path) -> Callable[[], object]:
    ledger = Ledger.open(sqlite_url(path))
    return lambda: verify_log(ledger, log_key(ORIGIN, _key(path).public_raw))


def hashing(path: Path) -> Callable[[], object]:
    bodies = [body for (body,) in sqlite3.connect(path).execute("select body from leaf order by leaf_index")]

    def run() -> None:
        level = [hashlib.sha256(b"\0" + body).digest() for body in bodies]
        while len(level) > 1:
            level = [hashlib.sha256(b"\1" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]

    return run


def page(path: Path) -> Callable[[], object]:
    ledger = Ledger.open(sqlite_url(path))
    log = ReceiptLog(ledger, key=_key(path), origin=ORIGIN)
    return lambda: page_of(SimpleNamespace(ledger=ledger, log=log), Wanted(limit=50, route="yss"))


def show(path: Path) -> Callable[[], object]:
    log = ReceiptLog(Ledger.open(sqlite_url(path)), key=_key(path), origin=ORIGIN)
    middle = a_transfer(log.latest().checkpoint.size // len(WHOLE) // 2)
    return lambda: list(as_page(log.transfer(middle), log.of_transfer(middle), log.proofs(middle), by_rule=False))


def proof(path: Path) -> Callable[[], object]:
    log = ReceiptLog(Ledger.open(sqlite_url(path)), key=_key(path), origin=ORIGIN)
    middle = a_transfer(log.latest().checkpoint.size // len(WHOLE) // 2)
    ledger, leaf = Ledger.open(sqlite_url(path)), log.of_transfer(middle)[0]

    def run() -> None:
        with ledger.reading() as tx:
            prove(tx, leaf, log.public)

    run()
    return run


def waiting(seconds: float) -> Callable[[Path], Callable[[], object]]:
    return lambda _: lambda: time.sleep(seconds)


VERBS = {
    "one": one, "many": many, "bare": bare, "verify": verify, "hash": hashing, "page": page, "show": show, "proof": proof,
    "tenth": waiting(0.1), "fifth": waiting(0.005),
}  # fmt: skip


def main(verb: str, path: Path, count: int) -> None:
    run = VERBS[verb](path) if verb != "make" else lambda: make(path, count)
    began = time.perf_counter()
    run()
    sys.stdout.write(f"{time.perf_counter() - began} {highest(os.getpid())}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
