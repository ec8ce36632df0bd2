"""What each transfer is about, and the numbers that partners count by."""

import dataclasses

import pytest

from gateway.footing.ledger import leaves, transfers
from gateway.footing.ledger.leaves import StandingRow
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
        assert transfers.page(tx, limit=99) == [a_row(1)]


def test_many_transfers_may_have_no_statement(tx):
    for number in (1, 2, 3):
        transfers.insert_transfer(tx, a_row(number, statement_digest=None))
    assert len(transfers.page(tx, limit=99)) == 3


def test_a_statement_leads_to_its_transfer(tx):
    transfers.insert_transfer(tx, a_row(1))
    transfers.insert_transfer(tx, a_row(2))
    assert transfers.of_statement(tx, f"{2:064x}") == a_row(2)


def test_statements_are_told_of_those_that_are_listed_on_this_route_and_in_this_stage(tx):
    for number, (route, stage) in enumerate(
        [("yss", "waiting"), ("yss", "sealed"), ("dfe", "waiting"), ("yss", "waiting")]
    ):
        transfers.insert_transfer(tx, a_row(number, route=route, statement_digest=f"{number:064x}" if number else None))
        leaves.stand(tx, StandingRow(transfer=an_id(number), stage=stage, route=route, leaf_index=number), is_new=True)
    transfers.insert_transfer(tx, a_row(9))
    assert dict(transfers.statements(tx, "yss", "waiting")) == {an_id(0): None, an_id(3): f"{3:064x}"}
    assert dict(transfers.statements(tx, "yss", "paused")) == {}


def test_an_extract_leads_to_its_transfers_on_this_route_oldest_first(tx):
    rows = [a_row(2), a_row(1), a_row(3, route="ofsted"), a_row(4, extract_digest="cd" * 32)]
    for row in rows:
        transfers.insert_transfer(tx, row)
    assert [row.id for row in transfers.of_extract(tx, "yss", "ab" * 32)] == [an_id(1), an_id(2)]


def test_transfers_are_listed_newest_first_and_each_filter_narrows(tx):
    rows = [a_row(1), a_row(2, route="ofsted", partner="ofsted"), a_row(3, partner="ofsted"), a_row(4)]
    for row in rows:
        transfers.insert_transfer(tx, row)
    assert transfers.page(tx, limit=99) == rows[::-1]
    assert transfers.page(tx, limit=99, route="yss") == [rows[3], rows[2], rows[0]]
    assert transfers.page(tx, limit=99, partner="ofsted") == [rows[2], rows[1]]
    assert transfers.page(tx, limit=99, since=rows[2].created) == [rows[3], rows[2]]
    assert transfers.page(tx, limit=99, route="yss", partner="ofsted", since=AT) == [rows[2]]
    assert transfers.page(tx, limit=99, route="dfe") == []


def test_numbers_are_told_highest_first_for_each_partner_and_route(tx):
    asked = [("yss", "a", 1), ("yss", "a", 2), ("yss", "b", 9), ("dfe", "a", 8), ("yss", "a", 2), ("yss", "a", None)]
    for number, (route, partner, sequence) in enumerate(asked, start=1):
        transfers.insert_transfer(tx, a_row(number, route=route, partner=partner))
        if sequence is not None:
            transfers.set_sequence(tx, an_id(number), sequence)
    assert list(transfers.numbered(tx, "yss", "a")) == [(an_id(5), 2), (an_id(2), 2), (an_id(1), 1)]
    assert list(transfers.numbered(tx, "ofsted", "a")) == []


def test_many_that_have_a_number_are_read_page_by_page_and_none_is_left_out_or_told_twice(tx):
    made = [(an_id(number), number // 3) for number in range(100)]  # so that three with one number lie across pages
    for number, (transfer, sequence) in enumerate(made):
        transfers.insert_transfer(tx, a_row(number, route="yss", partner="a", scope="full"))
        transfers.set_sequence(tx, transfer, sequence)
    assert list(transfers.numbered(tx, "yss", "a", scope="full")) == [
        (transfer, sequence) for transfer, sequence in sorted(made, key=lambda one: (one[1], one[0]), reverse=True)
    ]
    assert list(transfers.numbered(tx, "yss", "a", scope="removal")) == []


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


def test_a_number_that_was_never_spent_is_changed_and_only_from_what_it_is(tx):
    transfers.insert_transfer(tx, a_row(1))
    with pytest.raises(StorageError, match="another sequence number"):
        transfers.change_sequence(tx, an_id(1), 7, 6)
    transfers.set_sequence(tx, an_id(1), 7)
    transfers.change_sequence(tx, an_id(1), 7, 6)
    assert transfers.get(tx, an_id(1)).sequence == 6
    for wanted, old in ((an_id(1), 7), (an_id(2), 6)):
        with pytest.raises(StorageError, match="another sequence number"):
            transfers.change_sequence(tx, wanted, old, 5)
    assert transfers.get(tx, an_id(1)).sequence == 6
