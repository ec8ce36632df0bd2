"""Deliver's memory: numbers never used again, intents that outlive a crash, nothing told twice."""

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from gateway.deliver.attempts import Attempts, Begun
from gateway.deliver.store import _VERSIONS
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import Overtaken, StorageError
from gateway.vocabulary.transfer import TransferId
from tests.ledgers import on_postgresql, on_sqlite

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TRANSFER, OTHER = (TransferId.new(AT, lambda count, n=n: bytes([n]) * count) for n in (1, 2))
LATER = AT + timedelta(minutes=1)


@pytest.fixture
def path(tmp_path):
    """Of the store in a file."""
    return tmp_path / "store.sqlite"


@pytest.fixture
def open_store(place):
    opened = []

    def opening():
        opened.append(Attempts(place))
        return opened[-1]

    yield opening
    for attempts in opened:
        attempts.close()


@pytest.fixture
def attempts(open_store):
    return open_store()


def test_each_attempt_has_a_number_of_its_own_and_knows_the_earlier_ones(attempts):
    assert attempts.begin(TRANSFER) == Begun(number=1, earlier=(), intent_recorded=False)
    assert attempts.begin(TRANSFER) == Begun(number=2, earlier=(1,), intent_recorded=False)
    attempts.record_intent(TRANSFER, 2)
    assert attempts.begin(TRANSFER) == Begun(number=3, earlier=(1, 2), intent_recorded=True)
    assert attempts.begin(OTHER) == Begun(number=1, earlier=(), intent_recorded=False)


def test_what_was_written_is_there_after_the_process_is_gone(attempts, open_store):
    attempts.begin(TRANSFER)
    attempts.record_intent(TRANSFER, 1)
    attempts.failed(TRANSFER, 1, "partner-unreachable", AT, LATER)
    attempts.told(TRANSFER, b"x")
    after = open_store()  # the first was never closed
    assert after.begin(TRANSFER) == Begun(number=2, earlier=(1,), intent_recorded=True)
    assert after.intent_recorded(TRANSFER)
    assert not after.is_due(TRANSFER, AT)
    assert not after.is_news(TRANSFER, b"x")


def test_a_number_that_two_processes_ask_for_is_given_once(attempts, open_store):
    other = open_store()
    assert [a.begin(TRANSFER).number for a in (attempts, other, attempts, other)] == [1, 2, 3, 4]


def test_an_intent_is_the_transfers_and_no_others(attempts):
    attempts.begin(TRANSFER)
    attempts.begin(OTHER)
    attempts.record_intent(TRANSFER, 1)
    assert (attempts.intent_recorded(TRANSFER), attempts.intent_recorded(OTHER)) == (True, False)


def test_an_intent_that_came_to_nothing_is_void_and_a_later_one_is_not(attempts):
    for number in (1, 2):
        attempts.begin(TRANSFER)
        attempts.record_intent(TRANSFER, number)
    attempts.never_left(TRANSFER)
    assert attempts.begin(TRANSFER) == Begun(number=3, earlier=(1, 2), intent_recorded=False)
    attempts.record_intent(TRANSFER, 3)
    assert attempts.intent_recorded(TRANSFER)


def test_whoever_was_overtaken_records_no_intent_and_may_not_release(attempts, open_store):
    """It was frozen, on this machine or another: its successor has begun meanwhile."""
    attempts.begin(TRANSFER)
    successor = open_store()
    attempts.check_newest(TRANSFER, 1)
    successor.begin(TRANSFER)
    for thawed in (attempts.check_newest, attempts.record_intent):
        with pytest.raises(Overtaken):
            thawed(TRANSFER, 1)
    assert not successor.intent_recorded(TRANSFER)
    successor.record_intent(TRANSFER, 2)
    assert successor.intent_recorded(TRANSFER)


def test_an_attempt_at_another_parcel_overtakes_nobody(attempts):
    attempts.begin(TRANSFER)
    for _ in range(2):
        attempts.begin(OTHER)
    attempts.record_intent(TRANSFER, 1)
    assert attempts.intent_recorded(TRANSFER)


def test_what_nobody_has_tried_is_due(attempts):
    assert attempts.is_due(TRANSFER, AT)
    assert not attempts.awaits_answer(TRANSFER)


def test_what_failed_is_due_again_at_its_time_and_not_a_second_before(attempts):
    attempts.begin(TRANSFER)
    attempts.failed(TRANSFER, 1, "partner-unreachable", AT, LATER)
    assert not attempts.is_due(TRANSFER, LATER - timedelta(seconds=1))
    assert attempts.is_due(TRANSFER, LATER)
    assert attempts.is_due(OTHER, AT)


@pytest.mark.parametrize(
    ("put_down", "awaits"), [(Attempts.settled, True), (Attempts.doubt, True), (Attempts.block, False)]
)
def test_what_is_put_down_is_not_due_any_more(attempts, open_store, put_down, awaits):
    put_down(attempts, TRANSFER)
    for store in (attempts, open_store()):
        assert not store.is_due(TRANSFER, AT + timedelta(days=365))
        assert store.awaits_answer(TRANSFER) is awaits


@pytest.mark.parametrize(
    ("put_down", "again"), [(Attempts.block, True), (Attempts.doubt, True), (Attempts.settled, False)]
)
def test_a_person_may_have_it_tried_again_unless_it_was_delivered(attempts, put_down, again):
    attempts.begin(TRANSFER)
    attempts.failed(TRANSFER, 1, "name-taken", AT, LATER)
    put_down(attempts, TRANSFER)
    attempts.retry(TRANSFER)
    assert attempts.is_due(TRANSFER, AT) is again
    assert attempts.begin(TRANSFER).earlier == (1,)


def test_a_person_need_not_wait_for_the_time_that_was_set(attempts):
    attempts.begin(TRANSFER)
    attempts.failed(TRANSFER, 1, "partner-unreachable", AT, LATER)
    attempts.retry(TRANSFER)
    assert attempts.is_due(TRANSFER, AT)


def test_what_was_told_is_news_no_more_and_everything_else_is(attempts):
    attempts.told(TRANSFER, b"answered", b"body", b"signature")
    attempts.told(TRANSFER, b"answered", b"body", b"signature")
    assert not attempts.is_news(TRANSFER, b"answered", b"body", b"signature")
    for parts in [(b"answered", b"body"), (b"answered", b"bodysignature"), (b"answered", b"body", b"x"),
                  (b"answeredbody", b"signature"), (b"answered", b"", b"bodysignature"), ()]:  # fmt: skip
        assert attempts.is_news(TRANSFER, *parts)
    assert attempts.is_news(OTHER, b"answered", b"body", b"signature")


@on_sqlite
def test_the_store_is_private_and_so_is_all_beside_it(attempts, path):
    attempts.begin(TRANSFER)
    assert len(list(path.parent.iterdir())) > 1, "a write-ahead log lies beside it"
    assert {p.stat().st_mode & 0o777 for p in path.parent.iterdir()} == {0o600}


@on_sqlite
def test_the_store_writes_through_to_the_disk(attempts):
    (journal,), (synchronous,) = (attempts.store.db.execute(f"pragma {name}").fetchone() for name in ("journal_mode", "synchronous"))  # fmt: skip
    assert (journal, synchronous) == ("wal", 2)


def test_a_store_of_another_version_is_refused_and_left(path):
    with sqlite3.connect(path) as db:
        db.execute("pragma user_version = 7")
    db.close()
    with pytest.raises(StorageError, match="another version"):
        Attempts(path)
    with sqlite3.connect(path) as db:
        assert db.execute("pragma user_version").fetchone() == (7,)
    db.close()


def link(path):
    path.with_name("elsewhere").write_bytes(b"")
    path.symlink_to("elsewhere")


def rubbish(path):
    path.write_bytes(b"this is not a database" * 100)


@pytest.mark.parametrize("trap", [link, rubbish, os.mkdir])
def test_what_is_no_store_is_refused(path, trap):
    trap(path)
    with pytest.raises(StorageError):
        Attempts(path)


def test_a_store_that_fails_changes_nothing_and_says_so(attempts, open_store):
    attempts.begin(TRANSFER)
    open_store().store.write("drop table attempt", ())
    with pytest.raises(StorageError, match="deliver's store failed"):
        attempts.begin(OTHER)
    assert attempts.store.rows("select id from transfer") == [(TRANSFER,)]
    attempts.told(OTHER, b"x")


def test_an_attempt_knows_which_ones_before_it_carried_the_same_content(attempts):
    one, other = Digest.of(b"1"), Digest.of(b"2")
    for content in (one, other, None, one):
        attempts.begin(TRANSFER, content)
    assert attempts.begin(TRANSFER, one).alike == (1, 4)
    assert attempts.begin(TRANSFER, other).alike == (2,)
    assert attempts.begin(TRANSFER).alike == ()


def test_a_store_of_the_first_version_is_carried_on_with_all_that_it_holds(path):
    old = sqlite3.connect(path)
    old.executescript(_VERSIONS[0] + ";pragma user_version = 1")
    old.execute("insert into attempt (transfer, number, intent) values (?, 1, 1)", (TRANSFER,))
    old.commit()
    old.close()
    attempts = Attempts(path)
    assert attempts.begin(TRANSFER, Digest.of(b"")) == Begun(number=2, earlier=(1,), intent_recorded=True)
    attempts.close()


def test_of_two_machines_that_begin_at_once_each_has_a_number_of_its_own(open_store):
    one, other = open_store(), open_store()
    with ThreadPoolExecutor(2) as pool:
        begun = [pool.submit(attempts.begin, TRANSFER) for _ in range(20) for attempts in (one, other)]
    assert sorted(done.result().number for done in begun) == list(range(1, 41))


@on_postgresql
def test_a_store_that_was_cut_off_in_the_middle_holds_nothing_of_it_and_is_not_gone_on_with(attempts, open_store):
    """A thawed process has to ask whether it still has its turn before it opens another session."""
    other = open_store()

    def freeze_and_thaw() -> None:
        with attempts.store.writing():
            attempts.store.db.execute("insert into transfer values (?, 'open', '')", (TRANSFER,))
            ((mine,),) = attempts.store.rows("select pg_backend_pid()")
            other.store.rows("select pg_terminate_backend(?)", mine)

    for doing in (freeze_and_thaw, lambda: attempts.begin(TRANSFER)):
        with pytest.raises(StorageError, match="deliver's store failed"):
            doing()
    assert other.store.rows("select id from transfer") == []


def some(count, state):
    """So many transfers, others for each state."""
    return [TransferId.new(AT, lambda size, n=n: f"{state:9.9}{n:03}".encode()[-size:]) for n in range(count)]


def test_of_many_it_says_what_it_says_of_each(open_store):
    attempts = open_store()
    due, later, settled, doubt, blocked = (some(5, state) for state in ("due", "later", "settled", "doubt", "blocked"))
    unknown = some(999, "unknown")
    for transfer in (*due, *later, *settled):
        begun = attempts.begin(transfer)
        if transfer in later:
            attempts.failed(transfer, begun.number, "partner-unreachable", AT, LATER)
    for put_down, those in ((attempts.settled, settled), (attempts.doubt, doubt), (attempts.block, blocked)):
        for transfer in those:
            put_down(transfer)
    everybody = [*unknown, *due, *later, *settled, *doubt, *blocked]
    standing = attempts.standing(everybody, AT)
    assert standing.due == {*due, *unknown}
    assert standing.awaited == {*settled, *doubt}
    few = everybody[-30:]
    assert attempts.standing(few, AT).due == {transfer for transfer in few if attempts.is_due(transfer, AT)}
    assert attempts.standing(few, AT).awaited == {transfer for transfer in few if attempts.awaits_answer(transfer)}
    assert attempts.standing(later, LATER).due == {*later}
    assert attempts.standing([], AT).due == frozenset()
