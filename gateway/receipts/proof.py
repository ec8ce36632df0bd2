"""A receipt with what shows that the log holds it, for somebody who has the log's public key and nothing else.

It is spelled as c2sp.org/tlog-proof says: place, path, and the checkpoint that the path leads to. The
checkpoint is one that a partner has cosigned where there is one that covers the receipt: then it
is not our word alone.
"""

import base64
from dataclasses import dataclass

from gateway.crypto import merkle
from gateway.crypto.note import Vkey
from gateway.footing.ledger import Transaction, checkpoints, tree
from gateway.footing.ledger.faults import LOG_ALTERED
from gateway.receipts.entry import Entry
from gateway.receipts.succession import keys_of_log
from gateway.receipts.tip import signed
from gateway.vocabulary.errors import LogBroken

TYPE = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """`path` leads from the leaf to the root of the checkpoint whose signed text is `note`."""

    entry: Entry
    size: int
    path: tuple[bytes, ...]
    note: str

    def spelled(self) -> str:
        hashes = "".join(base64.b64encode(digest).decode() + "\n" for digest in self.path)
        return f"{TYPE}\nindex {self.entry.index}\n{hashes}\n{self.note}"


def prove(tx: Transaction, entry: Entry, key: Vkey) -> Proof:
    """`key` is any that the log had. LogBroken if the tree does not lead to the checkpoint that was signed."""
    row = checkpoints.covering(tx, entry.index)
    if row is None:
        raise LogBroken(f"leaf {entry.index} of the log was never signed", remedy=LOG_ALTERED)
    checkpoint = signed(row, keys_of_log(tx, key).at(row.size))
    path = merkle.inclusion(entry.index, checkpoint.size, tree.reader(tx))
    merkle.verify_inclusion(entry.hash, entry.index, checkpoint.size, path, checkpoint.root)
    return Proof(entry=entry, size=checkpoint.size, path=tuple(path), note=row.note)
