"""What we have signed about the log, and what partners have cosigned. Added, never changed or replaced."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, func, insert, not_, or_, select

from gateway.footing.ledger.faults import LOG_ALTERED
from gateway.footing.ledger.prepared import Prepared
from gateway.footing.ledger.schema import checkpoint, cosignature
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary.errors import LogBroken

BATCH = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRow:
    """`note` is the signed text; size and root repeat it. `at` is the last receipt's, in its spelling."""

    size: int
    root: bytes
    note: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CosignatureRow:
    """`at` is when the partner says that it cosigned."""

    partner: str
    size: int
    root: bytes
    note: str
    at: datetime


_CHECKPOINTS = select(*(checkpoint.c[name] for name in CheckpointRow.__slots__))
_NEWEST = _CHECKPOINTS.order_by(checkpoint.c.size.desc()).limit(1)
_IN_ORDER = _CHECKPOINTS.order_by(checkpoint.c.size)
_ADD = Prepared(insert(checkpoint))
_END = Prepared(select(checkpoint.c.size, checkpoint.c.root).order_by(checkpoint.c.size.desc()).limit(1))

_COSIGNATURES = select(*(cosignature.c[name] for name in CosignatureRow.__slots__))
_NEWEST_SIZE = select(func.max(cosignature.c.size)).where(cosignature.c.partner == bindparam("of_partner"))
_COVERING = _CHECKPOINTS.where(checkpoint.c.size > bindparam("of_leaf")).order_by(checkpoint.c.size.desc()).limit(1)
_COSIGNED_COVERING = (
    select(cosignature.c.size, cosignature.c.root, cosignature.c.note, checkpoint.c.at)
    .join(checkpoint, and_(checkpoint.c.size == cosignature.c.size, checkpoint.c.root == cosignature.c.root))
    .where(cosignature.c.size > bindparam("of_leaf"))
    .order_by(cosignature.c.size.desc())
    .limit(1)
)
_KEPT = select(cosignature.c.size).where(
    cosignature.c.partner == bindparam("of_partner"),
    cosignature.c.size == bindparam("of_size"),
    cosignature.c.root == bindparam("with_root"),
)
_others = cosignature.alias("others")
_IS_NEWEST = cosignature.c.size == (
    select(func.max(_others.c.size)).where(_others.c.partner == cosignature.c.partner).scalar_subquery()
)
_WE_SIGNED_IT = exists().where(and_(checkpoint.c.size == cosignature.c.size, checkpoint.c.root == cosignature.c.root))
_TO_COMPARE = _COSIGNATURES.where(or_(_IS_NEWEST, not_(_WE_SIGNED_IT))).order_by(
    cosignature.c.partner, cosignature.c.size, cosignature.c.root
)


def add(tx: Transaction, row: CheckpointRow) -> None:
    """StorageError if this size has been signed already."""
    _ADD.run(tx, [{name: getattr(row, name) for name in CheckpointRow.__slots__}])


def end(tx: Transaction) -> tuple[int, bytes] | None:
    """Size and root of the newest one, unverified: to be compared with what is known to be signed."""
    found = _END.first(tx)
    return None if found is None else (found[0], found[1])


def newest(tx: Transaction) -> CheckpointRow | None:
    return next(_checkpoints(tx.execute(_NEWEST).mappings()), None)


def streamed(tx: Transaction) -> Iterator[CheckpointRow]:
    """Smallest first; take them within the transaction."""
    return _checkpoints(tx.execute(_IN_ORDER, execution_options={"yield_per": BATCH}).mappings())


def covering(tx: Transaction, index: int) -> CheckpointRow | None:
    """The newest one that covers this leaf: one of ours that a partner cosigned if there is one, with his signature."""
    for query in (_COSIGNED_COVERING, _COVERING):
        if row := next(_checkpoints(tx.execute(query, {"of_leaf": index}).mappings()), None):
            return row
    return None


def cosigned(tx: Transaction) -> list[CosignatureRow]:
    """Everything that partners cosigned, by partner and size."""
    ordered = _COSIGNATURES.order_by(cosignature.c.partner, cosignature.c.size, cosignature.c.root)
    return [CosignatureRow(**row) for row in tx.execute(ordered).mappings()]


def keep_cosignature(tx: Transaction, row: CosignatureRow) -> None:
    """Once: the same partner, size and root again changes nothing. Another root is kept beside the first."""
    wanted = {"of_partner": row.partner, "of_size": row.size, "with_root": row.root}
    if tx.execute(_KEPT, wanted).first() is None:
        tx.execute(insert(cosignature), {name: getattr(row, name) for name in CosignatureRow.__slots__})


def newest_cosigned(tx: Transaction, partner: str) -> int | None:
    """The largest size that this partner has cosigned."""
    found = tx.execute(_NEWEST_SIZE, {"of_partner": partner}).scalar()
    return None if found is None else int(found)


def cosigned_to_compare(tx: Transaction) -> list[CosignatureRow]:
    """The newest of each partner, and every one of a tree that we have no signature of our own for."""
    return [CosignatureRow(**row) for row in tx.execute(_TO_COMPARE).mappings()]


def _checkpoints(found: Iterable[Mapping[Any, Any]]) -> Iterator[CheckpointRow]:
    for row in found:
        if not isinstance(row["note"], str):
            raise LogBroken(f"the checkpoint of {row['size']} leaves is not text any more", remedy=LOG_ALTERED)
        yield CheckpointRow(**row)
