"""Which file holds what a transfer disclosed, with its digest. The files themselves expire one by one."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from gateway.footing.ledger.schema import disclosure_file
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary.transfer import TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureFile:
    """`name` lies in the disclosures folder; `sha256` is hex; `meta` is JSON text that says how to read it."""

    transfer: TransferId
    name: str
    sha256: str
    meta: str


_LISTED = select(*(disclosure_file.c[name] for name in DisclosureFile.__slots__)).order_by(disclosure_file.c.transfer)
_ONE = _LISTED.where(disclosure_file.c.transfer == bindparam("wanted"))


def insert_file(tx: Transaction, row: DisclosureFile) -> None:
    """StorageError if the transfer is unknown or already has its file."""
    tx.execute(insert(disclosure_file), {name: getattr(row, name) for name in DisclosureFile.__slots__})


def replace_file(tx: Transaction, row: DisclosureFile) -> None:
    """For a transfer that was minimised again: only what left in the end counts."""
    forget(tx, row.transfer)
    insert_file(tx, row)


def get(tx: Transaction, transfer: TransferId) -> DisclosureFile | None:
    return next(iter(_rows(tx.execute(_ONE, {"wanted": transfer}))), None)


def listed(tx: Transaction) -> list[DisclosureFile]:
    """Oldest transfer first."""
    return _rows(tx.execute(_LISTED))


def forget(tx: Transaction, transfer: TransferId) -> None:
    """The file has expired and is gone; the receipt keeps its digest."""
    tx.execute(delete(disclosure_file).where(disclosure_file.c.transfer == transfer))


def _rows(found: Iterable[Any]) -> list[DisclosureFile]:
    return [
        DisclosureFile(transfer=TransferId(transfer), name=name, sha256=sha256, meta=meta)
        for transfer, name, sha256, meta in found
    ]
