"""The database's errors as ours: what happened and what to do, without SQL, values or its own words."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from gateway.vocabulary.errors import StorageError

LOG_ALTERED = "stop, keep the ledger as it is, and run 'gateway receipts verify'"
"""What to do when the receipt log is not what it was when it was written."""

_SENTENCES: tuple[tuple[str, str, str], ...] = (
    ("SQLITE_FULL", "the disk of the ledger is full", "make room on it; nothing was written"),
    ("SQLITE_BUSY", "another process kept the ledger locked", "end the other process, then try again"),
    ("SQLITE_LOCKED", "another process kept the ledger locked", "end the other process, then try again"),
    ("SQLITE_CORRUPT", "the ledger is damaged", "stop, keep the file, restore the last backup"),
    ("SQLITE_NOTADB", "the file is not a ledger", "check the path in config/gateway.toml"),
    ("SQLITE_READONLY", "the ledger cannot be written", "check owner, rights and mount of its folder"),
    ("SQLITE_CANTOPEN", "the ledger cannot be opened", "check owner, rights and mount of its folder"),
    ("SQLITE_IOERR", "the disk of the ledger failed", "check the disk's health before anything else"),
)


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
    name = getattr(getattr(error, "orig", None), "sqlite_errorname", "")
    for code, sentence, remedy in _SENTENCES:
        if name.startswith(code):
            return sentence, remedy
    return "the ledger could not be read or written", "run 'gateway doctor'"
