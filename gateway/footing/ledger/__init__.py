"""The ledger: what prepare must never forget, in one database (DESIGN §9).

    schema        the tables, and why each is there
    store         opened, upgraded, written in one transaction, read as one snapshot
    sqlite, postgresql      how each kind of database keeps what `store` promises
    leaves, tree, checkpoints            the receipt log's own tables
    transfers, decisions, holds, disclosures    a small store for each idea; frozen rows out

It names no child: subjects and identifiers are keyed pseudonyms of 12 bytes.
"""

from gateway.footing.ledger.sqlite import sqlite_url
from gateway.footing.ledger.store import Ledger, Transaction

__all__ = ["Ledger", "Transaction", "sqlite_url"]
