"""A receipt at its place in the log, read back only if its leaf is what it was when it was written."""

from dataclasses import dataclass, field
from functools import lru_cache

from gateway.crypto.merkle import leaf_hash
from gateway.footing.ledger.faults import LOG_ALTERED
from gateway.footing.ledger.leaves import LeafRow
from gateway.receipts.receipt import Receipt
from gateway.vocabulary import moment
from gateway.vocabulary.errors import FormatInvalid, LogBroken

REMEMBERED = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`hash` is the leaf's; that the tree holds it is shown by a proof, or by verifying the log."""

    index: int
    receipt: Receipt
    body: bytes = field(repr=False)
    hash: bytes

    @classmethod
    def of_receipt(cls, index: int, receipt: Receipt) -> "Entry":
        body = receipt.encode()
        return cls(index=index, receipt=receipt, body=body, hash=leaf_hash(body))

    @classmethod
    def of_body(cls, index: int, body: bytes) -> "Entry":
        """LogBroken if the body is no receipt."""
        try:
            return cls(index=index, receipt=_receipt_in(body), body=body, hash=leaf_hash(body))
        except FormatInvalid as error:
            raise LogBroken(f"leaf {index} of the log is no receipt: {error.message}", remedy=LOG_ALTERED) from error

    @classmethod
    def read(cls, row: LeafRow) -> "Entry":
        """LogBroken unless the hash and every search column are those of the body."""
        entry = cls.of_body(row.leaf_index, row.body)
        receipt = entry.receipt
        if entry.hash != row.hash:
            raise _altered(row)
        in_body = (receipt.kind, receipt.transfer, receipt.route, moment.spell(receipt.at))
        if in_body != (row.kind, row.transfer, row.route, row.at):
            raise LogBroken(f"the columns of leaf {row.leaf_index} say another thing than its body", remedy=LOG_ALTERED)
        return entry


@lru_cache(maxsize=REMEMBERED)
def _receipt_in(body: bytes) -> Receipt:
    """The last receipts of whatever is on its way are read many times a round: the same bytes are parsed once."""
    return Receipt.parse(body)


def check_hash(row: LeafRow) -> None:
    """LogBroken unless the body is the one that was hashed."""
    if leaf_hash(row.body) != row.hash:
        raise _altered(row)


def _altered(row: LeafRow) -> LogBroken:
    return LogBroken(f"leaf {row.leaf_index} of the log is not the one that was hashed", remedy=LOG_ALTERED)
