"""The end of the log, as the next receipt finds it: the tree's right edge, its root, the last time.

A tip is taken from the ledger only if we signed it. Otherwise the next checkpoint would put
our signature under whatever somebody has made of the past.
"""

from dataclasses import dataclass
from datetime import datetime

from gateway.crypto.checkpoint import Checkpoint, open_checkpoint
from gateway.crypto.merkle import EMPTY_ROOT
from gateway.crypto.note import Vkey
from gateway.footing.ledger import checkpoints, leaves, tree
from gateway.footing.ledger.checkpoints import CheckpointRow
from gateway.footing.ledger.faults import LOG_ALTERED
from gateway.footing.ledger.store import Transaction
from gateway.footing.ledger.tree import Frontier
from gateway.receipts.entry import Entry
from gateway.vocabulary.errors import GatewayError, LogBroken


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """`at` is the time of the last receipt; None while there is none."""

    frontier: Frontier
    root: bytes
    at: datetime | None

    @property
    def size(self) -> int:
        return self.frontier.size


EMPTY = Tip(frontier=Frontier(), root=EMPTY_ROOT, at=None)


def tip(tx: Transaction, log_key: Vkey, known: Tip) -> Tip:
    """`known` if the log still ends there, else what the ledger holds; LogBroken unless it is what we signed last."""
    if known.size and checkpoints.end(tx) == (known.size, known.root):
        return known
    newest = checkpoints.newest(tx)
    count = leaves.count(tx)
    if (newest.size if newest else 0) != count:
        raise LogBroken(
            f"the log has {count} leaves, and its last checkpoint does not cover just those", remedy=LOG_ALTERED
        )
    return _read(tx, newest, log_key) if newest else EMPTY


def signed(row: CheckpointRow, log_key: Vkey) -> Checkpoint:
    """LogBroken unless the log's key has signed what the row says."""
    try:
        checkpoint, _ = open_checkpoint(row.note.encode(), log_key)
    except GatewayError as error:
        raise LogBroken(
            f"the checkpoint of {row.size} leaves is not ours: {error.message}", remedy=LOG_ALTERED
        ) from error
    if (checkpoint.size, checkpoint.root) != (row.size, row.root):
        raise LogBroken(
            f"the columns of the checkpoint of {row.size} leaves say another thing than its note", remedy=LOG_ALTERED
        )
    return checkpoint


def _read(tx: Transaction, newest: CheckpointRow, log_key: Vkey) -> Tip:
    checkpoint = signed(newest, log_key)
    frontier = tree.frontier(tx, checkpoint.size)
    last = leaves.get(tx, checkpoint.size - 1)
    if frontier.root != checkpoint.root or last is None:
        raise LogBroken(f"the tree over {newest.size} leaves is not the one that was signed", remedy=LOG_ALTERED)
    return Tip(frontier=frontier, root=checkpoint.root, at=Entry.read(last).receipt.at)
