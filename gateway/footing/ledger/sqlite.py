"""The ledger in a SQLite file: WAL, synchronous FULL (a commit survives a power cut), secure delete.

Foreign keys, no temporary files, one writer at a time by BEGIN IMMEDIATE. The file is ours alone (0600).
"""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from gateway.footing import durable
from gateway.vocabulary.errors import StorageError

BUSY_SECONDS = 30
"""SQLite's queue is unfair: with four writers the worst wait was 1.5 s, so this is ample."""
_PRAGMAS = (
    "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON",
    "trusted_schema = OFF", "temp_store = MEMORY",
)  # fmt: skip
_WRITES = "ledger_writes"


@dataclass(frozen=True, slots=True)
class SqliteFile:
    path: Path

    def is_there(self) -> bool:
        """StorageError if others may touch it, or if this user may not look."""
        try:
            return self.path.is_file() and self._is_ours()
        except PermissionError as error:
            raise StorageError(
                "this user may not look at the ledger",
                remedy="type it as prepare's user, as in: sudo -u handoff-prepare gateway status",
            ) from error

    def make_room(self) -> None:
        if not self.path.exists():
            durable.write_new(self.path, b"")
        self._is_ours()

    def engines(self) -> tuple[Engine, Engine]:
        """For readers, and for writers."""
        # The driver begins nothing by itself (isolation_level None): `_begin` says when and how.
        options = {"isolation_level": None, "timeout": BUSY_SECONDS}
        engine = create_engine(_url(self.path), hide_parameters=True, connect_args=options)
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
        return engine, engine.execution_options(**{_WRITES: True})

    def has_versions(self, connection: Connection) -> bool:
        found = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'")
        return found.first() is not None

    def make_schema(self, connection: Connection) -> None:
        """A file needs none."""

    @contextmanager
    def ending(self, connection: Connection) -> Iterator[None]:  # noqa: ARG002 - PostgreSQL's needs it
        """What was streamed and left half read holds nothing here."""
        yield

    def _is_ours(self) -> bool:
        if stat.S_IMODE(self.path.stat().st_mode) & 0o077:
            raise StorageError(
                "others can read or write the ledger", remedy=f"chmod 600 {self.path.name}, and find out who did"
            )
        return True


def sqlite_url(path: Path) -> str:
    return _url(path).render_as_string(hide_password=False)


def _url(path: Path) -> URL:
    return URL.create("sqlite", database=str(path))


def _configure(driver: Any, record: Any) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    for pragma in _PRAGMAS:
        driver.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # IMMEDIATE: a writer that begins as a reader can lose its snapshot to another one and fail half way.
    writes = connection.get_execution_options().get(_WRITES, False)
    driver: Any = connection.connection.driver_connection  # its own words: SQLAlchemy's care costs a tenth of an append
    try:
        driver.execute("PRAGMA query_only = OFF" if writes else "PRAGMA query_only = ON")
        driver.execute("BEGIN IMMEDIATE" if writes else "BEGIN")
    except sqlite3.Error as error:
        raise DBAPIError.instance(
            None, None, error, sqlite3.Error, hide_parameters=True, dialect=connection.dialect
        ) from error
