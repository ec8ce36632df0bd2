"""Partners who cosign our checkpoints hold us to our past: our tree must lead to every root they cosigned.

    too small        the ledger was restored from a backup that is older than what they saw
    another root     the log was rewritten, or two of it exist

Both are alarms for a person. A contradicting cosignature is kept: it is the proof.
"""

from datetime import datetime

from gateway.crypto.checkpoint import Checkpoint
from gateway.crypto.log_succession import LogKeys
from gateway.footing.ledger import checkpoints, leaves, tree
from gateway.footing.ledger.checkpoints import CosignatureRow
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary.errors import LogBroken

_RESTORED = "nothing may leave from an older ledger: restore the newest backup, or find out what is missing from it"
_FORKED = "stop, keep the ledger as it is, and compare it with the partner's copy: one of both was rewritten"


def keep(tx: Transaction, partner: str, note: str, checkpoint: Checkpoint, at: datetime, *, log_keys: LogKeys) -> None:
    """Keep what a partner cosigned; the cosignature itself was verified by the caller, who has the partner's key.

    Raises:
        SignatureInvalid: our log did not sign it, so it is none of our past, whoever cosigned it.
        LogBroken: the note is of another checkpoint than the one given.
    """
    opened, _ = log_keys.open(note.encode())
    if opened != checkpoint:
        raise LogBroken("a cosigned note is not of the checkpoint that it was kept for")
    row = CosignatureRow(partner=partner, size=checkpoint.size, root=checkpoint.root, note=note, at=at)
    checkpoints.keep_cosignature(tx, row)


def check(tx: Transaction) -> None:
    """LogBroken unless our tree leads to the newest root of each partner, and to any that we do not remember signing."""
    for row in checkpoints.cosigned_to_compare(tx):
        check_extends(tx, row.size, row.root, by=row.partner)


def check_extends(tx: Transaction, size: int, root: bytes, *, by: str) -> None:
    """LogBroken unless our tree leads to this one, which `by` has seen and somebody's signature is on."""
    ours = leaves.count(tx)
    if size > ours:
        raise LogBroken(f"{by} has seen a log of {size} receipts, ours has {ours}", remedy=_RESTORED)
    if tree.root(tx, size) != root:
        raise LogBroken(f"{by} has seen a log of {size} receipts that is not the one we have", remedy=_FORKED)
