"""The log's tree as it is stored: complete subtrees above the leaves, and its right edge.

    level 0     the leaves' own hashes, in their rows
    level 1…    one row for each complete subtree, written by the leaf that completes it

Appending needs the right edge alone, and so does a root: at most one hash for each bit of the size.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import bindparam, func, insert, select

from gateway.crypto import merkle
from gateway.footing.ledger.faults import LOG_ALTERED
from gateway.footing.ledger.prepared import Prepared
from gateway.footing.ledger.schema import leaf, node
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary.errors import LogBroken

BATCH = 2_000
Node = tuple[int, int, bytes]
"""Level, index, hash."""

_ADD = Prepared(insert(node))
_COUNT = select(func.count()).select_from(node)
_OF_LEAF = Prepared(select(leaf.c.hash).where(leaf.c.leaf_index == bindparam("at_index")))
_ONE = Prepared(
    select(node.c.hash).where(node.c.level == bindparam("at_level"), node.c.node_index == bindparam("at_index"))
)
_LEVEL = select(node.c.hash).where(node.c.level == bindparam("at_level")).order_by(node.c.node_index)


@dataclass(frozen=True, slots=True)
class Frontier:
    """The complete subtrees that make up a tree of `size` leaves, left to right, as `merkle.peaks` lists them."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    @property
    def root(self) -> bytes:
        return merkle.fold(self.hashes)

    def grown(self, leaf_hash: bytes) -> tuple["Frontier", list[Node]]:
        """With one leaf more, and the subtrees that it completes, the leaf itself first."""
        edge = list(self.hashes)
        # A leaf joins the smallest subtree first, then the next: from the right, without a gap.
        completed = merkle.completed_by(self.size, leaf_hash, lambda _level, _index: edge.pop())
        return Frontier(self.size + 1, (*edge, completed[-1][2])), completed


def add(tx: Transaction, completed: Iterable[Node]) -> None:
    """Keep what `grown` gave; leaves are kept in their own rows."""
    _ADD.run(tx, [{"level": level, "node_index": index, "hash": digest} for level, index, digest in completed if level])


def frontier(tx: Transaction, size: int) -> Frontier:
    """As stored; whether it is the tree that was signed is for the caller to compare."""
    return Frontier(size, tuple(_node(tx, level, index) for level, index in merkle.peaks(size)))


def root(tx: Transaction, size: int) -> bytes:
    return frontier(tx, size).root


def reader(tx: Transaction) -> merkle.Node:
    """For proofs. LogBroken where a subtree is not there."""
    return lambda level, index: _node(tx, level, index)


def count(tx: Transaction) -> int:
    return int(tx.execute(_COUNT).scalar_one())


def level(tx: Transaction, wanted: int) -> Iterator[bytes]:
    """The hashes of one level, left to right; take them within the transaction."""
    return iter(tx.execute(_LEVEL, {"at_level": wanted}, execution_options={"yield_per": BATCH}).scalars())


def _node(tx: Transaction, at_level: int, index: int) -> bytes:
    found = _ONE.first(tx, at_level=at_level, at_index=index) if at_level else _OF_LEAF.first(tx, at_index=index)
    if found is None:
        first = index << at_level
        raise LogBroken(
            f"the log has no hash over leaves {first} to {first + (1 << at_level) - 1}",
            remedy=LOG_ALTERED,
        )
    return bytes(found[0])
