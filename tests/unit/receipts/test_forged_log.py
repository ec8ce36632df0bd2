"""A log that our own key signed and that is not true, as a faulty version of this program could leave it."""

import pytest

from gateway.crypto.checkpoint import Checkpoint
from gateway.crypto.note import sign
from gateway.receipts.appending import grow, keep_checkpoint
from gateway.receipts.entry import Entry
from gateway.receipts.receipt import Receipt
from gateway.receipts.tip import EMPTY
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage
from tests.unit.receipts.ground import KEY, ONE, ORIGIN, broken, event, rung, seconds


@pytest.fixture
def forge(ledger):
    """Appends without a single check."""

    def append(*receipts: Receipt) -> None:
        entries = [Entry.of_receipt(index, receipt) for index, receipt in enumerate(receipts)]
        with ledger.writing() as tx:
            end = grow(tx, EMPTY, entries)
            checkpoint = Checkpoint(ORIGIN, end.size, end.root)
            keep_checkpoint(tx, checkpoint, sign(checkpoint.text(), ORIGIN, KEY), entries[-1].receipt.at)

    return append


def test_a_time_that_ran_back_is_found(log, ledger, forge):
    forge(event(at=seconds(0)), event(at=seconds(5)), event(at=seconds(4)))
    broken(ledger, log, "leaf 2 of the log is earlier than the one before it")


def test_a_rung_that_may_not_follow_is_found(log, ledger, forge):
    forge(event(), rung(Stage.ARRIVED), event(), rung(Stage.SEALED))
    broken(ledger, log, "leaf 3 of the log may not be there: a transfer that is arrived cannot become sealed")


def test_a_rung_without_its_evidence_is_found(log, ledger, forge):
    bare = Receipt.of_stage(Stage.ARRIVED, transfer=ONE, route="yss", at=seconds(0), facts=Facts())
    forge(event(), bare)
    broken(ledger, log, "leaf 1 of the log: a receipt says arrived and lacks its evidence: extract")


def test_a_rung_of_no_transfer_is_found(log, ledger, forge):
    forge(event(), Receipt(kind="arrived", at=seconds(0), facts=Facts(), route="yss"))
    broken(ledger, log, "leaf 1 of the log: a receipt says arrived and not of which transfer")


def test_a_kind_that_could_be_an_unknown_rung_is_found(log, ledger, forge):
    forge(rung(Stage.ARRIVED), Receipt(kind="teleported", at=seconds(0), facts=Facts(), transfer=ONE, route="yss"))
    broken(ledger, log, "leaf 1 of the log may not be there: .* teleported")


def test_a_transfer_that_changed_its_route_is_found(log, ledger, forge):
    forge(rung(Stage.ARRIVED), rung(Stage.APPROVED, route="ofsted"))
    broken(ledger, log, "leaf 1 of the log moves a transfer on another route")
