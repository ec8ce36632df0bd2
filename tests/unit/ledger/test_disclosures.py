"""Which file holds what a transfer disclosed: one a transfer, of a transfer that there is."""

import pytest

from gateway.footing.ledger import disclosures, transfers
from gateway.footing.ledger.disclosures import DisclosureFile
from gateway.vocabulary.errors import StorageError
from tests.unit.ledger.rows import a_row, an_id


def a_file(number: int = 1, **changes) -> DisclosureFile:
    values = {"transfer": an_id(number), "name": f"{an_id(number)}.parquet", "sha256": "ab" * 32, "meta": "{}"}
    return DisclosureFile(**(values | changes))


@pytest.fixture
def with_transfers(tx):
    for number in (1, 2):
        transfers.insert_transfer(tx, a_row(number))
    return tx


def test_a_file_reads_back_as_it_was_written(with_transfers):
    disclosures.insert_file(with_transfers, a_file())
    assert disclosures.get(with_transfers, an_id(1)) == a_file()
    assert disclosures.get(with_transfers, an_id(2)) is None


def test_files_are_listed_by_the_age_of_their_transfer(with_transfers):
    for number in (2, 1):
        disclosures.insert_file(with_transfers, a_file(number))
    assert disclosures.listed(with_transfers) == [a_file(1), a_file(2)]


def test_a_second_file_of_one_transfer_is_refused(ledger):
    def write() -> None:
        with ledger.writing() as tx:
            transfers.insert_transfer(tx, a_row(1))
            disclosures.insert_file(tx, a_file())
            disclosures.insert_file(tx, a_file(name="second.parquet"))

    with pytest.raises(StorageError, match="already in the ledger"):
        write()


def test_a_file_of_an_unknown_transfer_is_refused(ledger):
    def write() -> None:
        with ledger.writing() as tx:
            disclosures.insert_file(tx, a_file(9))

    with pytest.raises(StorageError, match="refers to one that is not"):
        write()


def test_of_what_was_minimised_again_the_last_file_counts(with_transfers):
    disclosures.replace_file(with_transfers, a_file())
    disclosures.replace_file(with_transfers, a_file(sha256="cd" * 32))
    assert disclosures.listed(with_transfers) == [a_file(sha256="cd" * 32)]


def test_an_expired_file_is_forgotten_and_no_other(with_transfers):
    for number in (1, 2):
        disclosures.insert_file(with_transfers, a_file(number))
    disclosures.forget(with_transfers, an_id(1))
    disclosures.forget(with_transfers, an_id(1))
    assert disclosures.listed(with_transfers) == [a_file(2)]
