"""What each transfer is about. Where it stands is told by its receipts, never here."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, exists, insert, not_, select, tuple_, update

from gateway.footing.ledger.prepared import Prepared
from gateway.footing.ledger.schema import kept_transfer, standing, transfer
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


_STATEMENTS = Prepared(
    select(transfer.c.id, transfer.c.statement_digest)
    .join(standing, standing.c.transfer == transfer.c.id)
    .where(transfer.c.route == bindparam("on_route"), standing.c.stage == bindparam("listed_as"))
)
_BEHIND_ALL = {"above": 1 << 62, "beside": ""}
_PAGE = 32
_NUMBERED = (
    select(transfer.c.id, transfer.c.sequence)
    .where(
        transfer.c.route == bindparam("on_route"),
        transfer.c.partner == bindparam("to_partner"),
        tuple_(transfer.c.sequence, transfer.c.id) < tuple_(bindparam("above"), bindparam("beside")),
    )
    .order_by(transfer.c.sequence.desc(), transfer.c.id.desc())
    .limit(_PAGE)
)
_IN_ORDER = Prepared(_NUMBERED)
_IN_ORDER_IN_SCOPE = Prepared(_NUMBERED.where(transfer.c.scope == bindparam("in_scope")))


def insert_transfer(tx: Transaction, row: TransferRow) -> None:
    """StorageError if the identifier or the statement already has a transfer: a statement is used once."""
    tx.execute(insert(transfer), {name: getattr(row, name) for name in TransferRow.__slots__})


def get(tx: Transaction, wanted: TransferId) -> TransferRow | None:
    return _one(tx, _BY_ID, wanted=wanted)


def of_statement(tx: Transaction, statement_digest: str) -> TransferRow | None:
    return _one(tx, _BY_STATEMENT, wanted=statement_digest)


def statements(tx: Transaction, route: str, stage: str) -> Iterator[tuple[TransferId, str | None]]:
    """(transfer, its statement's digest) of all of this route that are listed in this stage; see `leaves.standing_in`."""
    found = _STATEMENTS.streamed(tx, on_route=route, listed_as=stage)
    return ((TransferId(id_), digest) for id_, digest in found)


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


def newest_extract(tx: Transaction, route: str) -> TransferRow | None:
    """The newest that somebody dropped a file for: removals are made by themselves."""
    query = _ROWS.where(transfer.c.route == route, transfer.c.scope != "removal").order_by(transfer.c.id.desc())
    found = tx.execute(query.limit(1)).mappings().first()
    return None if found is None else _row(found)


def aged(
    tx: Transaction, before: datetime, *, day: date, limit: int, after: TransferId | None = None
) -> list[TransferRow]:
    """First seen before then, not purged, and not put off beyond `day`; oldest first, from behind `after`.

    An identifier begins with its time: what is younger is not looked at.
    """
    youngest = TransferId.new(before, bytes)
    put_off = exists().where(kept_transfer.c.transfer == transfer.c.id, kept_transfer.c.until >= day)
    query = _ROWS.join(standing, standing.c.transfer == transfer.c.id).where(transfer.c.id < youngest, not_(put_off))
    if after is not None:
        query = query.where(transfer.c.id > after)
    return [_row(found) for found in tx.execute(query.order_by(transfer.c.id).limit(limit)).mappings()]


def numbered(tx: Transaction, route: str, partner: str, *, scope: str = "") -> Iterator[tuple[TransferId, int]]:
    """Transfers of this route and partner that have a sequence number, the highest first; of one scope, if it is given.

    Read as far as they are taken: most askers want a few of thousands.
    """
    query, page = (_IN_ORDER_IN_SCOPE if scope else _IN_ORDER), _BEHIND_ALL
    of = {"on_route": route, "to_partner": partner} | ({"in_scope": scope} if scope else {})
    while found := list(query.rows(tx, **of, **page)):
        yield from ((TransferId(id_), number) for id_, number in found)
        if len(found) < _PAGE:
            return
        page = {"above": found[-1][1], "beside": found[-1][0]}


def routes_with_parcels(tx: Transaction) -> frozenset[str]:
    """Routes on which anything was ever sealed."""
    query = select(transfer.c.route).where(transfer.c.sequence.is_not(None)).distinct()
    return frozenset(tx.execute(query).scalars())


def has_numbered(tx: Transaction, partner: str) -> bool:
    """Whether anything was ever sealed for this partner, on whatever route."""
    query = select(transfer.c.id).where(transfer.c.partner == partner, transfer.c.sequence.is_not(None)).limit(1)
    return tx.execute(query).first() is not None


def set_sequence(tx: Transaction, wanted: TransferId, number: int) -> None:
    """StorageError if there is no such transfer or it has a number already; `change_sequence` is for what never left."""
    unnumbered = update(transfer).where(transfer.c.id == wanted, transfer.c.sequence.is_(None))
    if tx.execute(unnumbered.values(sequence=number)).rowcount != 1:
        raise StorageError(f"transfer {wanted} is not in the ledger or has its sequence number already")


def change_sequence(tx: Transaction, wanted: TransferId, old: int, new: int) -> None:
    """Of a transfer that was taken back before it left. StorageError unless its number is still the old one."""
    numbered_so = update(transfer).where(transfer.c.id == wanted, transfer.c.sequence == old)
    if tx.execute(numbered_so.values(sequence=new)).rowcount != 1:
        raise StorageError(f"transfer {wanted} is not in the ledger or has another sequence number")


def _one(tx: Transaction, query: Any, **wanted: str) -> TransferRow | None:
    found = tx.execute(query, wanted).mappings().first()
    return None if found is None else _row(found)


def _row(found: Mapping[Any, Any]) -> TransferRow:
    return TransferRow(**{**found, "id": TransferId(found["id"])})
