"""What deliver remembers is moved from its file into PostgreSQL: whole, once, and into an empty schema alone."""

import pytest

from gateway.deliver import store_moving
from gateway.deliver.store import TABLES, Store
from gateway.vocabulary.errors import StorageError

COLUMNS = "select name, type from pragma_table_info(?) order by cid"


@pytest.fixture
def ends(cluster, tmp_path):
    """A file with two rows in every table, and an empty schema."""
    cluster.tell("drop schema if exists deliver cascade")
    cluster.tell("create schema deliver")
    source, target = Store(tmp_path / "store.sqlite"), Store(cluster.url())
    with source.writing():
        for table in TABLES:
            kinds = [kind for _, kind in source.db.execute(COLUMNS, (table,)).fetchall()]
            rows = [[number if kind == "INTEGER" else f"word {number}" for kind in kinds] for number in (1, 2)]
            source.db.executemany(f"insert into {table} values ({', '.join('?' * len(kinds))})", rows)  # noqa: S608
    yield source, target
    source.close()
    target.close()


def everything(store):
    return {table: sorted(map(repr, map(tuple, store.rows(f"select * from {table}")))) for table in TABLES}  # noqa: S608


def refused(source, target, match):
    before = everything(source), everything(target)
    with pytest.raises(StorageError, match=match):
        store_moving.copy(source, target)
    assert (everything(source), everything(target)) == before


def test_every_table_arrives_as_it_was_and_the_file_stays_as_it_was(ends):
    source, target = ends
    before = everything(source)
    assert all(len(rows) == 2 for rows in before.values())
    assert store_moving.copy(source, target) == 2 * len(TABLES)
    assert everything(source) == everything(target) == before


def test_no_table_of_the_store_is_forgotten(ends):
    source, _ = ends
    assert {name for (name,) in source.rows("select name from sqlite_schema where type = 'table'")} == set(TABLES)


@pytest.mark.parametrize("table", ["transfer", "disposal"])
def test_a_schema_in_which_deliver_remembers_something_is_refused(ends, table):
    source, target = ends
    (row, _) = source.rows(f"select * from {table}")  # noqa: S608
    target.write(f"insert into {table} values ({', '.join('?' * len(row))})", row)  # noqa: S608
    refused(source, target, "deliver has a store there already")


@pytest.mark.parametrize("action", ["return null", "new.due := 'x'; return new"])
def test_a_row_that_does_not_arrive_as_it_was_ends_it_and_nothing_was_moved(ends, cluster, action):
    source, target = ends
    cluster.tell(
        f"create function deliver.spoil() returns trigger language plpgsql as $$ begin {action}; end $$;"
        "create trigger spoil before insert on deliver.disposal for each row execute function deliver.spoil()"
    )
    refused(source, target, "the table disposal did not arrive as it was")
