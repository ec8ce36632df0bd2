"""Every row of one ledger into another that is empty, in one transaction, and compared there row by row before it ends.

Numbers and identifiers stay as they are: rows refer to each other by them. A sequence that numbers rows by
itself is drawn up to the last of them, one by one, since the service may draw from it and not set it.
"""

from collections.abc import Iterator
from itertools import islice, zip_longest
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, text

from gateway.footing.ledger import postgresql
from gateway.footing.ledger.schema import ledger, register_version
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary.errors import StorageError

BATCH = 2_000
_SEQUENCE = text("select pg_get_serial_sequence(:table, :column)")
_DRAWN = text("select max(nextval(cast(:sequence as regclass))) from generate_series(1, :count)")


def copy(source: Transaction, target: Transaction) -> int:
    """How many rows there are. Memory stays flat.

    Raises:
        StorageError: the target is not empty, or does not hold afterwards what the source does; nothing was written.
    """
    _refuse_occupied(target)
    target.execute(delete(register_version))  # a new ledger begins with its one row
    for table in ledger.sorted_tables:
        rows = _rows(source, table)
        while batch := [row._asdict() for row in islice(rows, BATCH)]:
            target.execute(insert(table), batch)
        _draw_sequence(target, table)
    return sum(_compared(source, target, table) for table in ledger.sorted_tables)


def _refuse_occupied(target: Transaction) -> None:
    for table in ledger.sorted_tables:
        if table is not register_version and target.execute(select(table).limit(1)).first() is not None:
            raise StorageError(
                "there is a ledger in that database already", remedy="make an empty one; nothing was moved"
            )


def _compared(source: Transaction, target: Transaction, table: Table) -> int:
    count = 0
    for one, other in zip_longest(_rows(source, table), _rows(target, table)):
        if one is None or other is None or tuple(one) != tuple(other):
            raise StorageError(
                f"the table {table.name} did not arrive as it was", remedy="use the old ledger; nothing was moved"
            )
        count += 1
    return count


def _rows(tx: Transaction, table: Table) -> Iterator[Any]:
    order = list(table.primary_key) or list(table.columns)
    return iter(tx.execute(select(table).order_by(*order), execution_options={"yield_per": BATCH}))


def _draw_sequence(target: Transaction, table: Table) -> None:
    column = table.autoincrement_column
    if column is None or target.dialect.name != "postgresql":
        return
    last = target.execute(select(func.max(column))).scalar()
    sequence = target.execute(_SEQUENCE, {"table": f"{postgresql.SCHEMA}.{table.name}", "column": column.name}).scalar()
    if last and sequence:
        target.execute(_DRAWN, {"sequence": sequence, "count": last})
