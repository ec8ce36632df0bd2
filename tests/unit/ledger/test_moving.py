"""A ledger's file into a database: every table as it was, into an empty one alone, all of it or nothing."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from gateway.footing.ledger import Ledger, holds, moving
from gateway.footing.ledger.schema import PSEUDONYM, Day, Moment, ledger, register_version
from gateway.vocabulary.errors import StorageError
from tests.unit.ledger.rows import AT, pseudonym

TABLES = [table.name for table in ledger.sorted_tables if table is not register_version]
ROWS = 3


def a_value(column, number):
    """Something of the column's kind; the same in whatever refers to it."""
    if isinstance(column.type, Moment):
        return AT + timedelta(days=number)
    if isinstance(column.type, Day):
        return (AT + timedelta(days=number)).date()
    if column.type.python_type is bytes:
        return pseudonym(number) if column.type.length == PSEUDONYM else bytes([number]) * 32
    return column.type.python_type(number)


def fill(tx, *names):
    for table in ledger.sorted_tables:
        if table.name in (names or TABLES):
            rows = [{column.name: a_value(column, number) for column in table.columns} for number in range(1, ROWS + 1)]
            tx.execute(insert(table), rows)


def everything(tx):
    return {table.name: sorted(map(repr, tx.execute(select(table)))) for table in ledger.sorted_tables}


@contextmanager
def both(file, database):
    source, target = Ledger.open(file.url), Ledger.open(database.url)
    try:
        yield source, target
    finally:
        source.close()
        target.close()


@pytest.fixture
def ends(file, database):
    """A file with something in every table, and an empty database."""
    with both(file, database) as (source, target):
        with source.writing() as tx:
            fill(tx)
        yield source, target


def moved(source, target):
    with source.reading() as old, target.writing() as new:
        return moving.copy(old, new)


def refused(source, target, match):
    with target.reading() as tx:
        before = everything(tx)
    with pytest.raises(StorageError, match=match) as caught:
        moved(source, target)
    with target.reading() as tx:
        assert everything(tx) == before
    return caught.value


def test_every_table_arrives_as_it_was_and_the_file_stays_as_it_was(ends):
    source, target = ends
    with source.reading() as tx:
        before = everything(tx)
    assert all(len(rows) == ROWS for name, rows in before.items() if name != "register_version")
    assert moved(source, target) == ROWS * len(TABLES) + 1
    with source.reading() as old, target.reading() as new:
        assert everything(old) == everything(new) == before


def test_more_than_one_batch_arrives_and_an_empty_ledger_does(file, database, monkeypatch):
    monkeypatch.setattr(moving, "BATCH", 2)
    with both(file, database) as (source, target):
        assert moved(source, target) == 1
        with source.writing() as tx:
            fill(tx)
        assert moved(source, target) == ROWS * len(TABLES) + 1


def test_what_is_recorded_afterwards_is_numbered_behind_what_was_moved(ends):
    source, target = ends
    moved(source, target)
    with target.writing() as tx:
        number = holds.add(tx, [("upn", pseudonym(9))], at=AT, reviewer="uid-0", reason="refuge")
    assert number == ROWS + 1


@pytest.mark.parametrize("name", ["leaf", "cosignature", "hold_identifier", "last_contact", "alert"])
def test_a_target_with_a_row_in_any_table_is_refused_and_left_as_it_was(ends, name):
    source, target = ends
    parents = {key.column.table.name for key in ledger.tables[name].foreign_keys}
    with target.writing() as tx:
        fill(tx, name, *parents)
    error = refused(source, target, "there is a ledger in that database already")
    assert "nothing was moved" in error.remedy


@pytest.mark.parametrize("name", ["transfer", "hold", "alert"])
def test_what_the_server_does_not_take_leaves_the_target_empty(ends, database, name):
    source, target = ends
    database.server.tell(f"alter table ledger.{name} add constraint canary check (false)", database.name)
    error = refused(source, target, "already in the ledger, or refers to")
    assert "canary" not in error.message + error.remedy
    database.server.tell(f"alter table ledger.{name} drop constraint canary", database.name)
    assert moved(source, target) > 0


SPOILT = {
    "lost": "delete from ledger.hold where id = 2; return null",
    "altered": "update ledger.hold set reason = 'x' where id = 2; return null",
    "added": "insert into ledger.nameless_subject values ('\\x0102030405060708090a0b0c') on conflict do nothing; return null",
}


@pytest.mark.parametrize("what", SPOILT)
def test_a_row_that_does_not_arrive_as_it_was_ends_it_and_nothing_was_moved(ends, database, what):
    source, target = ends
    database.server.tell(
        f"create function public.spoil() returns trigger language plpgsql as $$ begin {SPOILT[what]}; end $$;"
        "create trigger spoil after insert on ledger.kept_transfer execute function public.spoil()",
        database.name,
    )
    if what == "lost":
        database.server.tell(
            "alter table ledger.hold_identifier drop constraint hold_identifier_hold_fkey", database.name
        )
    try:
        error = refused(source, target, "did not arrive as it was")
        assert "use the old ledger" in error.remedy
    finally:
        database.server.renew(database.name, "empty_ledger")
