"""What is due goes, and it is told of which parcels nothing is left. One transaction.

A row goes on the day that its retention instruction names; one whose instruction names none,
when its parcel was made before the day that a person gives. What later parcels have restated
stands with them: of the earlier ones nothing is left.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select

from gateway.partner.database import tables
from gateway.partner.database.opening import Database
from gateway.partner.database.tables import DUE, PARCEL, TRANSFER
from gateway.vocabulary.transfer import TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptied:
    """How many rows went, and all parcels, these and earlier ones, of which none is left."""

    rows: int
    transfers: tuple[TransferId, ...]


def dispose(database: Database, *, today: date, before: date | None) -> Emptied:
    with database.writing() as connection:
        tables.create_common(connection)
        loaded = [(TransferId(row.transfer), row.route) for row in connection.execute(select(PARCEL))]
        routes = {route: tables.existing(connection, route) for _, route in loaded}
        rows = sum(_delete_due(connection, table, today, before) for table in routes.values() if table is not None)
        left = {held for table in routes.values() if table is not None for held in _held(connection, table)}
        return Emptied(rows=rows, transfers=tuple(transfer for transfer, _ in loaded if transfer not in left))


def _delete_due(connection: Connection, table: Table, today: date, before: date | None) -> int:
    return connection.execute(delete(table).where(_is_due(table, today, before))).rowcount


def _is_due(table: Table, today: date, before: date | None) -> ColumnElement[bool]:
    named = table.c[DUE] <= today
    if before is None:
        return named
    older = select(PARCEL.c.transfer).where(PARCEL.c.created < before)
    return or_(named, and_(table.c[DUE].is_(None), table.c[TRANSFER].in_(older)))


def _held(connection: Connection, table: Table) -> set[str]:
    return set(connection.scalars(select(table.c[TRANSFER]).distinct()))
