"""What each transfer is about. Where it stands is told by its receipts, never here."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from gateway.footing.ledger.schema import standing, transfer
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRow:
    """`extract_digest` is keyed, since a plain one of personal data could be guessed; both are hex."""

    id: TransferId
    route: str
    partner: str
    scope: str
    extract_digest: str
    statement_digest: str | None
    created: datetime
    sequence: int | None = None


_COLUMNS = tuple(transfer.c[name] for name in TransferRow.__slots__)
_ROWS = select(*_COLUMNS)
_BY_ID = _ROWS.where(transfer.c.id == bindparam("wanted"))
_BY_STATEMENT = _ROWS.where(transfer.c.statement_digest == bindparam("wanted"))
_BY_EXTRACT = _ROWS.where(
    transfer.c.extract_digest == bindparam("wanted"), transfer.c.route == bindparam("on_route")
).order_by(transfer.c.id)


_NUMBERED = (
    select(transfer.c.id, transfer.c.sequence)
    .where(
        transfer.c.route == bindparam("on_route"),
        transfer.c.partner == bindparam("to_partner"),
        transfer.c.sequence.is_not(None),
    )
    .order_by(transfer.c.sequence.desc(), transfer.c.id.desc())
)


def insert_transfer(tx: Transaction, row: TransferRow) -> None:
    """StorageError if the identifier or the statement already has a transfer: a statement is used once."""
    tx.execute(insert(transfer), {name: getattr(row, name) for name in TransferRow.__slots__})


def get(tx: Transaction, wanted: TransferId) -> TransferRow | None:
    return _one(tx, _BY_ID, wanted=wanted)


def of_statement(tx: Transaction, statement_digest: str) -> TransferRow | None:
    return _one(tx, _BY_STATEMENT, wanted=statement_digest)


def of_extract(tx: Transaction, route: str, extract_digest: str) -> list[TransferRow]:
    """Every transfer of this very extract on this route, oldest first."""
    return [_row(found) for found in tx.execute(_BY_EXTRACT, {"wanted": extract_digest, "on_route": route}).mappings()]


def page(
    tx: Transaction,
    *,
    limit: int,
    before: TransferId | None = None,
    route: str | None = None,
    partner: str | None = None,
    stages: Collection[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[TransferRow]:
    """Newest first, from behind `before`; each filter narrows. `stages` as they are listed: see `leaves.standing_in`."""
    query = _ROWS.order_by(transfer.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(transfer.c.id < before)
    if stages:
        query = query.join(standing, standing.c.transfer == transfer.c.id).where(standing.c.stage.in_(sorted(stages)))
    for column, wanted in ((transfer.c.route, route), (transfer.c.partner, partner)):
        if wanted is not None:
            query = query.where(column == wanted)
    if since is not None:
        query = query.where(transfer.c.created >= since)
    if until is not None:
        query = query.where(transfer.c.created < until)
    return [_row(found) for found in tx.execute(query).mappings()]


def aged(tx: Transaction, before: datetime, *, limit: int) -> list[TransferRow]:
    """Those that were first seen before then and are not purged, oldest first, from the list of stages."""
    query = _ROWS.join(standing, standing.c.transfer == transfer.c.id).where(transfer.c.created < before)
    return [_row(found) for found in tx.execute(query.order_by(transfer.c.id).limit(limit)).mappings()]


def numbered(tx: Transaction, route: str, partner: str) -> Iterator[tuple[TransferId, int]]:
    """Transfers of this route and partner that have a sequence number, the highest first."""
    found = tx.execute(_NUMBERED, {"on_route": route, "to_partner": partner})
    return ((TransferId(id_), number) for id_, number in found)


def set_sequence(tx: Transaction, wanted: TransferId, number: int) -> None:
    """StorageError if there is no such transfer or it has a number already: a number given is never taken back."""
    unnumbered = update(transfer).where(transfer.c.id == wanted, transfer.c.sequence.is_(None))
    if tx.execute(unnumbered.values(sequence=number)).rowcount != 1:
        raise StorageError(f"transfer {wanted} is not in the ledger or has its sequence number already")


def _one(tx: Transaction, query: Any, **wanted: str) -> TransferRow | None:
    found = tx.execute(query, wanted).mappings().first()
    return None if found is None else _row(found)


def _row(found: Mapping[Any, Any]) -> TransferRow:
    return TransferRow(**{**found, "id": TransferId(found["id"])})
