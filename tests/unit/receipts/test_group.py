"""Appends that wait together share a commit; each gets an answer of its own."""

import threading

import pytest

from gateway.receipts.group import Group, Request
from gateway.receipts.log import ReceiptLog
from gateway.receipts.receipt import Receipt
from gateway.receipts.verification import verify_log
from gateway.vocabulary.errors import LogBroken, StorageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage
from tests.unit.receipts.ground import KEY, ORIGIN, WHOLE, a_transfer, event, rung

THREADS, EACH = 8, 5


def in_threads(*works):
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_many_threads_append_and_nothing_is_lost_or_taken_twice(log, ledger):
    def climb(mine):
        for number in range(EACH):
            for stage in WHOLE:
                log.append(rung(stage, a_transfer(100 * mine + number)))

    in_threads(*(lambda mine=mine: climb(mine) for mine in range(1, THREADS + 1)))
    verified = verify_log(ledger, log.public, every=True)
    assert verified.size == THREADS * EACH * len(WHOLE)
    assert verified.checkpoints <= verified.size
    assert len(log.in_stage(Stage.DISPOSED)) == THREADS * EACH


class HeldGroup:
    """A group whose first write waits until the others stand behind it."""

    def __init__(self, write):
        self.batches, self.go, self.writing = [], threading.Event(), threading.Event()
        self.group = Group(self._write)
        self._then = write

    def _write(self, requests):
        self.batches.append(list(requests))
        self.writing.set()
        self.go.wait(10)
        self._then(requests)


def answer_all(requests):
    for request in requests:
        request.checkpoint = object()


def append_behind_each_other(held, count):
    """One leads and is held while the others come; then all are let go. What each was answered, or raised."""
    answers = {}

    def append(number):
        try:
            answers[number] = held.group.append([number])
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the answer
            answers[number] = error

    first = threading.Thread(target=append, args=(0,))
    first.start()
    held.writing.wait(10)
    others = [threading.Thread(target=append, args=(number,)) for number in range(1, count)]
    for thread in others:
        thread.start()
    while len(held.group._waiting) < count - 1:
        threading.Event().wait(0.001)
    held.go.set()
    for thread in (first, *others):
        thread.join(10)
    return answers


def test_all_who_wait_are_written_at_once():
    held = HeldGroup(answer_all)
    assert set(append_behind_each_other(held, 5)) == set(range(5))
    assert [len(batch) for batch in held.batches] == [1, 4]


@pytest.mark.parametrize("error", [StorageError("the disk is full"), KeyboardInterrupt(), MemoryError()])
def test_a_write_that_fails_is_told_to_everybody_in_it_and_to_nobody_after_it(error):
    def fail_once(requests):
        if len(requests) == 1:
            raise error
        answer_all(requests)

    answers = append_behind_each_other(HeldGroup(fail_once), 4)
    assert answers[0] is error
    assert not any(isinstance(answers[number], BaseException) for number in (1, 2, 3))


def test_a_request_that_was_never_answered_is_an_error_and_no_success():
    with pytest.raises(StorageError, match="not recorded"):
        Group(lambda requests: None).append([])


def test_one_receipt_that_may_not_stand_fails_alone(ledger):
    log = ReceiptLog(ledger, key=KEY, origin=ORIGIN)
    bad, good, two = Request([event(), rung(Stage.SEALED)]), Request([event()]), Request([rung(Stage.ARRIVED)])
    log._append_all([bad, good, two])
    with pytest.raises(StorageError, match="cannot begin as sealed"):
        bad.answer()
    assert good.answer() == two.answer() == log.latest().checkpoint
    assert [entry.receipt.kind for entry in log.entries()] == ["arrived", "look-up"]
    assert verify_log(ledger, log.public, every=True).size == 2


def test_a_rung_that_another_in_the_same_commit_took_is_not_taken_twice(log):
    first, second = Request([rung(Stage.ARRIVED)]), Request([rung(Stage.ARRIVED)])
    log._append_all([first, second])
    first.answer()
    with pytest.raises(StorageError, match="that is arrived cannot become arrived"):
        second.answer()


def test_a_rung_builds_on_one_of_the_same_commit(log, ledger):
    requests = [Request([rung(stage)]) for stage in WHOLE]
    log._append_all(requests)
    assert [request.error for request in requests] == [None] * len(WHOLE)
    assert verify_log(ledger, log.public, every=True).checkpoints == 1


def test_a_kind_that_is_not_known_stops_its_own_append_alone(log):
    strange = Request([Receipt(kind="teleported", at=event().at, facts=Facts(), transfer=a_transfer(1), route="yss")])
    good = Request([event()])
    log._append_all([strange, good])
    with pytest.raises(LogBroken, match="teleported"):
        strange.answer()
    good.answer()
