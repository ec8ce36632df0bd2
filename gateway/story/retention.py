"""Evidence has an end too: disclosures and the bodies of receipts, each transfer by itself, unless a legal hold keeps it.

    disclosures     the file is unlinked, its digest stays in the receipt that said what it held
    receipts        bodies and columns are emptied, the leaves' hashes stay: the log verifies as before

It says "unlinked": snapshots and backups hold what they hold, and go by their own schedule.
Purged twice is purged once. Crash points. (P1) file unlinked, row still there: purged again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from gateway.footing import durable
from gateway.footing.ledger import disclosures, transfers
from gateway.footing.ledger.transfers import TransferRow
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gateway
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import ENDED, Stage, TransferId

AT_ONCE = 1_000
HELD, LIFTED = "legal-hold", "legal-hold-lifted"
SETTLED = ENDED | {Stage.DELIVERED, Stage.OVERDUE, Stage.RESOLVED, Stage.WAITING, Stage.PAUSED, Stage.FAILED}
"""What is this old and stands here will not go on; what is sealed or in doubt is for a person first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    transfer: TransferId
    is_held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    transfers: int
    files: int
    receipts: int


def due(gateway: Gateway, at: datetime) -> list[Due]:
    """Transfers that have been kept as long as they may be, oldest first; a thousand at a time."""
    with gateway.ledger.reading() as tx:
        rows = transfers.aged(tx, at - gateway.limits.evidence, limit=AT_ONCE)
    return list(_due(gateway, rows, at))


def _due(gateway: Gateway, rows: list[TransferRow], at: datetime) -> Iterator[Due]:
    for stood in gateway.log.stood(row.id for row in rows):
        if stood.stage in SETTLED and at - stood.newest.receipt.at > gateway.limits.evidence:
            yield Due(transfer=stood.transfer, is_held=is_held(gateway, stood.transfer))


def purge_due(gateway: Gateway, at: datetime, *, uid: int) -> Purged:
    """Everything that is due and not held, each transfer in a commit of its own."""
    files = receipts = count = 0
    for one in due(gateway, at):
        if not one.is_held:
            files += _purge_disclosures(gateway, one.transfer)
            receipts += gateway.log.purge(one.transfer, at, Facts(uid=uid))
            count += 1
    return Purged(transfers=count, files=files, receipts=receipts)


def hold(gateway: Gateway, transfer: TransferId, *, lifted: bool, uid: int) -> None:
    """A claim, an inquiry, an audit: nothing of this transfer is purged until it is lifted. UsageError if it is so already."""
    known = gateway.log.transfer(transfer)
    if is_held(gateway, transfer) is not lifted:
        raise UsageError(f"transfer {transfer} is {'not' if lifted else 'already'} on legal hold")
    receipt = Receipt(
        kind=LIFTED if lifted else HELD, transfer=transfer, route=known.route, at=gateway.clock(), facts=Facts(uid=uid)
    )
    gateway.log.append(receipt)


def is_held(gateway: Gateway, transfer: TransferId) -> bool:
    """By the newest of its receipts that say so."""
    kinds = [entry.receipt.kind for entry in gateway.log.of_transfer(transfer)]
    return [kind for kind in kinds if kind in (HELD, LIFTED)][-1:] == [HELD]


def _purge_disclosures(gateway: Gateway, transfer: TransferId) -> int:
    with gateway.ledger.reading() as tx:
        file = disclosures.get(tx, transfer)
    if file is None:
        return 0
    durable.remove(gateway.workspace.disclosures(file.name))  # (P1)
    with gateway.ledger.writing() as tx:
        disclosures.forget(tx, transfer)
    return 1
