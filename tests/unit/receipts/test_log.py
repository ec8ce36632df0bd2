"""The log as its callers use it: one commit, one checkpoint, and questions that never guess."""

import threading
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from gateway.crypto import merkle
from gateway.crypto.checkpoint import Checkpoint, open_checkpoint
from gateway.crypto.merkle import EMPTY_ROOT
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import checkpoints, transfers
from gateway.footing.ledger.transfers import TransferRow
from gateway.receipts.log import ReceiptLog
from gateway.receipts.verification import verify_log
from gateway.vocabulary.errors import ClockUntrusted, EvidenceError, LogBroken, StorageError, UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, Transfer
from tests.unit.receipts.ground import (
    AT,
    HEX,
    KEY,
    ONE,
    ORIGIN,
    THREE,
    TWO,
    WHOLE,
    event,
    fill,
    open_log,
    rung,
    seconds,
)

ROW = TransferRow(
    id=ONE, route="yss", partner="youth-support-service", scope="full", extract_digest=HEX, statement_digest=HEX,
    created=AT,
)  # fmt: skip


def test_an_append_returns_the_checkpoint_that_covers_it(log):
    first = log.append(event("started"))
    assert first.size == 1
    second = log.append(rung(Stage.ARRIVED), event())
    assert (second.origin, second.size) == (ORIGIN, 3)
    proof = log.consistency(1, 3)
    merkle.verify_consistency(1, 3, proof, first.root, second.root)


def test_every_checkpoint_that_was_ever_signed_is_shown_to_begin_the_next(log, ledger):
    for count in (1, 3, 2, 1, 5, 4):
        log.append(*(event(index=number) for number in range(count)))
    with ledger.reading() as tx:
        signed = [open_checkpoint(row.note.encode(), log.public)[0] for row in checkpoints.streamed(tx)]
    assert [one.size for one in signed] == [1, 4, 6, 7, 12, 16]
    for old, new in pairwise(signed):
        proof = log.consistency(old.size, new.size)
        merkle.verify_consistency(old.size, new.size, proof, old.root, new.root)
        with pytest.raises(EvidenceError):
            merkle.verify_consistency(old.size, new.size, proof, old.root, old.root)


def test_the_newest_checkpoint_is_signed_by_the_logs_key(log):
    appended = log.append(rung(Stage.ARRIVED))
    latest = log.latest()
    assert latest.checkpoint == appended
    assert open_checkpoint(latest.note.encode(), log.public) == (appended, ())


def test_an_empty_log_has_a_signed_checkpoint_too(log):
    latest = log.latest()
    assert latest.checkpoint == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    open_checkpoint(latest.note.encode(), log.public)


def test_appending_nothing_changes_nothing(log):
    before = log.append(event())
    assert log.append() == before
    assert log.latest().checkpoint.size == 1


@pytest.mark.parametrize("batch", [1, 2, 3, 7, 40])
def test_however_receipts_are_grouped_the_tree_is_that_of_their_bodies(log, batch):
    receipts = [event(index=number) for number in range(40)]
    for start in range(0, 40, batch):
        log.append(*receipts[start : start + batch])
    nodes = {}
    for index, receipt in enumerate(receipts):
        leaf = merkle.leaf_hash(receipt.encode())
        for level, place, digest in merkle.completed_by(index, leaf, lambda *at: nodes[at]):
            nodes[level, place] = digest
    assert log.latest().checkpoint.root == merkle.root(40, lambda *at: nodes[at])


def test_every_receipt_can_be_shown_to_be_in_every_later_log(log):
    roots = [log.append(event(index=number)).root for number in range(12)]
    for size in range(1, 13):
        for entry in log.entries():
            if entry.index < size:
                proof = log.inclusion(entry.index, size)
                merkle.verify_inclusion(entry.hash, entry.index, size, proof, roots[size - 1])


def test_there_is_no_proof_of_what_the_log_does_not_hold(log):
    log.append(event(), event(), event())
    for ask in (lambda: log.inclusion(3, 3), lambda: log.inclusion(0, 4), lambda: log.consistency(2, 4)):
        with pytest.raises(LogBroken):
            ask()


def test_a_receipt_and_its_row_are_one_commit(log, ledger):
    with ledger.writing() as tx:
        transfers.insert_transfer(tx, ROW)
        log.append_in(tx, rung(Stage.ARRIVED))
    assert log.transfer(ONE) == Transfer(
        id=ONE, route="yss", partner="youth-support-service", stage=Stage.ARRIVED, since=AT
    )


def test_a_rollback_of_the_callers_transaction_leaves_no_trace(log, ledger):
    before = log.append(event())

    def fail() -> None:
        with ledger.writing() as tx:
            transfers.insert_transfer(tx, ROW)
            log.append_in(tx, rung(Stage.ARRIVED))
            transfers.insert_transfer(tx, ROW)

    with pytest.raises(StorageError, match="already in the ledger"):
        fail()
    assert log.stage(ONE) is None
    assert log.in_stage(*Stage) == []
    assert log.latest().checkpoint == before
    log.append(rung(Stage.ARRIVED))
    assert verify_log(ledger, log.public, every=True).size == 2


def test_what_was_rolled_back_is_not_remembered_when_another_has_taken_its_place(log, ledger, place):
    def fail() -> None:
        with ledger.writing() as tx:
            log.append_in(tx, event("never-happened"))
            raise StorageError("the row could not be written")

    with pytest.raises(StorageError, match="row"):
        fail()
    open_log(place).append(event())
    log.append(event())
    assert verify_log(ledger, log.public, every=True).size == 2


def test_two_appends_in_one_transaction_make_two_checkpoints(log, ledger):
    with ledger.writing() as tx:
        log.append_in(tx, rung(Stage.ARRIVED))
        log.append_in(tx, rung(Stage.APPROVED))
    assert log.stage(ONE) is Stage.APPROVED
    assert verify_log(ledger, log.public, every=True).checkpoints == 2


def test_nothing_is_appended_to_what_is_only_read(log, ledger):
    with pytest.raises(StorageError), ledger.reading() as tx:
        log.append_in(tx, event())
    assert log.latest().checkpoint.size == 0


def test_a_transfer_nobody_knows_has_no_stage_and_is_no_transfer(log):
    assert log.stage(ONE) is None
    assert log.of_transfer(ONE) == []
    assert log.last(ONE, Stage.SEALED) is None
    with pytest.raises(UsageError, match="there is no transfer") as caught:
        log.transfer(ONE)
    assert caught.value.remedy


def test_a_transfer_without_a_receipt_is_none_yet(log, ledger):
    with ledger.writing() as tx:
        transfers.insert_transfer(tx, ROW)
    with pytest.raises(UsageError, match="there is no transfer"):
        log.transfer(ONE)


def test_all_receipts_of_a_transfer_come_in_order(log):
    fill(log)
    entries = log.of_transfer(TWO)
    assert [entry.receipt.kind for entry in entries] == [str(stage) for stage in WHOLE]
    assert [entry.index for entry in entries] == list(range(6, 12))
    assert {entry.receipt.transfer for entry in entries} == {TWO}


def test_the_last_receipt_of_a_rung_is_the_newest_of_them(log):
    log.append(rung(Stage.ARRIVED), rung(Stage.APPROVED), rung(Stage.SEALED, rows=1, released=1))
    log.append(rung(Stage.REVOKED), rung(Stage.SEALED, rows=2, released=2), rung(Stage.REVOKED))
    last = log.last(ONE, Stage.SEALED)
    assert last is not None
    assert last.receipt.facts["rows"] == 2
    assert log.stage(ONE) is Stage.REVOKED


def test_transfers_are_found_by_the_stage_they_stand_on_now(log):
    log.append(*(rung(Stage.ARRIVED, one) for one in (ONE, TWO)), rung(Stage.ARRIVED, THREE, route="ofsted"))
    log.append(rung(Stage.APPROVED, TWO))
    assert log.in_stage(Stage.ARRIVED) == [ONE, THREE]
    assert log.in_stage(Stage.ARRIVED, route="yss") == [ONE]
    assert log.in_stage(Stage.ARRIVED, Stage.APPROVED) == [ONE, TWO, THREE]
    assert log.in_stage(Stage.SEALED) == []
    assert log.in_stage() == []


def test_entries_come_newest_first_and_each_filter_narrows(log):
    fill(log)
    log.append(event("look-up", seconds(60)), rung(Stage.ARRIVED, THREE, route="ofsted", at=seconds(60)))
    assert [entry.index for entry in log.entries()] == list(range(13, -1, -1))
    assert [entry.index for entry in log.entries(limit=2)] == [13, 12]
    assert [entry.index for entry in log.entries(kinds=("arrived", "look-up"))] == [13, 12, 6, 0]
    assert [entry.index for entry in log.entries(kinds=("arrived",), route="ofsted")] == [13]
    assert log.entries(kinds=("overdue",)) == []


def test_a_clock_that_ran_back_records_nothing(log):
    before = log.append(event(at=seconds(10)))
    with pytest.raises(ClockUntrusted, match="the clock is earlier than the last receipt") as caught:
        log.append(event(at=seconds(9)))
    assert caught.value.remedy
    assert log.latest().checkpoint == before


def test_a_clock_that_ran_back_is_seen_by_a_process_that_has_just_started(log, place):
    log.append(event(at=seconds(10)))
    with pytest.raises(ClockUntrusted):
        open_log(place).append(event(at=seconds(9)))


def test_a_clock_that_runs_back_within_a_batch_records_nothing(log):
    with pytest.raises(ClockUntrusted):
        log.append(event(at=seconds(1)), event(at=seconds(0)))
    assert log.latest().checkpoint.size == 0


def test_a_clock_can_be_compared_with_the_last_receipt_before_there_is_one_to_write(log, place):
    log.check_clock(seconds(-100))
    log.append(event(at=seconds(10)))
    log.check_clock(seconds(10))
    open_log(place, late=timedelta(seconds=5)).check_clock(seconds(5))
    for at, late in ((seconds(9), 0), (seconds(4), 5)):
        with pytest.raises(ClockUntrusted):
            open_log(place, late=timedelta(seconds=late)).check_clock(at)


def test_two_receipts_may_have_one_time_whatever_their_fractions(log):
    log.append(event(at=AT + timedelta(milliseconds=900)))
    log.append(event(at=AT + timedelta(milliseconds=100)))
    assert {entry.receipt.at for entry in log.entries()} == {AT}


def test_a_writer_who_waited_for_his_turn_is_recorded_at_the_time_of_the_one_before(log, place):
    log.append(event(at=seconds(10)))
    patient = open_log(place, late=timedelta(seconds=5))
    patient.append(event(at=seconds(5)))
    assert [entry.receipt.at for entry in log.entries()] == [seconds(10)] * 2
    with pytest.raises(ClockUntrusted):
        patient.append(event(at=seconds(4)))


def test_facts_that_are_none_never_reach_the_log(log):
    with pytest.raises(ValueError, match="fact"):
        log.append(replace(event(), facts=Facts(reason="Siobhán O'Neil")))
    assert log.latest().checkpoint.size == 0


def test_another_key_cannot_go_on_with_the_log(log, place):
    log.append(event())
    with pytest.raises(LogBroken, match="is not ours"):
        open_log(place, key=SigningKey.generate_ed25519()).append(event())


def test_another_origin_cannot_go_on_with_the_log(log, ledger):
    log.append(event())
    with pytest.raises(LogBroken, match="is not ours"):
        ReceiptLog(ledger, key=KEY, origin="other.example/handoff").append(event())


def test_threads_that_share_a_log_leave_one_sound_log(log, ledger):
    def work(number: int) -> None:
        for _ in range(10):
            log.append(event(index=number))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify_log(ledger, log.public, every=True).size == 40


def test_a_log_that_another_process_has_grown_is_taken_up_where_it_ends(log, place, ledger):
    other = open_log(place)
    for number in range(6):
        (log if number % 2 else other).append(event(index=number))
    assert verify_log(ledger, log.public, every=True).size == 6
    assert other.latest() == log.latest()
