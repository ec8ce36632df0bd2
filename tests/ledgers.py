"""An empty ledger for each test, on every kind of database there is, and a thief's hands on it.

`place` is one after the other; `@on_sqlite` and `@on_postgresql` are for what only one of them can do.
"""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from gateway.footing.ledger import Ledger, schema, sqlite_url
from tests.required import missing
from tests.simulators.postgresql import Server, server

on_sqlite = pytest.mark.parametrize("place", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("place", ["postgresql"], indirect=True)
EMPTY = "empty_ledger"
DATABASE = "of_this_test"
_EMPTYING = """
delete from ledger.decision_field; delete from ledger.hold_identifier; delete from ledger.disclosure_file;
do $$ declare name text; begin
  if (select count(*) from pg_tables where schemaname = 'ledger') <> (select {tables}) then raise 'a table is gone'; end if;
  for name in select tablename from pg_tables where schemaname = 'ledger'
    and tablename not in ('alembic_version', 'register_version')
  loop execute format('delete from ledger.%I', name); end loop;
end $$;
delete from ledger.register_version; insert into ledger.register_version values (0);
select setval(format('ledger.%I', sequencename), 1, false) from pg_sequences where schemaname = 'ledger'
""".replace("{tables}", str(len(schema.ledger.tables) + 1))
"""Nothing is left of the test before but its space."""


@dataclass(frozen=True)
class OnSqlite:
    path: Path

    @property
    def url(self) -> str:
        return sqlite_url(self.path)

    def copy(self, name: str) -> "OnSqlite":
        """As it is now: what a backup is."""
        path = self.path.with_name(name)
        with self.tampering() as db:
            db.execute("vacuum into ?", (str(path),))
        path.chmod(0o600)
        return OnSqlite(path)

    @contextmanager
    def tampering(self) -> Iterator[Any]:
        db = sqlite3.connect(self.path)
        try:
            yield db
            db.commit()
        finally:
            db.close()


class _SpokenTo:
    """PostgreSQL, told in SQLite's words."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> Any:
        spelled = re.sub(r"\bx'([0-9a-f]*)'", r"'\\x\1'::bytea", statement.replace("?", "%s"))
        return self._connection.execute(spelled, values)


@dataclass(frozen=True)
class OnPostgresql:
    server: Server
    name: str

    @property
    def url(self) -> str:
        return self.server.url(self.name)

    def copy(self, name: str) -> "OnPostgresql":
        """As it is now: what `pg_dump` writes, restored into another database."""
        copied = f"{self.name}_{name}"
        self.server.renew(copied, "template0")
        dump = self.server.run("pg_dump", "--format=custom", self.name).stdout
        self.server.run("pg_restore", "--exit-on-error", "--dbname", copied, input=dump)
        return OnPostgresql(self.server, copied)

    @contextmanager
    def tampering(self) -> Iterator[Any]:
        import psycopg

        path = "-c search_path=ledger,public"
        with psycopg.connect(
            host=str(self.server.folder), user="partner", dbname=self.name, options=path
        ) as connection:
            yield _SpokenTo(connection)


Place = OnSqlite | OnPostgresql


@pytest.fixture(scope="session")
def empty(tmp_path_factory) -> OnSqlite:
    """Made once and copied: making one costs more than most tests."""
    place = OnSqlite(tmp_path_factory.mktemp("empty") / "ledger")
    Ledger.create_or_upgrade(place.url).close()
    return place


@pytest.fixture(scope="session")
def cluster() -> Iterator[Server]:
    """One for all tests of a process, with a template of an empty ledger in it."""
    if find_spec("psycopg") is None:
        missing("psycopg is not installed")
    with server() as running:
        running.tell(f"create database {EMPTY} template template0")
        Ledger.create_or_upgrade(running.url(EMPTY)).close()
        running.tell(
            "create function public.zeroblob(count int) returns bytea language sql immutable "
            "as $$ select decode(repeat('00', count), 'hex') $$",
            EMPTY,
        )
        running.renew(DATABASE, EMPTY)
        yield running


@pytest.fixture
def file(empty, tmp_path) -> OnSqlite:
    return OnSqlite(Path(shutil.copy(empty.path, tmp_path / "ledger")))


@pytest.fixture
def database(cluster) -> OnPostgresql:
    return emptied(cluster)


def emptied(cluster: Server) -> OnPostgresql:
    """The one before, emptied: a new one costs more than most tests. A new one, where the one before lacks a table."""
    import psycopg

    place = OnPostgresql(cluster, DATABASE)
    try:
        cluster.tell(_EMPTYING, place.name)
    except psycopg.Error:
        cluster.renew(place.name, EMPTY)
    return place


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request) -> Place:
    return request.getfixturevalue("file" if request.param == "sqlite" else "database")


@pytest.fixture
def ledger(place) -> Iterator[Ledger]:
    opened = Ledger.open(place.url)
    yield opened
    opened.close()
