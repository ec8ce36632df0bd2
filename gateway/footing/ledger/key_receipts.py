"""Receipts that tell which of the gateway's own keys are in force, found without reading the log.

They are about no route, so the index by route and kind leads to them at once.
"""

from sqlalchemy import bindparam, select

from gateway.footing.ledger import leaves
from gateway.footing.ledger.leaves import LeafRow
from gateway.footing.ledger.schema import leaf
from gateway.footing.ledger.store import Transaction

_OF_KIND = (
    select(leaf.c.leaf_index)
    .where(leaf.c.route.is_(None), leaf.c.kind == bindparam("wanted"))
    .order_by(leaf.c.leaf_index)
)


def listed(tx: Transaction, kind: str) -> list[LeafRow]:
    """All of one kind, oldest first."""
    indexes = tx.execute(_OF_KIND, {"wanted": kind}).scalars().all()
    return [row for index in indexes if (row := leaves.get(tx, int(index)))]
