"""Deliver's own store in a PostgreSQL schema, for more than one machine: the statements of the file, on one session.

The schema is called `deliver`, belongs to deliver's own user and holds nothing of the ledger's. One
writer at a time over all machines, as in the file; what was written is on disk when it returns.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from gateway.footing.postgresql_session import open_session, session_error
from gateway.vocabulary.errors import StorageError

FROZEN_SECONDS: Final = 5
"""Whoever stands still in the middle of a transaction has lost it."""
BEGIN: Final = "begin immediate"
_SETTINGS: Final = {
    "search_path": "deliver,pg_temp",
    "lock_timeout": "30s",
    "idle_in_transaction_session_timeout": f"{FROZEN_SECONDS}s",
}
_WRITERS: Final = int.from_bytes(b"deliver", "big")


class PostgresqlStore:
    """As much of a SQLite connection as `store` uses. StorageError from every method."""

    def __init__(self, url: str) -> None:
        self._session: Any = open_session(url, _SETTINGS, what="deliver's store")

    @property
    def in_transaction(self) -> bool:
        return not self._session.closed and bool(self._session.info.transaction_status)

    def execute(self, statement: str, values: Sequence[object] = ()) -> Any:
        with _storage():
            if statement != BEGIN:
                return self._session.execute(_spelled(statement), values)
            self._session.execute("begin")
            return self._session.execute("select pg_advisory_xact_lock(%s)", (_WRITERS,))

    def executemany(self, statement: str, rows: Iterable[Sequence[object]]) -> None:
        with _storage(), self._session.cursor() as cursor:
            cursor.executemany(_spelled(statement), list(rows))

    def version(self) -> int:
        self.execute("create table if not exists version (number integer not null)")
        found = self.execute("select number from version").fetchone()
        return int(found[0]) if found else 0

    def set_version(self, number: int) -> None:
        self.execute("delete from version")
        self.execute("insert into version values (?)", (number,))

    def rollback(self) -> None:
        with _storage():
            self._session.rollback()

    def close(self) -> None:
        self._session.close()


def _spelled(statement: str) -> str:
    """Placeholders as the driver wants them; a table without what only SQLite must be told."""
    return statement.replace(" strict, without rowid", "").replace("?", "%s")


@contextmanager
def _storage() -> Iterator[None]:
    try:
        yield
    except session_error() as error:
        raise StorageError(
            "deliver's store failed", remedy="check that its PostgreSQL runs, and its schema's owner"
        ) from error
