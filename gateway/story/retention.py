"""Evidence has an end too: disclosures and the bodies of receipts, each transfer by itself.

    disclosures     the file is unlinked, its digest stays in the receipt that said what it held
    receipts        bodies and columns are emptied, the leaves' hashes stay: the log verifies as before

It is due so many years after the transfer's last rung, or after the last contact with any child that its
disclosures tell of, whichever is later; for a file goes as a whole. A legal hold on the transfer, or on a
child that it tells of, keeps it. What is kept for a child is asked again once its time has come, or
at the latest after `ASK_AGAIN`.

It says "unlinked": snapshots and backups hold what they hold, and go by their own schedule.
Purged twice is purged once. Crash points. (P1) file unlinked, row still there: purged again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from gateway.footing import durable
from gateway.footing.ledger import disclosures, retention, transfers
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gateway
from gateway.story.keeping import Keeping, Why, keeping
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.transfer import ENDED, Stage, TransferId

PAGE: Final = 200
HELD, LIFTED = "legal-hold", "legal-hold-lifted"
ASK_AGAIN: Final = timedelta(days=30)
SETTLED = ENDED | {Stage.DELIVERED, Stage.OVERDUE, Stage.RESOLVED, Stage.WAITING, Stage.PAUSED, Stage.FAILED}
"""What is this old and stands here will not go on; what is sealed or in doubt is for a person first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """`why`: what keeps it all the same; None if it may go. `until`: when to ask again, where that is known."""

    transfer: TransferId
    since: datetime
    why: Why | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    transfers: int
    files: int
    receipts: int
    kept: int


def due(gateway: Gateway, at: datetime) -> Iterator[Due]:
    """Transfers whose own years are over, oldest first, with what keeps some of them."""
    keep = keeping(gateway, london_day(at - gateway.limits.evidence))
    for transfer, since in _aged(gateway, at):
        yield _judged(gateway, keep, transfer, since, at)


def due_since(gateway: Gateway, at: datetime) -> datetime | None:
    """When the first of them became due that neither a legal hold keeps nor a child was found to keep."""
    return next((since for transfer, since in _aged(gateway, at) if not is_held(gateway, transfer)), None)


def purge_due(gateway: Gateway, at: datetime, *, uid: int) -> Purged:
    """Everything that is due and not kept, each transfer in a commit of its own."""
    files = receipts = count = kept = 0
    for one in due(gateway, at):
        if one.why is None:
            files += _purge_disclosures(gateway, one.transfer)
            receipts += gateway.log.purge(one.transfer, at, Facts(uid=uid))
            count += 1
        else:
            kept += 1
            _put_off(gateway, one)
    return Purged(transfers=count, files=files, receipts=receipts, kept=kept)


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


def _aged(gateway: Gateway, at: datetime) -> Iterator[tuple[TransferId, datetime]]:
    """Those that stand still and whose own years are over, with since when."""
    years, day, last = gateway.limits.evidence, london_day(at), None
    while True:
        with gateway.ledger.reading() as tx:
            rows = transfers.aged(tx, at - years, day=day, limit=PAGE, after=last)
        if not rows:
            return
        last = rows[-1].id
        for stood in gateway.log.stood(row.id for row in rows):
            since = stood.newest.receipt.at + years
            if stood.stage in SETTLED and at > since:
                yield stood.transfer, since


def _judged(gateway: Gateway, keep: Keeping, transfer: TransferId, since: datetime, at: datetime) -> Due:
    if is_held(gateway, transfer):
        return Due(transfer=transfer, since=since, why=Why.LEGAL_HOLD)
    why, contact = keep.of(transfer)
    if why is Why.LAST_CONTACT and contact is not None:
        until = london_day(datetime.combine(contact, at.timetz()) + gateway.limits.evidence)
        return Due(transfer=transfer, since=since, why=why, until=until)
    return Due(transfer=transfer, since=since, why=why, until=london_day(at + ASK_AGAIN) if why is Why.CHILD else None)


def _put_off(gateway: Gateway, one: Due) -> None:
    if one.until is not None:
        with gateway.ledger.writing() as tx:
            retention.put_off(tx, one.transfer, one.until)


def _purge_disclosures(gateway: Gateway, transfer: TransferId) -> int:
    with gateway.ledger.reading() as tx:
        file = disclosures.get(tx, transfer)
    if file is not None:
        durable.remove(gateway.workspace.disclosures(file.name))  # (P1)
    with gateway.ledger.writing() as tx:
        retention.forget(tx, transfer)
        disclosures.forget(tx, transfer)
    return int(file is not None)
