"""A statement that is compiled once for each kind of database and then handed to its driver as it is.

For the log's few hot statements alone: an append is ten of them, and SQLAlchemy's care for each
costs more than the statement. Plain columns only: what its types would convert is not converted.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.expression import ClauseElement

from gateway.footing.ledger.store import Transaction

_FETCHED = 4_096
"""Rows in one answer of a server."""
_NUMBERS = count()


class Prepared:
    """Errors are SQLAlchemy's own, so that they are told as every other one (see `faults`)."""

    def __init__(self, statement: ClauseElement) -> None:
        self._statement = statement
        self._texts: dict[str, tuple[str, tuple[str, ...] | None, Mapping[str, Any]]] = {}

    def rows(self, tx: Transaction, **values: object) -> Iterator[tuple[Any, ...]]:
        """Taken within the transaction. Few of them: a driver may read all before it gives the first."""
        return self._given(tx, _driver(tx).cursor(), values)

    def streamed(self, tx: Transaction, **values: object) -> Iterator[tuple[Any, ...]]:
        """Taken within the transaction, however many there are: never all of them at a time."""
        return self._given(tx, _streaming_cursor(tx), values)

    def _given(self, tx: Transaction, cursor: Any, values: Mapping[str, object]) -> Iterator[tuple[Any, ...]]:
        with self._executed(tx, cursor, values):
            yield from cursor

    @contextmanager
    def _executed(self, tx: Transaction, cursor: Any, values: Mapping[str, object]) -> Iterator[None]:
        text, arguments = self._spelled(tx, values)
        try:
            cursor.execute(text, arguments)
            yield
        except _errors(tx) as error:
            raise _told(tx, error) from error
        finally:
            cursor.close()

    def batches(self, tx: Transaction, size: int, **values: object) -> Iterator[list[tuple[Any, ...]]]:
        """As `streamed`, so many at a time."""
        cursor = _streaming_cursor(tx)
        with self._executed(tx, cursor, values):
            while batch := cursor.fetchmany(size):
                yield batch

    def first(self, tx: Transaction, **values: object) -> tuple[Any, ...] | None:
        return next(self.rows(tx, **values), None)

    def run(self, tx: Transaction, values: Sequence[Mapping[str, object]]) -> None:
        """Once for each of `values`, which may be none."""
        cursor = _driver(tx).cursor()
        try:
            for one in values:
                cursor.execute(*self._spelled(tx, one))
        except _errors(tx) as error:
            raise _told(tx, error) from error
        finally:
            cursor.close()

    def _spelled(self, tx: Transaction, values: Mapping[str, object]) -> tuple[str, Any]:
        dialect = tx.dialect
        if dialect.name not in self._texts:
            compiled: Any = self._statement.compile(dialect=dialect)
            order = tuple(compiled.positiontup) if compiled.positional else None
            self._texts[dialect.name] = str(compiled), order, compiled.construct_params(_check=False)
        text, order, defaults = self._texts[dialect.name]
        given = {**defaults, **values}
        return text, given if order is None else tuple(given[name] for name in order)


def _driver(tx: Transaction) -> Any:
    return tx.connection.driver_connection


def _streaming_cursor(tx: Transaction) -> Any:
    """SQLite's every cursor reads as it is asked; of PostgreSQL's, those that the server keeps, under a name."""
    if tx.dialect.name == "sqlite":
        return _driver(tx).cursor()
    cursor = _driver(tx).cursor(f"ledger_{next(_NUMBERS)}")
    cursor.itersize = _FETCHED
    return cursor


def _errors(tx: Transaction) -> type[Exception]:
    error: type[Exception] = tx.dialect.loaded_dbapi.Error
    return error


def _told(tx: Transaction, error: Exception) -> BaseException:
    return DBAPIError.instance(None, None, error, _errors(tx), hide_parameters=True, dialect=tx.dialect)
