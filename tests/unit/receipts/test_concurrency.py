"""Several processes append to one ledger: one sound log, nothing lost, nothing twice."""

import subprocess
import sys
from pathlib import Path

from gateway.receipts.log import ReceiptLog
from gateway.receipts.verification import verify_log
from gateway.vocabulary.transfer import Stage
from tests.unit.receipts.ground import AT, KEY, ORIGIN, a_transfer

ROOT = Path(__file__).parents[3]
WRITER = """
import sys
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import Ledger
from gateway.receipts.log import ReceiptLog
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import Stage
from tests.unit.receipts.ground import ORIGIN, a_transfer, event, rung

url, mine, shared = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
log = ReceiptLog(Ledger.open(url), key=SigningKey.load(sys.stdin.buffer.read()), origin=ORIGIN)
taken = 0
for number in range(shared):
    log.append(rung(Stage.ARRIVED, a_transfer(1000 * mine + number)), event())
    try:
        log.append(rung(Stage.ARRIVED, a_transfer(number + 1)))
        taken += 1
    except StorageError:
        pass
print(taken)
"""


def test_two_processes_leave_one_sound_log_and_each_rung_is_taken_once(place, ledger):
    log = ReceiptLog(ledger, key=KEY, origin=ORIGIN)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, place.url, str(mine), "25"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
        )
        for mine in (1, 2)
    ]  # fmt: skip
    for writer in writers:
        writer.stdin.write(KEY.openssh_private())
        writer.stdin.close()
    taken = [int(writer.stdout.read()) for writer in writers]
    for writer in writers:
        writer.stdout.close()
        assert writer.wait() == 0

    assert sum(taken) == 25
    verified = verify_log(ledger, log.public, every=True)
    assert (verified.size, verified.checkpoints) == (2 * 25 * 2 + 25, 2 * 25 + 25)
    assert all(len(log.of_transfer(a_transfer(number))) == 1 for number in range(1, 26))
    assert len(log.in_stage(Stage.ARRIVED)) == 3 * 25
    assert log.entries(limit=1)[0].receipt.at == AT
