"""A log in a real ledger, and receipts for every rung."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import Ledger
from gateway.receipts.log import ReceiptLog
from gateway.receipts.receipt import Receipt
from gateway.receipts.sweep import is_sound
from gateway.receipts.verification import verify_log
from gateway.vocabulary.errors import LogBroken
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId
from tests.ledgers import Place

ORIGIN = "council.example/handoff"
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
KEY = SigningKey.generate_ed25519()
HEX, PRINT = "ab" * 32, "SHA256:" + "A" * 43
EVIDENCE = {
    Stage.ARRIVED: Facts(extract=HEX),
    Stage.REFUSED: Facts(reasons=("statement-expired",)),
    Stage.APPROVED: Facts(signers=(PRINT, PRINT)),
    Stage.WITHDRAWN: Facts(uid=0, count=3),
    Stage.SEALED: Facts(manifest=HEX, envelope=HEX, ciphertext=HEX, rows=12, released=9),
    Stage.DELIVERED: Facts(verified_by="hash"),
    Stage.ACKNOWLEDGED: Facts(acknowledgement=HEX, partner_key=PRINT),
    Stage.REJECTED_BY_PARTNER: Facts(acknowledgement=HEX, partner_key=PRINT),
    Stage.DISPOSED: Facts(acknowledgement=HEX, partner_key=PRINT),
}
WHOLE = (Stage.ARRIVED, Stage.APPROVED, Stage.SEALED, Stage.DELIVERED, Stage.ACKNOWLEDGED, Stage.DISPOSED)
_opened: list[Ledger] = []


def a_transfer(number: int) -> TransferId:
    return TransferId.new(AT, lambda count: number.to_bytes(count, "big"))


ONE, TWO, THREE = map(a_transfer, (1, 2, 3))


def rung(stage: Stage, transfer: TransferId = ONE, *, route: str = "yss", at: datetime = AT, **facts) -> Receipt:
    return Receipt.of_stage(
        stage, transfer=transfer, route=route, at=at, facts=EVIDENCE.get(stage, Facts()) | Facts(**facts)
    )


def event(kind: str = "look-up", at: datetime = AT, **facts) -> Receipt:
    return Receipt(kind=kind, at=at, facts=Facts(**facts))


def seconds(count: int) -> datetime:
    return AT + timedelta(seconds=count)


def open_log(place: Place, *, key: SigningKey = KEY, late: timedelta = timedelta(0)) -> ReceiptLog:
    """A second log over a ledger that is there, as another process would open it."""
    _opened.append(Ledger.open(place.url))
    return ReceiptLog(_opened[-1], key=key, origin=ORIGIN, late=late)


def close_opened() -> None:
    """A connection to a server that nobody closes is told about at some later test."""
    while _opened:
        _opened.pop().close()


def fill(log: ReceiptLog, transfers: int = 2) -> None:
    """Each transfer from `arrived` to `disposed`, one receipt a commit and a second apart."""
    clock = 0
    for number in range(1, transfers + 1):
        for stage in WHOLE:
            log.append(rung(stage, a_transfer(number), at=seconds(clock)))
            clock += 1


def broken(ledger: Ledger, log: ReceiptLog, match: str, **options) -> None:
    """Verifying the log fails with this message, and says what to do; the sweep alone would not have passed it."""
    assert options or is_sound(ledger, log.public) is None
    with pytest.raises(LogBroken, match=match) as caught:
        verify_log(ledger, log.public, **options)
    assert caught.value.remedy
