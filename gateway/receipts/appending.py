"""What one transaction is about to add to the log: judged receipt by receipt, written in one go (see `log`).

Nothing is written while it is judged, so a receipt that may not stand leaves no trace and
takes none of those beside it with it.
"""

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

Rungs = dict[TransferId, Entry | None]


class Draft:
    """The entries behind `end`, and the rung that each of their transfers is on by then."""

    def __init__(self, tx: Transaction, end: Tip, *, late: timedelta) -> None:
        self._tx, self._end, self._late = tx, end, late
        self._entries: list[Entry] = []
        self._before: Rungs = {}
        self._now: Rungs = {}

    def take(self, receipts: Iterable[Receipt]) -> None:
        """All of these, in this order, or none.

        Raises:
            StorageError: a rung may not follow or lacks its evidence.
            ClockUntrusted: a receipt is earlier than the one before it.
            LogBroken: the log holds what is not known here.
        """
        entries = self._in_time(receipts)
        now = self._climbed(entries)
        self._entries += entries
        self._now |= now

    def write(self) -> Tip:
        """Leaves, tree and standings; the new end of the log."""
        if not self._entries:
            return self._end
        for transfer, newest in self._now.items():
            if newest is not None and newest is not self._before[transfer]:
                leaves.stand(self._tx, _standing(transfer, newest), is_new=self._before[transfer] is None)
        return grow(self._tx, self._end, self._entries)

    def _in_time(self, receipts: Iterable[Receipt]) -> list[Entry]:
        entries: list[Entry] = []
        last = self._entries[-1].receipt.at if self._entries else self._end.at
        for index, receipt in enumerate(receipts, self._end.size + len(self._entries)):
            last = in_time(receipt.at, last, self._late)
            entries.append(Entry.of_receipt(index, receipt if receipt.at == last else replace(receipt, at=last)))
        return entries

    def _climbed(self, entries: Iterable[Entry]) -> Rungs:
        now: Rungs = {}
        for entry in entries:
            transfer = entry.receipt.transfer
            if transfer is None:
                ladder.check_evidence(entry.receipt)
                continue
            now[transfer] = _climbed(now[transfer] if transfer in now else self._stands(transfer), entry)
        return now

    def _stands(self, transfer: TransferId) -> Entry | None:
        if transfer not in self._before:
            self._before[transfer] = newest_rung(self._tx, transfer)
        return self._now.get(transfer, self._before[transfer])


def grow(tx: Transaction, end: Tip, entries: Sequence[Entry]) -> Tip:
    """Leaves and tree are written; the new end of the log."""
    frontier, completed = end.frontier, []
    for entry in entries:
        frontier, added = frontier.grown(entry.hash)
        completed += added
    leaves.add(tx, map(_row, entries))
    tree.add(tx, completed)
    return Tip(frontier=frontier, root=frontier.root, at=entries[-1].receipt.at)


def newest_rung(tx: Transaction, transfer: TransferId) -> Entry | None:
    """The last receipt that moved the transfer; LogBroken if a later one is of a kind not known here."""
    for row in leaves.backwards(tx, transfer):
        entry = Entry.read(row)
        if ladder.rung_of(entry.receipt.kind):
            return entry
    return None


def keep_checkpoint(tx: Transaction, checkpoint: Checkpoint, note: str, at: datetime) -> None:
    checkpoints.add(tx, CheckpointRow(size=checkpoint.size, root=checkpoint.root, note=note, at=moment.spell(at)))


def in_time(at: datetime, last: datetime | None, late: timedelta) -> datetime:
    """When a receipt of this time is recorded, after the `last` one; ClockUntrusted if it may not be at all."""
    at = at.astimezone(UTC).replace(microsecond=0)
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
