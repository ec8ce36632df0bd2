"""Which generation of a secret is in force, and which references a partner keeps: as receipts tell it.

    secret-rotated    role, generation: committed with all that was rewritten for it; there is none of the first
    references-kept   partner, digest: the file of references that partner had been given until then

A key file holds every generation, the first one first, one a line. A line more than the receipts tell of is
not in force yet; so a crash before the commit leaves all as it was, and one after it nothing to be done.
"""

from datetime import datetime
from typing import Final

from gateway.footing.ledger import key_receipts
from gateway.footing.ledger.store import Transaction
from gateway.receipts.entry import Entry
from gateway.receipts.receipt import Receipt
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.facts import Facts

ROTATED: Final = "secret-rotated"
REFERENCES: Final = "references-kept"


def in_force(tx: Transaction, role: str) -> int:
    """From 1 on; LogBroken if the receipt is not what was hashed."""
    told = [entry.receipt.facts["generation"] for entry in _entries(tx, ROTATED) if entry.receipt.facts["role"] == role]
    return max((int(str(generation)) for generation in told), default=1)


def rotated(role: str, generation: int, *, at: datetime, told: Facts) -> Receipt:
    return Receipt(kind=ROTATED, at=at, facts=told | Facts(role=role, generation=generation))


def references_kept(partner: str, digest: str, *, count: int, at: datetime) -> Receipt:
    return Receipt(kind=REFERENCES, at=at, facts=Facts(partner=partner, references=digest, count=count))


def kept_references(tx: Transaction, partner: str) -> str | None:
    """The digest of the newest file of a partner; None where no key was rotated while it had any."""
    entries = _entries(tx, REFERENCES)
    told = [str(entry.receipt.facts["references"]) for entry in entries if entry.receipt.facts["partner"] == partner]
    return told[-1] if told else None


def keeping(tx: Transaction) -> set[str]:
    """The partners that have such a file."""
    return {str(entry.receipt.facts["partner"]) for entry in _entries(tx, REFERENCES)}


def check(tx: Transaction, role: str, generation: int) -> None:
    """StorageError if a secret was rotated since it was read: what was made with it is not to be recorded."""
    if in_force(tx, role) != generation:
        raise StorageError(f"the key {role} was rotated meanwhile", remedy="do it again; nothing was recorded")


def _entries(tx: Transaction, kind: str) -> list[Entry]:
    return [Entry.read(row) for row in key_receipts.listed(tx, kind)]
