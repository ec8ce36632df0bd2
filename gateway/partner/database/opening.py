"""A URL becomes an engine, and an engine one transaction at a time. Nothing of a row is ever in an error.

SQLite: synchronous FULL, secure delete, so that what was removed is overwritten and not only
unlinked; the file is made for us alone (0600). PostgreSQL is reached with the rights of the
account: a password belongs into ~/.pgpass, and in no URL, since URLs are shown and logged.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError

from gateway.footing import durable
from gateway.vocabulary.errors import ConfigError, StorageError

BACKENDS: Final = ("sqlite", "postgresql")
BUSY_SECONDS: Final = 30
_PRAGMAS = ("synchronous = FULL", "secure_delete = ON", "trusted_schema = OFF", "temp_store = MEMORY")


class Database:
    """One database, open."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str, *, home: Path) -> "Database":
        """The database at `url`, made if it is SQLite and not there; a relative file lies below `home`.

        Raises:
            ConfigError: no such kind of database, its driver is not installed, or a password stands in the URL.
            StorageError: its file cannot be made.
        """
        return cls(_engine(_located(url, home)))

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Committed when the block ends well; as if it had never begun when it does not. StorageError if it fails."""
        with as_storage_errors(), self._engine.begin() as connection:
            yield connection


def _located(url: str, home: Path) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise _unusable("cannot be read") from error
    if parsed.get_backend_name() not in BACKENDS:
        raise _unusable("names a kind of database that is not known here")
    if parsed.password is not None:
        raise ConfigError("the database's URL holds a password", remedy="take it out: ~/.pgpass is the place for it")
    if parsed.get_backend_name() == "sqlite":
        return _made(parsed, home)
    return parsed


def _made(url: URL, home: Path) -> URL:
    if not url.database or url.database == ":memory:":
        raise _unusable("names no file")
    path = home / url.database
    if not path.exists():
        durable.write_new(path, b"")
    return url.set(database=str(path))


def _engine(url: URL) -> Engine:
    sqlite = url.get_backend_name() == "sqlite"
    # SQLite's driver begins nothing by itself (isolation_level None): `_begin` says when and how.
    options: dict[str, Any] = {"isolation_level": None, "timeout": BUSY_SECONDS} if sqlite else {}
    try:
        engine = create_engine(url, hide_parameters=True, connect_args=options)
    except (NoSuchModuleError, ImportError) as error:
        raise ConfigError(
            "the driver of this database is not installed", remedy="install handoff-gateway[postgres]"
        ) from error
    if sqlite:
        event.listen(engine, "connect", _configure)
        event.listen(engine, "begin", _begin)
    return engine


def _configure(driver: Any, record: Any) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    for pragma in _PRAGMAS:
        driver.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def as_storage_errors() -> Iterator[None]:
    """SQLAlchemy's errors become StorageError; their text could quote a row, so it is chained and never shown."""
    try:
        yield
    except SQLAlchemyError as error:
        raise StorageError(
            f"the partner's database could not be read or written ({_named(error)})",
            remedy="check that it runs, that this account may write in it, and that its disk has room",
        ) from error


def _named(error: SQLAlchemyError) -> str:
    """SQLite's or PostgreSQL's name for it, which holds no value."""
    cause = getattr(error, "orig", None)
    return getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or type(error).__name__


def _unusable(why: str) -> ConfigError:
    return ConfigError(
        f"the database's URL {why}", remedy="sqlite:///FILE, or postgresql:///NAME for one on this machine"
    )
