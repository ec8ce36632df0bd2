"""The receipts as they are stored: the log's leaves, and the newest rung of each transfer.

A leaf is added and never changed. Nothing is verified here: who reads a row compares body,
hash and columns himself. What order receipts may come in is not judged here either.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, delete, func, insert, select, update

from gateway.footing.ledger.faults import LOG_ALTERED
from gateway.footing.ledger.prepared import Prepared
from gateway.footing.ledger.schema import leaf, standing
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary.errors import LogBroken
from gateway.vocabulary.transfer import TransferId

BATCH = 2_000
PURGED = "purged-body"
"""What a leaf's kind is once its body is gone by schedule: no receipt bears it. Index, time and hash are left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafRow:
    """`hash` is 32 bytes over `body`; the other columns repeat the body, `at` in its spelling, to be searched by."""

    leaf_index: int
    kind: str
    transfer: TransferId | None
    route: str | None
    at: str
    body: bytes
    hash: bytes

    @property
    def is_purged(self) -> bool:
        return self.kind == PURGED


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRow:
    """The newest rung of a transfer is the leaf `leaf_index`, whose kind is `stage`."""

    transfer: TransferId
    stage: str
    route: str
    leaf_index: int


_COLUMNS = tuple(leaf.c[name] for name in LeafRow.__slots__)
_ROWS = select(*_COLUMNS)
_ADD = Prepared(insert(leaf))
_COUNT_PURGED = select(func.count()).select_from(leaf).where(leaf.c.kind == PURGED)
_COUNT = select(func.coalesce(func.max(leaf.c.leaf_index) + 1, 0))
_BY_INDEX = _ROWS.where(leaf.c.leaf_index == bindparam("wanted"))
_IN_ORDER = _ROWS.order_by(leaf.c.leaf_index)
_OF_TRANSFER = _IN_ORDER.where(leaf.c.transfer == bindparam("wanted"))
_NEWEST_OF = Prepared(_ROWS.where(leaf.c.transfer == bindparam("wanted")).order_by(leaf.c.leaf_index.desc()))
_BACKWARDS = _ROWS.order_by(leaf.c.leaf_index.desc())
_KINDS_BY_TRANSFER = (
    select(leaf.c.leaf_index, leaf.c.kind, leaf.c.transfer, leaf.c.route)
    .where(leaf.c.transfer.is_not(None))
    .order_by(leaf.c.transfer, leaf.c.leaf_index)
)
_PURGE = (
    update(leaf)
    .where(leaf.c.transfer == bindparam("of_transfer"))
    .values(kind=PURGED, transfer=None, route=None, body=b"")
)
_STANDINGS = select(*(standing.c[name] for name in StandingRow.__slots__)).order_by(standing.c.transfer)
_STAND = Prepared(insert(standing))
_MOVE = Prepared(
    update(standing)
    .where(standing.c.transfer == bindparam("of_transfer"))
    .values(stage=bindparam("to_stage"), route=bindparam("on_route"), leaf_index=bindparam("by_leaf"))
)


def add(tx: Transaction, rows: Iterable[LeafRow]) -> None:
    """StorageError if a leaf of that index is there already."""
    _ADD.run(tx, [{name: getattr(row, name) for name in LeafRow.__slots__} for row in rows])


def count(tx: Transaction) -> int:
    """One more than the highest index; leaves that are missing below it are found by verifying, not here."""
    return int(tx.execute(_COUNT).scalar_one())


def get(tx: Transaction, index: int) -> LeafRow | None:
    return next(iter(_listed(tx, _BY_INDEX, wanted=index)), None)


def streamed(tx: Transaction) -> Iterator[LeafRow]:
    """All of them in order; take them within the transaction."""
    return map(_row, tx.execute(_IN_ORDER, execution_options={"yield_per": BATCH}).mappings())


def between(tx: Transaction, first: str, end: str) -> Iterator[LeafRow]:
    """Those from the moment `first` to before `end`, as they are spelled; times never run back, so it is a range."""
    low, high = _first_not_before(tx, first), _first_not_before(tx, end)
    query = _IN_ORDER.where(leaf.c.leaf_index >= low, leaf.c.leaf_index < high)
    return map(_row, tx.execute(query, execution_options={"yield_per": BATCH}).mappings())


def _first_not_before(tx: Transaction, at: str) -> int:
    return bisect_left(range(count(tx)), at, key=lambda index: row.at if (row := get(tx, index)) else "")


def of_transfer(tx: Transaction, transfer: TransferId) -> list[LeafRow]:
    """Oldest first."""
    return _listed(tx, _OF_TRANSFER, wanted=transfer)


def backwards(tx: Transaction, transfer: TransferId) -> Iterator[LeafRow]:
    """Of one transfer, newest first, read as far as they are taken."""
    for values in _NEWEST_OF.rows(tx, wanted=transfer):
        yield _row(dict(zip(LeafRow.__slots__, values, strict=True)))


def newest(
    tx: Transaction,
    *,
    kinds: Collection[str] = (),
    route: str | None = None,
    limit: int | None = None,
) -> list[LeafRow]:
    """Newest first; each filter narrows, and no kinds are all kinds."""
    query = _BACKWARDS.where(leaf.c.kind != PURGED).limit(limit)
    if route is not None:
        query = query.where(leaf.c.route == route)
    if kinds:
        query = query.where(leaf.c.kind.in_(sorted(kinds)))
    return _listed(tx, query)


def of_transfers(tx: Transaction) -> Iterator[tuple[int, str, TransferId, str | None]]:
    """(index, kind, transfer, route) of every leaf about a transfer: by transfer, then in order."""
    for index, kind, transfer, route in tx.execute(_KINDS_BY_TRANSFER, execution_options={"yield_per": BATCH}):
        yield index, kind, TransferId(transfer), route


def stand(tx: Transaction, row: StandingRow, *, is_new: bool) -> None:
    if is_new:
        _STAND.run(tx, [{name: getattr(row, name) for name in StandingRow.__slots__}])
    else:
        moved = {"to_stage": row.stage, "on_route": row.route, "by_leaf": row.leaf_index}
        _MOVE.run(tx, [{"of_transfer": row.transfer, **moved}])


def purge(tx: Transaction, transfer: TransferId) -> None:
    """Bodies and columns of a transfer's leaves are gone, their hashes stay."""
    tx.execute(delete(standing).where(standing.c.transfer == transfer))
    tx.execute(_PURGE, {"of_transfer": transfer})


def count_purged(tx: Transaction) -> int:
    return int(tx.execute(_COUNT_PURGED).scalar_one())


def standings(tx: Transaction) -> Iterator[StandingRow]:
    """By transfer; take them within the transaction."""
    for row in tx.execute(_STANDINGS, execution_options={"yield_per": BATCH}).mappings():
        yield StandingRow(**{**row, "transfer": TransferId(row["transfer"])})


def standing_in(
    tx: Transaction, stages: Collection[str], *, rungs: Collection[str], route: str | None = None
) -> list[tuple[TransferId, str, str | None]]:
    """(transfer, stage, kind of its newest leaf among `rungs`), oldest transfer first: the last two should be one."""
    query = _standing_in(tuple(sorted(stages)), tuple(sorted(rungs)), by_route=route is not None)
    found = tx.execute(query, {"on_route": route} if route is not None else {})
    return [(TransferId(transfer), stage, kind) for transfer, stage, kind in found]


@lru_cache(maxsize=64)
def _standing_in(stages: tuple[str, ...], rungs: tuple[str, ...], *, by_route: bool) -> Select[Any]:
    """A round asks the same dozen questions, and most of what one costs is to put it together."""
    newest_rung = (
        select(leaf.c.kind)
        .where(and_(leaf.c.transfer == standing.c.transfer, leaf.c.kind.in_(rungs)))
        .order_by(leaf.c.leaf_index.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = select(standing.c.transfer, standing.c.stage, newest_rung).order_by(standing.c.transfer)
    query = query.where(standing.c.stage.in_(stages))
    return query.where(standing.c.route == bindparam("on_route")) if by_route else query


def _listed(tx: Transaction, query: Any, **wanted: object) -> list[LeafRow]:
    return [_row(found) for found in tx.execute(query, wanted).mappings()]


def _row(found: Mapping[Any, Any]) -> LeafRow:
    transfer = found["transfer"]
    if not (isinstance(found["body"], bytes) and isinstance(found["hash"], bytes)):
        # SQLite lets whoever writes the file put text where bytes belong.
        raise LogBroken(f"leaf {found['leaf_index']} of the log is not bytes any more", remedy=LOG_ALTERED)
    return LeafRow(**{**found, "transfer": None if transfer is None else TransferId(transfer)})
