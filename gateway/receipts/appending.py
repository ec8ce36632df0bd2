"""The steps of one append, all within one transaction of the caller's (see `log`)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gateway.crypto.checkpoint import Checkpoint
from gateway.footing.ledger import checkpoints, leaves, tree
from gateway.footing.ledger.checkpoints import CheckpointRow
from gateway.footing.ledger.leaves import LeafRow, StandingRow
from gateway.footing.ledger.store import Transaction
from gateway.receipts import ladder
from gateway.receipts.entry import Entry
from gateway.receipts.receipt import Receipt
from gateway.receipts.tip import Tip
from gateway.vocabulary import moment
from gateway.vocabulary.errors import ClockUntrusted
from gateway.vocabulary.transfer import TransferId


def in_time(receipts: Iterable[Receipt], end: Tip, *, late: timedelta) -> list[Entry]:
    """The receipts as entries behind `end`; ClockUntrusted if one is earlier than the one before it."""
    entries: list[Entry] = []
    last = end.at
    for index, receipt in enumerate(receipts, end.size):
        last = _moment(receipt, last, late)
        entries.append(Entry.of_receipt(index, receipt if receipt.at == last else replace(receipt, at=last)))
    return entries


def move(tx: Transaction, entries: Iterable[Entry]) -> None:
    """Each transfer to the rung that its newest receipt names; an error where that may not be."""
    before: dict[TransferId, Entry | None] = {}
    now: dict[TransferId, Entry | None] = {}
    for entry in entries:
        transfer = entry.receipt.transfer
        if transfer is None:
            ladder.check_evidence(entry.receipt)
            continue
        if transfer not in now:
            now[transfer] = before[transfer] = newest_rung(tx, transfer)
        now[transfer] = _climbed(now[transfer], entry)
    for transfer, newest in now.items():
        if newest is not None and newest is not before[transfer]:
            leaves.stand(tx, _standing(transfer, newest), is_new=before[transfer] is None)


def newest_rung(tx: Transaction, transfer: TransferId) -> Entry | None:
    """The last receipt that moved the transfer; LogBroken if a later one is of a kind not known here."""
    for row in reversed(leaves.of_transfer(tx, transfer)):
        entry = Entry.read(row)
        if ladder.rung_of(entry.receipt.kind):
            return entry
    return None


def grow(tx: Transaction, end: Tip, entries: Sequence[Entry]) -> Tip:
    """Leaves and tree are written; the new end of the log."""
    frontier, completed = end.frontier, []
    for entry in entries:
        frontier, added = frontier.grown(entry.hash)
        completed += added
    leaves.add(tx, map(_row, entries))
    tree.add(tx, completed)
    return Tip(frontier=frontier, root=frontier.root, at=entries[-1].receipt.at)


def keep_checkpoint(tx: Transaction, checkpoint: Checkpoint, note: str, at: datetime) -> None:
    checkpoints.add(tx, CheckpointRow(size=checkpoint.size, root=checkpoint.root, note=note, at=moment.spell(at)))


def _moment(receipt: Receipt, last: datetime | None, late: timedelta) -> datetime:
    at = receipt.at.astimezone(UTC).replace(microsecond=0)
    if last is None or at >= last:
        return at
    if last - at > late:
        raise ClockUntrusted(
            "the clock is earlier than the last receipt", remedy="put the clock right; nothing leaves until then"
        )
    return last


def _climbed(stands: Entry | None, entry: Entry) -> Entry | None:
    rung = ladder.climb(stands.receipt if stands else None, entry.receipt)
    return entry if rung is entry.receipt else stands


def _standing(transfer: TransferId, entry: Entry) -> StandingRow:
    receipt = entry.receipt
    return StandingRow(transfer=transfer, stage=receipt.kind, route=receipt.route or "", leaf_index=entry.index)


def _row(entry: Entry) -> LeafRow:
    receipt = entry.receipt
    return LeafRow(
        leaf_index=entry.index,
        kind=receipt.kind,
        transfer=receipt.transfer,
        route=receipt.route,
        at=moment.spell(receipt.at),
        body=entry.body,
        hash=entry.hash,
    )
