"""Deliver's own store: one SQLite file, WAL and synchronous FULL, so that what returns has happened.

Who remembers what stands in `attempts`, `breakers` and `profiles`; here is only the file and
its versions. It holds identifiers, times and error slugs; never the ledger's facts, never
anything of a child.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

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
)
"""Statements by version: a store that is older gets those that it lacks."""


class Store:
    """The file, open. StorageError from every method if the disk or the file fails."""

    def __init__(self, path: Path) -> None:
        with _storage():
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
            self.db = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            with _storage():
                self._prepare()
        except BaseException:
            self.db.close()
            raise

    def close(self) -> None:
        self.db.close()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with _storage():
            return self.db.execute(statement, values).fetchall()

    def write(self, statement: str, values: Sequence[object]) -> None:
        """One statement, durable when this returns."""
        with self.writing():
            self.db.execute(statement, values)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it is durable when the block has ended, or nothing is."""
        with _storage():
            self.db.execute("begin immediate")
        try:
            with _storage():
                yield
                self.db.execute("commit")
        except BaseException:
            if self.db.in_transaction:
                self.db.rollback()
            raise

    def _prepare(self) -> None:
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = full")
        with self.writing():
            version = self.db.execute("pragma user_version").fetchone()[0]
            if not 0 <= version <= len(_VERSIONS):
                raise StorageError("deliver's store was written by another version of the gateway")
            for statements in _VERSIONS[version:]:
                for statement in statements.split(";"):
                    self.db.execute(statement)
            self.db.execute(f"pragma user_version = {len(_VERSIONS)}")


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise StorageError("deliver's store failed", remedy="check the disk's space, rights and health") from error
