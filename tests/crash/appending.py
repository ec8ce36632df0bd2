"""Killed between every two things an append does: a process of its own, which forks one that dies, again and again.

    python -m tests.crash.appending LEDGER KILLS

Each child appends until it has called the database's driver so often, and then kills itself with
SIGKILL, before the call or after it. What it was told is on disk must be there, whole, and nothing
half: the next child finds a sound log and appends to it. Says how many calls an append makes.
"""

import os
import random
import signal
import sys
from pathlib import Path

from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import Ledger, sqlite_url
from gateway.receipts.log import ReceiptLog
from gateway.receipts.verification import verify_log
from gateway.vocabulary.transfer import Stage
from tests.unit.receipts.ground import ORIGIN, a_transfer, event, rung

DRIVER = {"execute", "commit"}
TOGETHER = 3
"""Receipts an append; so that half of one would show."""
FRESH = 50
"""Kills before the log is begun anew, so that verifying it stays quick."""


class Death:
    """Ends the process at the call of this number. Odd ones before it is made, even ones when it has been."""

    def __init__(self, at: int) -> None:
        self._at, self.calls = at, 0

    def __call__(self, _frame: object, what: str, function: object) -> None:
        if what in ("c_call", "c_return") and getattr(function, "__name__", "") in DRIVER:
            self.calls += 1
            if self.calls == self._at:
                os.kill(os.getpid(), signal.SIGKILL)


def append(path: Path, key: SigningKey, number: int, told: int, death: Death) -> None:
    """Three appends of three receipts each; every one that returned is told at once."""
    log = ReceiptLog(Ledger.open(sqlite_url(path)), key=key, origin=ORIGIN)
    sys.setprofile(death)
    for which in range(3):
        transfer = a_transfer(10 * number + which)
        log.append(rung(Stage.ARRIVED, transfer), rung(Stage.APPROVED, transfer), event())
        os.write(told, b"x")
    sys.setprofile(None)


def one_child(path: Path, key: SigningKey, number: int, at: int) -> tuple[int, bool]:
    """How many appends it was told are on disk, and whether it was killed."""
    ours, its = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            append(path, key, number, its, Death(at))
        finally:
            os._exit(0)
    os.close(its)
    with os.fdopen(ours, "rb") as told:
        count = len(told.read())
    _, status = os.waitpid(child, 0)
    return count, os.WIFSIGNALED(status)


def calls_of_all(path: Path, key: SigningKey) -> int:
    death = Death(-1)
    append(path, key, 0, os.open(os.devnull, os.O_WRONLY), death)
    return death.calls


def fresh(path: Path) -> None:
    for file in path.parent.glob(path.name + "*"):
        file.unlink()
    Ledger.create_or_upgrade(sqlite_url(path)).close()


def sound_size(path: Path, key: SigningKey) -> int:
    ledger = Ledger.open(sqlite_url(path))
    try:
        log = ReceiptLog(ledger, key=key, origin=ORIGIN)
        return verify_log(ledger, log.public, every=True).size
    finally:
        ledger.close()


def main(path: Path, kills: int) -> None:
    key, size = SigningKey.generate_ed25519(), 0
    fresh(path)
    calls = calls_of_all(path, key)
    chance = random.Random(1)
    points = chance.sample(range(1, calls + 1), calls) if kills < calls else list(range(1, calls + 1))
    for number in range(1, kills + 1):
        if number % FRESH == 1:
            fresh(path)
            size = 0
        told, was_killed = one_child(path, key, number, points[number % calls])
        now = sound_size(path, key)
        if not was_killed or now % TOGETHER or not told * TOGETHER <= now - size <= (told + 1) * TOGETHER:
            raise SystemExit(f"kill {number}: {told} appends were told, the log grew from {size} to {now}")
        size = now
    sys.stdout.write(f"{kills} kills at {min(kills, calls)} of {calls} points\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
