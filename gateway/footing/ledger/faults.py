"""The database's errors as ours: what happened and what to do, without SQL, values or its own words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError, OperationalError, SQLAlchemyError

from gateway.vocabulary.errors import StorageError

LOG_ALTERED = "stop, keep the ledger as it is, and run 'gateway receipts verify'"
"""What to do when the receipt log is not what it was when it was written."""

_BUSY = ("another process kept the ledger locked", "end the other process, then try again")
_UNWRITABLE = ("the ledger cannot be written", "check owner, rights and mount of its folder")
_UNREADABLE = ("the ledger holds something that is no text where text belongs", LOG_ALTERED)
_AWAY = ("the ledger's database is away", "check that it runs and lets this user in; docs/OPERATING.md says how")
_SENTENCES: tuple[tuple[str, tuple[str, str]], ...] = (
    ("SQLITE_FULL", ("the disk of the ledger is full", "make room on it; nothing was written")),
    ("SQLITE_BUSY", _BUSY),
    ("SQLITE_LOCKED", _BUSY),
    ("SQLITE_CORRUPT", ("the ledger is damaged", "stop, keep the file, restore the last backup")),
    ("SQLITE_NOTADB", ("the file is not a ledger", "check the path in config/gateway.toml")),
    ("SQLITE_READONLY", _UNWRITABLE),
    ("SQLITE_CANTOPEN", ("the ledger cannot be opened", "check owner, rights and mount of its folder")),
    ("SQLITE_IOERR", ("the disk of the ledger failed", "check the disk's health before anything else")),
    ("25006", ("the ledger cannot be written", "this server or this user may only read: name the one that writes")),
    ("25P03", ("the ledger's database ended a transaction that stood still", "it is done again with the next round")),
    ("42501", ("this user may not do that in the ledger's database", "docs/OPERATING.md names the rights it needs")),
    ("53100", ("the disk of the ledger is full", "make room on it; nothing was written")),
    ("53300", ("the ledger's database has no connection left", "raise its max_connections, or end other programs")),
    ("55P03", _BUSY),
    ("57P", _AWAY),
    ("08", _AWAY),
    ("58030", ("the disk of the ledger failed", "check the disk's health before anything else")),
    ("XX00", ("the ledger is damaged", "stop, keep the database as it is, restore the last backup")),
)
"""By SQLite's name of the error, or by PostgreSQL's SQLSTATE; the first that begins alike."""


@contextmanager
def as_storage_errors() -> Iterator[None]:
    """SQLAlchemy's errors become StorageError. Their text could quote a value, so it is chained and never shown."""
    try:
        yield
    except IntegrityError as error:
        raise StorageError("a record is already in the ledger, or refers to one that is not") from error
    except SQLAlchemyError as error:
        sentence, remedy = _told(error)
        raise StorageError(sentence, remedy=remedy) from error


def _told(error: SQLAlchemyError) -> tuple[str, str]:
    cause = getattr(error, "orig", None)
    name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    for code, told in _SENTENCES:
        if name.startswith(code):
            return told
    if not name and isinstance(cause, sqlite3.Error):  # its driver's own: what stands there cannot be decoded
        return _UNREADABLE
    if not name and isinstance(error, OperationalError):  # whom the server did not let in has no SQLSTATE from libpq
        return _AWAY
    return "the ledger could not be read or written", "run 'gateway doctor'"
