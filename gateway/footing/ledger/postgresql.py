"""The ledger in a PostgreSQL database, in a schema of its own: for more than one machine.

    writing()   one writer at a time, over all machines: an advisory lock, taken before anything is read
    reading()   REPEATABLE READ, READ ONLY: one snapshot

A writer reads READ COMMITTED under that lock. A stricter level would take its snapshot before
the lock is granted, and every writer who had to wait would work on a past one and fail.

Every session begins with our settings, whatever the server's or the role's are. A frozen
writer loses its lock after `FROZEN_SECONDS`, one that is cut off after a second.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import NoSuchModuleError

from gateway.footing.postgresql_session import connecting
from gateway.vocabulary.errors import ConfigError, StorageError

SCHEMA = "ledger"
BUSY_SECONDS, FROZEN_SECONDS = 30, 5
_SETTINGS = {
    # nothing of ours is found in, or hidden by, a schema that somebody else may create in
    "search_path": f"{SCHEMA},pg_temp",
    "lock_timeout": f"{BUSY_SECONDS}s",
}
_WRITES, _STREAMS = "ledger_writes", "ledger_streams"
_WRITERS = int.from_bytes(b"handoff", "big")
"""The advisory lock of whoever writes; nobody else's in this database."""
_BEGIN = (
    f"SELECT set_config('idle_in_transaction_session_timeout', '{FROZEN_SECONDS}s', true), "
    f"pg_advisory_xact_lock({_WRITERS})"
)
_C_LIKE = ("C", "POSIX", "C.UTF-8", "C.utf8")
_UNSAFE = "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting <> 'on' ORDER BY name"
_OWNER = "SELECT pg_has_role(current_user, nspowner, 'USAGE') FROM pg_namespace WHERE nspname = current_schema()"
_SERVER = (
    "SELECT current_setting('server_version_num')::int, pg_encoding_to_char(encoding), datcollate, datctype "
    "FROM pg_database WHERE datname = current_database()"
)


@dataclass(frozen=True, slots=True)
class PostgresqlSchema:
    """`url` has been found fit (`postgresql_url`)."""

    url: str

    def is_there(self) -> bool:
        """Only the server knows: see `has_versions`."""
        return True

    def make_room(self) -> None:
        """The database is made by its administrator."""

    def engines(self) -> tuple[Engine, Engine]:
        """For readers, and for writers."""
        url = make_url(self.url).set(drivername="postgresql+psycopg")
        try:
            engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=connecting(_SETTINGS))
        except (NoSuchModuleError, ImportError) as error:
            raise ConfigError(
                "PostgreSQL's driver is not installed", remedy="install handoff-gateway[postgres]"
            ) from error
        event.listen(engine, "connect", _note_streams)
        event.listen(engine, "begin", _begin)
        return (
            engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True),
            engine.execution_options(isolation_level="READ COMMITTED", **{_WRITES: True}),
        )

    def has_versions(self, connection: Connection) -> bool:
        _refuse_unfit(connection)
        found = connection.exec_driver_sql(f"SELECT to_regclass('{SCHEMA}.alembic_version')")
        return found.scalar() is not None

    def make_schema(self, connection: Connection) -> None:
        _refuse_unfit(connection)
        # asked first: making one that is there needs the right to make one all the same
        if connection.exec_driver_sql(f"SELECT to_regnamespace('{SCHEMA}')").scalar() is None:
            connection.exec_driver_sql(f"CREATE SCHEMA {SCHEMA}")

    @contextmanager
    def ending(self, connection: Connection) -> Iterator[None]:
        """What was streamed and left half read is closed before its transaction ends: later it would end another's."""
        streams: list[Any] = connection.info[_STREAMS]  # asked now: a connection that broke does not tell
        try:
            yield
        finally:
            with suppress(connection.dialect.loaded_dbapi.Error):  # on a connection that broke they are gone
                for stream in streams:
                    stream.close()
            streams.clear()


def unsafe_settings(connection: Connection) -> tuple[str, ...]:
    """Names of the server's settings under which a commit may be lost when the power fails; none on SQLite."""
    if connection.dialect.name != "postgresql":
        return ()
    return tuple(name for (name,) in connection.exec_driver_sql(_UNSAFE))


def may_change_tables(connection: Connection) -> bool:
    """Whether this user owns the schema or is above all rights, as the service should not be; never so on SQLite."""
    return connection.dialect.name == "postgresql" and bool(connection.exec_driver_sql(_OWNER).scalar())


def _note_streams(driver: Any, record: Any) -> None:
    """Whatever cursor this session keeps on the server is known, whoever opened it."""
    streams = record.info.setdefault(_STREAMS, [])
    usual = driver.server_cursor_factory

    def noted(*arguments: Any, **options: Any) -> Any:
        streams.append(usual(*arguments, **options))
        return streams[-1]

    driver.server_cursor_factory = noted


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get(_WRITES, False):
        connection.exec_driver_sql(_BEGIN)


def _refuse_unfit(connection: Connection) -> None:
    """StorageError: too old; or text sorts by a language, as no page of ours does, and by another one after an update."""
    version, encoding, collate, ctype = connection.exec_driver_sql(_SERVER).one()
    if version < 140000:
        raise StorageError("the ledger's PostgreSQL is older than 14", remedy="use a later one")
    if encoding != "UTF8" or collate not in _C_LIKE or ctype not in _C_LIKE:
        raise StorageError(
            "the ledger's database sorts its text by a language, or is not in UTF-8",
            remedy="make it with: createdb --template=template0 --encoding=UTF8 --locale=C",
        )
