"""The tables in the partner's database: one of all parcels, and one a route that grows with what is released.

    handoff_parcel    what was loaded: transfer, route, sequence, scope, rows, agreement, retention, created, due
    route_NAME        a row a child: Reference, the columns of the route's file, all text, and three of ours:
                      handoff_transfer, handoff_retention, handoff_due

In NAME a hyphen is an underscore and a full stop two, so that no two routes share a table. A
column that a later file has no more stays, empty; SQL has one spelling of a name, ours the first.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, Connection, Date, Integer, MetaData, Table, Text, inspect

from gateway.partner.database.records import OURS, REFERENCE
from gateway.seal.rejections import CONTENT_UNUSABLE, rejected

LONGEST_ROUTE: Final = 50
"""PostgreSQL's names end at 63 bytes."""
MOST_COLUMNS: Final = 500
_METADATA = MetaData()
PARCEL: Final = Table(
    "handoff_parcel", _METADATA,
    Column("transfer", Text, primary_key=True), Column("route", Text, nullable=False),
    Column("sequence", Integer, nullable=False), Column("scope", Text, nullable=False),
    Column("rows", Integer, nullable=False), Column("agreement", Text, nullable=False),
    Column("retention", Text, nullable=False), Column("created", Date, nullable=False), Column("due", Date),
)  # fmt: skip
TRANSFER, RETENTION, DUE = f"{OURS}transfer", f"{OURS}retention", f"{OURS}due"


def create_common(connection: Connection) -> None:
    _METADATA.create_all(connection)


def existing(connection: Connection, route: str) -> Table | None:
    """The table of a route as it stands; None if nothing was ever loaded on it."""
    name = _name(route)
    inspector = inspect(connection)
    if not inspector.has_table(name):
        return None
    ours = (REFERENCE, TRANSFER, RETENTION, DUE)
    return _table(name, [str(column["name"]) for column in inspector.get_columns(name) if column["name"] not in ours])


def grown(connection: Connection, route: str, header: Sequence[str]) -> Table:
    """The table of a route, made or widened so that it has a column for each of `header`."""
    table = existing(connection, route)
    names = [name for name in header if name.casefold() != REFERENCE.casefold()]
    if table is None:
        table = _table(_name(route), names)
        table.create(connection)
        return table
    there = {column.name.casefold() for column in table.columns}
    added = [name for name in names if name.casefold() not in there]
    if len(table.columns) + len(added) > MOST_COLUMNS:
        raise rejected(CONTENT_UNUSABLE)
    for name in added:
        _add_column(connection, table, name)
    return _table(table.name, [*released(table), *added])


def columns_for(table: Table, header: Sequence[str]) -> list[str]:
    """The table's own spelling of each name in `header`."""
    own = {column.name.casefold(): column.name for column in table.columns}
    return [own[name.casefold()] for name in header]


def released(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.name not in (REFERENCE, TRANSFER, RETENTION, DUE)]


def _table(name: str, columns: Sequence[str]) -> Table:
    own: list[Column[Any]] = [
        Column(REFERENCE, Text, primary_key=True), Column(TRANSFER, Text, nullable=False, index=True),
        Column(RETENTION, Text, nullable=False), Column(DUE, Date),
    ]  # fmt: skip
    return Table(name, MetaData(), *own, *(Column(column, Text) for column in columns))


def _name(route: str) -> str:
    if len(route) > LONGEST_ROUTE:
        raise rejected(CONTENT_UNUSABLE)
    return "route_" + route.replace("-", "_").replace(".", "__")


def _add_column(connection: Connection, table: Table, name: str) -> None:
    quoted = connection.dialect.identifier_preparer
    connection.exec_driver_sql(f"ALTER TABLE {quoted.format_table(table)} ADD COLUMN {quoted.quote(name)} TEXT")
