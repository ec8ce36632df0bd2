"""Deliver's own store: one SQLite file, WAL and synchronous FULL, so that what returns has happened.

For more than one machine it is a PostgreSQL schema by its URL (`store_postgresql`), with the same statements.

Who remembers what stands in `attempts`, `breakers` and `profiles`; here is only the file and
its versions. It holds identifiers, times, error slugs and the addresses that alerts go to; never the ledger's facts, never
anything of a child.
"""

import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from gateway.deliver.store_postgresql import BEGIN, PostgresqlStore
from gateway.vocabulary.errors import StorageError

_VERSIONS: Final[tuple[str, ...]] = (
    """
create table transfer (id text primary key, state text not null, due text not null) strict, without rowid;
create table attempt (transfer text not null, number integer not null, intent integer not null default 0,
                      error text, at text, primary key (transfer, number)) strict, without rowid;
create table told (transfer text not null, digest text not null, primary key (transfer, digest)) strict, without rowid
""",
    """
alter table attempt add column content text not null default '';
create table breaker (partner text primary key, failures integer not null, until text not null,
                      stopped text not null) strict, without rowid;
create table profile (partner text primary key, at text not null, facts text not null) strict, without rowid
""",
    """
create table alert (id text not null, channel text not null, batch text not null, sent integer not null default 0,
                    primary key (id, channel)) strict, without rowid;
create table alert_told (id text not null, outcome text not null, primary key (id, outcome)) strict, without rowid;
create table alert_channel (channel text primary key, failures integer not null, due text not null,
                            error text not null) strict, without rowid
""",
    """
create table disposal (transfer text primary key, route text not null, partner text not null,
                       until text not null, due text not null) strict, without rowid
""",
)
"""Statements by version: a store that is older gets those that it lacks."""
TABLES: Final = tuple(re.findall(r"create table (\w+)", "".join(_VERSIONS)))


class Store:
    """The file, or the schema, open: for the threads of all lanes, one at a time. StorageError if it fails."""

    def __init__(self, place: Path | str) -> None:
        self.db = _opened_file(place) if isinstance(place, Path) else PostgresqlStore(place)
        self.alone = threading.RLock()
        """Held by whoever reads and writes in several steps."""
        try:
            with _storage():
                self._prepare()
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        self.db.close()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.alone, _storage():
            return self.db.execute(statement, values).fetchall()

    def write(self, statement: str, values: Sequence[object]) -> None:
        """One statement, durable when this returns."""
        with self.writing():
            self.db.execute(statement, values)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it is durable when the block has ended, or nothing is."""
        with self.alone:
            with _storage():
                self.db.execute(BEGIN)
            try:
                with _storage():
                    yield
                    self.db.execute("commit")
            except BaseException:
                if self.db.in_transaction:
                    self.db.rollback()
                raise

    def _prepare(self) -> None:
        if isinstance(self.db, sqlite3.Connection):
            self.db.execute("pragma journal_mode = wal")
            self.db.execute("pragma synchronous = full")
        with self.writing():
            version = _version(self.db)
            if not 0 <= version <= len(_VERSIONS):
                raise StorageError("deliver's store was written by another version of the gateway")
            for statements in _VERSIONS[version:]:
                for statement in statements.split(";"):
                    self.db.execute(statement)
            _set_version(self.db, len(_VERSIONS))


def _opened_file(path: Path) -> sqlite3.Connection:
    with _storage():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        return sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)


def _version(db: sqlite3.Connection | PostgresqlStore) -> int:
    if isinstance(db, PostgresqlStore):
        return db.version()
    return int(db.execute("pragma user_version").fetchone()[0])


def _set_version(db: sqlite3.Connection | PostgresqlStore, number: int) -> None:
    if isinstance(db, PostgresqlStore):
        db.set_version(number)
    else:
        db.execute(f"pragma user_version = {number}")


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StorageError("deliver's store failed", remedy="check the disk's space, rights and health") from error
