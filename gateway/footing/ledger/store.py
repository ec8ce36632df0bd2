"""Opens the ledger and gives out its transactions.

    writing()   one writer at a time, all or nothing, on disk when it returns
    reading()   one unchanging snapshot, however long it is read; nothing can be written in it

How each kind of database keeps these promises stands in `sqlite` and `postgresql`.

It does not upgrade by itself: `open` refuses another schema, so that an old program never
writes into a new ledger. Alembic is imported only by `create_or_upgrade`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from gateway.footing.ledger.faults import as_storage_errors
from gateway.footing.ledger.postgresql import PostgresqlSchema
from gateway.footing.ledger.schema import SCHEMA
from gateway.footing.ledger.sqlite import SqliteFile
from gateway.footing.postgresql_url import why_unfit
from gateway.vocabulary.errors import StorageError

Transaction = Connection
"""What `writing` and `reading` give: statements run in it, and it ends with its block."""

_MAKE = (
    "if there was one, restore it, or see that its disk is mounted; 'gateway doctor --upgrade' makes a new gateway's"
)
_UPGRADE = "run 'gateway doctor --upgrade', which makes or upgrades it"


class Ledger:
    """One database. Safe to share between threads: each transaction has a connection of its own."""

    def __init__(self, place: SqliteFile | PostgresqlSchema) -> None:
        self._place = place
        self._readers, self._writers = place.engines()
        self._may_write: Callable[[], object] = bool

    @classmethod
    def open(cls, url: str) -> "Ledger":
        """The ledger at `url`; StorageError if there is none, others can read it, or its schema is not ours."""
        place = _place_of(url)
        if not place.is_there():
            raise StorageError("there is no ledger yet", remedy=_MAKE)
        opened = cls(place)
        try:
            opened._refuse_other_schema()
        except BaseException:
            opened.close()
            raise
        return opened

    @classmethod
    def create_or_upgrade(cls, url: str) -> "Ledger":
        """The ledger at `url`, made if there is none, brought to this program's schema in one transaction."""
        place = _place_of(url)
        place.make_room()
        opened = cls(place)
        try:
            with opened.writing() as tx:
                place.make_schema(tx)
                _migrate(tx)
        finally:
            opened.close()
        return cls.open(url)

    def close(self) -> None:
        self._readers.dispose()

    def write_only_while(self, may_write: Callable[[], object]) -> None:
        """It raises once another machine may be at the work: asked before each commit, with the writers' lock held."""
        self._may_write = may_write

    @contextmanager
    def writing(self) -> Iterator[Transaction]:
        """Committed and on disk when the block ends well; as if it had never begun when it does not."""
        with as_storage_errors(), self._writers.begin() as connection, self._place.ending(connection):
            yield connection
            self._may_write()

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        with as_storage_errors(), self._readers.begin() as connection, self._place.ending(connection):
            yield connection

    def _refuse_other_schema(self) -> None:
        found = self._schema()
        if found != SCHEMA:
            raise StorageError(f"the ledger has schema {found or 'none'}, this program needs {SCHEMA}", remedy=_UPGRADE)

    def _schema(self) -> str:
        """The version alembic noted down; empty where it has never been."""
        with self.reading() as connection:
            if not self._place.has_versions(connection):
                return ""
            row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
            return str(row[0]) if row else ""


def _place_of(url: str) -> SqliteFile | PostgresqlSchema:
    """StorageError, which holds nothing of the URL."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StorageError("the ledger's URL cannot be read", remedy="check it in config/gateway.toml") from error
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        return SqliteFile(Path(parsed.database))
    if reason := why_unfit(url):
        raise StorageError(f"the ledger's URL {reason}", remedy="check it in config/gateway.toml")
    return PostgresqlSchema(url)


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
