"""One parcel into the database, in one transaction: before it or after it, never half.

    full       every row replaces what was there of its child, whole; who is absent is removed
    changes    every row replaces what was there of its child, whole; who is absent stays as they are
    removal    the columns named are emptied, or the row goes; who or what is not there is removed already

A row is all that is released of a child now: what it has no more becomes NULL, and so does a
column that the file has no more. With each row stand the transfer it came in, its retention
instruction, and the day that this names, if it names one.

Crash point. Killed before the commit, nothing happened. Killed after it and before the answer
is signed, the parcel comes again, is found in handoff_parcel, and changes nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gateway.partner.database import tables
from gateway.partner.database.opening import Database
from gateway.partner.database.records import REFERENCE, Removal, records, removals
from gateway.partner.database.tables import DUE, PARCEL, RETENTION, TRANSFER
from gateway.partner.retention import due_on
from gateway.seal.manifest import Manifest
from gateway.seal.rejections import CONTENT_UNUSABLE, rejected
from gateway.vocabulary.moment import london_day

BATCH: Final = 1000


def load(database: Database, manifest: Manifest, data: Path) -> None:
    """Load the data file of a verified parcel; once, however often it is asked for.

    Raises:
        ParcelInvalid: `content-unusable`; nothing was written.
        StorageError: the database failed; nothing was written.
    """
    with database.writing() as connection:
        tables.create_common(connection)
        if _is_loaded(connection, manifest):
            return
        if manifest.scope == "removal":
            _remove(connection, manifest.heading.route, removals(data))
        else:
            _replace(connection, manifest, data)
        connection.execute(insert(PARCEL), _parcel(manifest))


def _is_loaded(connection: Connection, manifest: Manifest) -> bool:
    transfer = manifest.heading.transfer
    return connection.execute(select(PARCEL.c.transfer).where(PARCEL.c.transfer == transfer)).first() is not None


def _parcel(manifest: Manifest) -> dict[str, Any]:
    heading = manifest.heading
    return {
        "transfer": heading.transfer, "route": heading.route, "sequence": heading.sequence, "scope": manifest.scope,
        "rows": manifest.file.rows, "agreement": manifest.agreement, "retention": manifest.retention,
        "created": london_day(heading.created), "due": due_on(manifest.retention, heading.created),
    }  # fmt: skip


def _replace(connection: Connection, manifest: Manifest, data: Path) -> None:
    header, rows = records(data)
    table = tables.grown(connection, manifest.heading.route, header)
    columns = tables.columns_for(table, header)
    statement = _upsert(connection, table)
    blank = dict.fromkeys(column.name for column in table.columns) | _terms(manifest)
    for batch in _batches(_filled(rows, columns, blank)):
        connection.execute(statement, batch)
    ours = table.c[TRANSFER] == manifest.heading.transfer
    if connection.scalar(select(func.count()).select_from(table).where(ours)) != manifest.file.rows:
        raise rejected(CONTENT_UNUSABLE)  # a reference stands twice
    if manifest.scope == "full":
        connection.execute(delete(table).where(~ours))


def _terms(manifest: Manifest) -> dict[str, Any]:
    heading, retention = manifest.heading, manifest.retention
    return {TRANSFER: heading.transfer, RETENTION: retention, DUE: due_on(retention, heading.created)}


def _filled(rows: Iterable[list[str]], columns: Sequence[str], blank: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for row in rows:
        filled = blank | {column: cell or None for column, cell in zip(columns, row, strict=True)}
        if filled[REFERENCE] is None:
            raise rejected(CONTENT_UNUSABLE)
        yield filled


def _upsert(connection: Connection, table: Table) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    replaced = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return statement.on_conflict_do_update(index_elements=[REFERENCE], set_=replaced)


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def _remove(connection: Connection, route: str, found: Sequence[Removal]) -> None:
    table = tables.existing(connection, route)
    if table is None:
        return  # nothing was ever released here that could be taken away
    key = table.c[REFERENCE] == bindparam("reference")
    for columns, references in _alike(found).items():
        whom = [{"reference": reference} for reference in references]
        if not columns:
            connection.execute(delete(table).where(key), whom)
        elif there := _there(table, columns):
            connection.execute(update(table).values(dict.fromkeys(there)).where(key), whom)


def _alike(found: Sequence[Removal]) -> dict[frozenset[str], list[str]]:
    alike: dict[frozenset[str], list[str]] = {}
    for removal in found:
        alike.setdefault(removal.columns, []).append(removal.reference)
    return alike


def _there(table: Table, columns: frozenset[str]) -> list[str]:
    """Those of `columns` that the table has: what never came is removed already, and must not keep the rest here."""
    folded = {column.casefold() for column in columns}
    return [column for column in tables.released(table) if column.casefold() in folded]
