"""Killed between every two things an append does: a process of its own, which forks one that dies, again and again.

    python -m tests.crash.appending URL KILLS

Each child appends until it has called the database's driver so often, and then kills itself with
SIGKILL, before the call or after it. What it was told is on disk must be there, whole, and nothing
half: the next child finds a sound log and appends to it. Says how many calls an append makes.

On PostgreSQL the server lives on: what a child left open there must end with it, and hold up nobody.
"""

import os
import random
import signal
import sys
from pathlib import Path
from types import FrameType

from sqlalchemy import create_engine, make_url

from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import Ledger
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

    def __call__(self, frame: FrameType, what: str, function: object) -> None:
        if what.startswith("c_"):  # SQLite's driver is in C, PostgreSQL's in Python
            is_driver = getattr(function, "__name__", "") in DRIVER
        else:
            is_driver = frame.f_code.co_name in DRIVER and frame.f_globals["__name__"].startswith("psycopg.")
        if is_driver:
            self.calls += 1
            if self.calls == self._at:
                os.kill(os.getpid(), signal.SIGKILL)


def append(url: str, key: SigningKey, number: int, told: int, death: Death) -> None:
    """Three appends of three receipts each; every one that returned is told at once."""
    log = ReceiptLog(Ledger.open(url), key=key, origin=ORIGIN)
    sys.setprofile(death)
    for which in range(3):
        transfer = a_transfer(10 * number + which)
        log.append(rung(Stage.ARRIVED, transfer), rung(Stage.APPROVED, transfer), event())
        os.write(told, b"x")
    sys.setprofile(None)


def one_child(url: str, key: SigningKey, number: int, at: int) -> tuple[int, bool]:
    """How many appends it was told are on disk, and whether it was killed."""
    ours, its = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            append(url, key, number, its, Death(at))
        finally:
            os._exit(0)
    os.close(its)
    with os.fdopen(ours, "rb") as told:
        count = len(told.read())
    _, status = os.waitpid(child, 0)
    return count, os.WIFSIGNALED(status)


def calls_of_all(url: str, key: SigningKey) -> int:
    death = Death(-1)
    append(url, key, 0, os.open(os.devnull, os.O_WRONLY), death)
    return death.calls


def fresh(url: str) -> None:
    place = make_url(url)
    if place.get_backend_name() == "sqlite":
        path = Path(str(place.database))
        for file in path.parent.glob(path.name + "*"):
            file.unlink()
    else:
        with create_engine(place).begin() as connection:
            connection.exec_driver_sql("drop schema if exists ledger cascade")
    Ledger.create_or_upgrade(url).close()


def sound_size(url: str, key: SigningKey) -> int:
    ledger = Ledger.open(url)
    try:
        log = ReceiptLog(ledger, key=key, origin=ORIGIN)
        return verify_log(ledger, log.public, every=True).size
    finally:
        ledger.close()


def main(url: str, kills: int) -> None:
    key, size = SigningKey.generate_ed25519(), 0
    fresh(url)
    calls = calls_of_all(url, key)
    chance = random.Random(1)
    points = chance.sample(range(1, calls + 1), calls) if kills < calls else list(range(1, calls + 1))
    for number in range(1, kills + 1):
        if number % FRESH == 1:
            fresh(url)
            size = 0
        told, was_killed = one_child(url, key, number, points[number % calls])
        now = sound_size(url, key)
        if not was_killed or now % TOGETHER or not told * TOGETHER <= now - size <= (told + 1) * TOGETHER:
            raise SystemExit(f"kill {number}: {told} appends were told, the log grew from {size} to {now}")
        size = now
    sys.stdout.write(f"{kills} kills at {min(kills, calls)} of {calls} points\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
