"""What the database says becomes what happened and what to do; its own words are never shown."""

import sqlite3

import pytest
from sqlalchemy import create_engine, text

from gateway.footing.ledger import transfers
from gateway.footing.ledger.faults import as_storage_errors
from gateway.vocabulary.errors import StorageError
from tests.ledgers import on_sqlite
from tests.unit.ledger.rows import a_row


def told(call) -> StorageError:
    with pytest.raises(StorageError) as caught:
        call()
    error = caught.value
    assert error.__cause__ is not None
    assert "canary" not in error.message + error.remedy
    assert "insert" not in (error.message + error.remedy).lower()
    return error


@on_sqlite
def test_a_full_disk(ledger):
    def fill() -> None:
        with ledger.writing() as tx:
            tx.exec_driver_sql("PRAGMA max_page_count = 1")
            tx.execute(text("insert into checkpoint values (1, x'', hex(zeroblob(1000000)), 'canary')"))

    error = told(fill)
    assert error.message == "the disk of the ledger is full"
    assert error.remedy


def test_a_lock_that_another_process_keeps(path):
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("begin immediate")
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})

    def write() -> None:
        with as_storage_errors(), engine.begin() as tx:
            tx.execute(text("update register_version set version = 9"))

    error = told(write)
    assert "another process kept the ledger locked" in error.message
    assert error.remedy
    engine.dispose()
    other.close()


@on_sqlite
def test_a_damaged_file(ledger, place):
    with ledger.writing() as tx:
        transfers.insert_transfer(tx, a_row(1))
    ledger.close()
    with place.path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * 8)

    def read() -> None:
        with ledger.reading() as tx:
            transfers.page(tx, limit=99)
            transfers.get(tx, a_row(1).id)

    assert "damaged" in told(read).message


def test_a_record_that_is_there_already(ledger):
    def twice() -> None:
        with ledger.writing() as tx:
            transfers.insert_transfer(tx, a_row(1, partner="canary"))
            transfers.insert_transfer(tx, a_row(1, partner="canary"))

    assert "already in the ledger" in told(twice).message


def test_anything_else_still_says_what_to_do(ledger):
    def nonsense() -> None:
        with ledger.writing() as tx:
            tx.execute(text("select canary from nowhere"))

    error = told(nonsense)
    assert error.message == "the ledger could not be read or written"
    assert "doctor" in error.remedy


def test_errors_of_our_own_pass_as_they_are():
    error = StorageError("ours")
    with pytest.raises(StorageError) as caught, as_storage_errors():
        raise error
    assert caught.value is error
