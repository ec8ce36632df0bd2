"""Opens the ledger and gives out its transactions.

    writing()   BEGIN IMMEDIATE … COMMIT: one writer at a time, all or nothing, on disk when it returns
    reading()   one unchanging snapshot, however long it is read; nothing can be written in it

SQLite as configured here: WAL, synchronous FULL (a commit survives a power cut), secure
delete, foreign keys, no temporary files. The file is ours alone (0600).

It does not upgrade by itself: `open` refuses another schema, so that an old program never
writes into a new ledger. Alembic is imported only by `create_or_upgrade`.
"""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from gateway.footing import durable
from gateway.footing.ledger.faults import as_storage_errors
from gateway.footing.ledger.schema import SCHEMA
from gateway.vocabulary.errors import StorageError

Transaction = Connection
"""What `writing` and `reading` give: statements run in it, and it ends with its block."""

BUSY_SECONDS = 30
"""SQLite's queue is unfair: with four writers the worst wait was 1.5 s, so this is ample."""
_PRAGMAS = (
    "journal_mode = WAL", "synchronous = FULL", "secure_delete = ON", "foreign_keys = ON",
    "trusted_schema = OFF", "temp_store = MEMORY",
)  # fmt: skip
_WRITES = "ledger_writes"
_UPGRADE = "run 'gateway doctor': it says how to make or upgrade it"


def sqlite_url(path: Path) -> str:
    return URL.create("sqlite", database=str(path)).render_as_string(hide_password=False)


class Ledger:
    """One database. Safe to share between threads: each transaction has a connection of its own."""

    def __init__(self, engine: Engine) -> None:
        self._readers = engine
        self._writers = engine.execution_options(**{_WRITES: True})

    @classmethod
    def open(cls, url: str) -> "Ledger":
        """The ledger at `url`; StorageError if there is none, others can read it, or its schema is not ours."""
        path = _file_of(url)
        if not path.is_file():
            raise StorageError("there is no ledger yet", remedy=_UPGRADE)
        _refuse_shared(path)
        opened = cls(_engine(url))
        found = opened._schema()
        if found != SCHEMA:
            opened.close()
            raise StorageError(f"the ledger has schema {found or 'none'}, this program needs {SCHEMA}", remedy=_UPGRADE)
        return opened

    @classmethod
    def create_or_upgrade(cls, url: str) -> "Ledger":
        """The ledger at `url`, made if there is none, brought to this program's schema in one transaction."""
        path = _file_of(url)
        if not path.exists():
            durable.write_new(path, b"")
        _refuse_shared(path)
        opened = cls(_engine(url))
        with opened.writing() as tx:
            _migrate(tx)
        opened.close()
        return cls.open(url)

    def close(self) -> None:
        self._readers.dispose()

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Committed and on disk when the block ends well; as if it had never begun when it does not."""
        with as_storage_errors(), self._writers.begin() as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        with as_storage_errors(), self._readers.begin() as connection:
            yield connection

    def _schema(self) -> str:
        """The version alembic noted down; empty where it has never been."""
        with as_storage_errors(), self._readers.begin() as connection:
            tables = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first()
            if tables is None:
                return ""
            row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
            return str(row[0]) if row else ""


def _engine(url: str) -> Engine:
    # The driver begins nothing by itself (isolation_level None): `_begin` says when and how.
    engine = create_engine(url, hide_parameters=True, connect_args={"isolation_level": None, "timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _configure(driver: Any, record: Any) -> None:  # noqa: ARG001 - SQLAlchemy's signature
    for pragma in _PRAGMAS:
        driver.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    # IMMEDIATE: a writer that begins as a reader can lose its snapshot to another one and fail half way.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("PRAGMA query_only = OFF" if writes else "PRAGMA query_only = ON")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _file_of(url: str) -> Path:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StorageError("the ledger's URL cannot be read", remedy="check it in config/gateway.toml") from error
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise StorageError("this ledger can be a SQLite file only", remedy="give a sqlite:///… URL with a path")
    return Path(parsed.database)


def _refuse_shared(path: Path) -> None:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise StorageError("others can read or write the ledger", remedy=f"chmod 600 {path.name}, and find out who did")


def _migrate(tx: Transaction) -> None:
    # Imported late: alembic costs a tenth of a second, and the service never needs it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["transaction"] = tx
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StorageError(
            "the ledger was made by another version of this program", remedy="install that version or a later one"
        ) from error
