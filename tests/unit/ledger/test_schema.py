"""The tables of today are those that the migrations make."""

import re
import sqlite3

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from gateway.footing.ledger import schema, store


def described(path) -> dict[str, list[str]]:
    """Every table and index as its CREATE statement, whatever its spacing and the order of its constraints."""
    db = sqlite3.connect(path)
    rows = db.execute(
        "select name, sql from sqlite_master where sql is not null and name not like 'alembic%'"
    ).fetchall()
    db.close()
    return {name: sorted(re.split(r",\s*\n|\n", re.sub(r"[ \t]+", " ", sql))) for name, sql in rows}


def test_the_migrations_and_the_schema_make_the_same_tables(path, tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'today'}")
    schema.ledger.create_all(engine)
    engine.dispose()
    assert described(path) == described(tmp_path / "today")
    assert len(described(path)) > len(schema.ledger.tables)


def test_alembic_finds_no_difference_either(ledger):
    with ledger.reading() as tx:
        context = MigrationContext.configure(tx, opts={"compare_type": True})
        assert compare_metadata(context, schema.ledger) == []


def test_the_newest_migration_is_the_schema_that_this_program_asks_for():
    folder = str(store.Path(store.__file__).parent / "migrations")
    assert ScriptDirectory(folder).get_heads() == [schema.SCHEMA]
