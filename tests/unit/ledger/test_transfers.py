"""What each transfer is about, and the numbers that partners count by."""

import dataclasses

import pytest

from gateway.footing.ledger import transfers
from gateway.vocabulary.errors import StorageError
from tests.unit.ledger.rows import AT, a_row, an_id


def test_a_transfer_reads_back_as_it_was_written(tx):
    transfers.insert_transfer(tx, a_row(1))
    assert transfers.get(tx, an_id(1)) == a_row(1)
    assert type(transfers.get(tx, an_id(1)).id) is type(an_id(1))


def test_a_transfer_nobody_wrote_is_none(tx):
    assert transfers.get(tx, an_id(1)) is None
    assert transfers.of_statement(tx, "00" * 32) is None
    assert transfers.of_extract(tx, "yss", "ab" * 32) == []


def test_a_row_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        a_row(1).route = "dfe"


@pytest.mark.parametrize("again", [a_row(1, statement_digest="cd" * 32), a_row(2, statement_digest=f"{1:064x}")])
def test_an_identifier_and_a_statement_are_used_once(ledger, again):
    def write(row) -> None:
        with ledger.writing() as tx:
            transfers.insert_transfer(tx, row)

    write(a_row(1))
    with pytest.raises(StorageError, match="already in the ledger"):
        write(again)
    with ledger.reading() as tx:
        assert transfers.listed(tx) == [a_row(1)]


def test_many_transfers_may_have_no_statement(tx):
    for number in (1, 2, 3):
        transfers.insert_transfer(tx, a_row(number, statement_digest=None))
    assert len(transfers.listed(tx)) == 3


def test_a_statement_leads_to_its_transfer(tx):
    transfers.insert_transfer(tx, a_row(1))
    transfers.insert_transfer(tx, a_row(2))
    assert transfers.of_statement(tx, f"{2:064x}") == a_row(2)


def test_an_extract_leads_to_its_transfers_on_this_route_oldest_first(tx):
    rows = [a_row(2), a_row(1), a_row(3, route="ofsted"), a_row(4, extract_digest="cd" * 32)]
    for row in rows:
        transfers.insert_transfer(tx, row)
    assert [row.id for row in transfers.of_extract(tx, "yss", "ab" * 32)] == [an_id(1), an_id(2)]


def test_transfers_are_listed_newest_first_and_each_filter_narrows(tx):
    rows = [a_row(1), a_row(2, route="ofsted", partner="ofsted"), a_row(3, partner="ofsted"), a_row(4)]
    for row in rows:
        transfers.insert_transfer(tx, row)
    assert transfers.listed(tx) == rows[::-1]
    assert transfers.listed(tx, route="yss") == [rows[3], rows[2], rows[0]]
    assert transfers.listed(tx, partner="ofsted") == [rows[2], rows[1]]
    assert transfers.listed(tx, since=rows[2].created) == [rows[3], rows[2]]
    assert transfers.listed(tx, route="yss", partner="ofsted", since=AT) == [rows[2]]
    assert transfers.listed(tx, route="dfe") == []


def test_numbers_begin_at_one_and_leave_none_out_for_each_partner_and_route(tx):
    asked = [("yss", "a"), ("yss", "a"), ("yss", "b"), ("dfe", "a"), ("yss", "a")]
    assert [transfers.next_sequence(tx, *key) for key in asked] == [1, 2, 1, 1, 3]


def test_a_number_that_was_not_committed_was_not_taken(ledger):
    def take_and_fail() -> None:
        with ledger.writing() as tx:
            assert transfers.next_sequence(tx, "yss", "a") == 1
            raise StorageError("the parcel could not be written")

    for _ in range(2):
        with pytest.raises(StorageError, match="parcel"):
            take_and_fail()


def test_looking_at_the_next_number_takes_nothing(tx):
    assert transfers.upcoming_sequence(tx, "yss", "a") == 1
    assert transfers.upcoming_sequence(tx, "yss", "a") == transfers.next_sequence(tx, "yss", "a")
    assert transfers.upcoming_sequence(tx, "yss", "a") == 2
    assert transfers.upcoming_sequence(tx, "yss", "b") == 1


def test_a_transfer_is_numbered_once(tx):
    transfers.insert_transfer(tx, a_row(1))
    transfers.set_sequence(tx, an_id(1), 7)
    assert transfers.get(tx, an_id(1)) == a_row(1, sequence=7)
    for number in (7, 8):
        with pytest.raises(StorageError, match="has its sequence number already"):
            transfers.set_sequence(tx, an_id(1), number)
    assert transfers.get(tx, an_id(1)).sequence == 7


def test_a_transfer_that_is_not_there_is_not_numbered(tx):
    with pytest.raises(StorageError, match="is not in the ledger"):
        transfers.set_sequence(tx, an_id(1), 1)
