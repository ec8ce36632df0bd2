"""The receipt log: appended to, asked, and never changed.

Each append is one commit, shared by those that wait at the same time (`group`): leaves, tree, one signed checkpoint, and the row that the receipt is
about if the caller writes one in the same transaction (`append_in`). Either all of it is on
disk or none. Before it signs, it has seen that the log still ends where we last signed it, that
every rung may follow the one before and brings its evidence, and that time has not run back.

Read the clock after the transaction has begun: whoever waits for his turn with an older time
in hand is behind the others' receipts by then. `late` forgives that much: such a receipt
is recorded at the time of the one before it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.crypto import merkle
from gateway.crypto.checkpoint import Checkpoint, log_key
from gateway.crypto.log_succession import LogKeys
from gateway.crypto.note import sign
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.ledger import Ledger, Transaction, checkpoints, leaves, transfers, tree
from gateway.footing.ledger.faults import LOG_ALTERED
from gateway.receipts import ladder, succession, witnesses
from gateway.receipts.appending import Draft, in_time, keep_checkpoint, newest_rung
from gateway.receipts.entry import Entry
from gateway.receipts.group import Group, Request
from gateway.receipts.proof import Proof, prove
from gateway.receipts.receipt import BODIES_PURGED, Receipt
from gateway.receipts.tip import EMPTY, Tip, signed, tip
from gateway.vocabulary import moment
from gateway.vocabulary.errors import GatewayError, KeyUnavailable, LogBroken, UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, Transfer, TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCheckpoint:
    checkpoint: Checkpoint
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """Where one transfer stands: its newest rung, when it arrived there, and the parcel that was sealed for it last."""

    transfer: TransferId
    newest: Entry
    sealed: Entry | None

    @property
    def stage(self) -> Stage:
        return Stage(self.newest.receipt.kind)


class ReceiptLog:
    """The log in one ledger, signed by one key at a time. Safe to share between threads and processes."""

    def __init__(self, ledger: Ledger, *, key: SigningKey, origin: str, late: timedelta = timedelta(0)) -> None:
        self.public = log_key(origin, key.public_raw)
        self._ledger, self._key, self._origin, self._late = ledger, key, origin, late
        # A memory and no state: believed only while the ledger's newest checkpoint has this size and root.
        self._known = EMPTY
        self._group = Group(self._append_all)

    def append(self, *receipts: Receipt) -> Checkpoint:
        """In a transaction of its own: within a caller's it would wait for itself. See `append_in`."""
        return self._group.append(receipts)

    def append_in(self, tx: Transaction, *receipts: Receipt) -> Checkpoint:
        """Add these in this order; the checkpoint that covers them is signed once the caller commits.

        Raises:
            StorageError: a rung may not follow or lacks its evidence, or the disk failed.
            ClockUntrusted: a receipt is earlier than the one before it.
            LogBroken: the log does not end where it was signed, or holds what is not known here.
            KeyUnavailable: another key is in force than the one that is here.
        """
        draft, end = self._draft(tx)
        draft.take(receipts)
        return self._write(tx, draft, end)

    def hand_over(self, following: SigningKey, *, at: datetime, told: Facts) -> Checkpoint:
        """From this commit on `following` alone signs the log, and this one can append nothing any more.

        The commit is the receipt of it and the first checkpoint of the new key. Raises as `append_in`.
        """
        with self._ledger.writing() as tx:
            draft, end = self._draft(tx)
            before = self._checkpoint(end)
            draft.take([succession.handed_over(before, self._key, following, when=at, told=told)])
            checkpoint = self._checkpoint(written := draft.write())
            keep_checkpoint(tx, checkpoint, sign(checkpoint.text(), self._origin, following), written.at or at)
        return checkpoint

    def keys(self) -> LogKeys:
        """Every key that signed this log, with the size up to which it did. LogBroken if ours is none of them."""
        with self._ledger.reading() as tx:
            return succession.keys_of_log(tx, self.public)

    def successions(self) -> list[bytes]:
        """The notes by which one key handed over to the next, for partners and auditors."""
        with self._ledger.reading() as tx:
            return succession.notes_in(tx)

    def _append_all(self, requests: Sequence[Request]) -> None:
        with self._ledger.writing() as tx:
            draft, end = self._draft(tx)
            for request in requests:
                try:
                    draft.take(request.receipts)
                except GatewayError as error:
                    request.error = error
            checkpoint = self._write(tx, draft, end)
        for request in requests:
            if request.error is None:
                request.checkpoint = checkpoint

    def _draft(self, tx: Transaction) -> tuple[Draft, Tip]:
        try:
            end = tip(tx, self.public, self._known)
        except LogBroken:
            self._refuse_retired(tx)
            raise
        return Draft(tx, end, late=self._late), end

    def _refuse_retired(self, tx: Transaction) -> None:
        if succession.keys_of_log(tx, self.public).in_force != self.public:
            raise KeyUnavailable(
                "the key log is not the one that the log is signed with now",
                remedy="gateway keys rotate log ends a rotation that was begun; else restore the newest log.key",
            )

    def _write(self, tx: Transaction, draft: Draft, before: Tip) -> Checkpoint:
        end = draft.write()
        checkpoint = self._checkpoint(end)
        if end.size > before.size and end.at is not None:
            keep_checkpoint(tx, checkpoint, self._sign(checkpoint), end.at)
        self._known = end
        return checkpoint

    def stage(self, transfer: TransferId) -> Stage | None:
        """The newest rung; None before the first. LogBroken if the newest receipt is of no kind known here."""
        with self._ledger.reading() as tx:
            entry = newest_rung(tx, transfer)
        return Stage(entry.receipt.kind) if entry else None

    def transfer(self, transfer: TransferId) -> Transfer:
        """UsageError if the ledger does not know it or it has no receipt: somebody typed it."""
        with self._ledger.reading() as tx:
            row, entry = transfers.get(tx, transfer), newest_rung(tx, transfer)
        if row is None or entry is None:
            raise UsageError(f"there is no transfer {transfer}", remedy="'gateway receipts list' shows those there are")
        return Transfer(
            id=transfer, route=row.route, partner=row.partner, stage=Stage(entry.receipt.kind), since=entry.receipt.at
        )

    def stood(self, wanted: Iterable[TransferId]) -> list[Stood]:
        """Each of these as its receipts tell it, in one snapshot; those that have no receipt yet are left out."""
        with self._ledger.reading() as tx:
            found = [_stood(tx, transfer) for transfer in wanted]
        return [one for one in found if one]

    def of_transfer(self, transfer: TransferId) -> list[Entry]:
        """All its receipts, oldest first."""
        with self._ledger.reading() as tx:
            return [Entry.read(row) for row in leaves.of_transfer(tx, transfer)]

    def proofs(self, transfer: TransferId) -> list[Proof]:
        """Each of its receipts with what shows that the log holds it, oldest first; LogBroken if it does not."""
        with self._ledger.reading() as tx:
            return [prove(tx, Entry.read(row), self.public) for row in leaves.of_transfer(tx, transfer)]

    def last(self, transfer: TransferId, kind: str) -> Entry | None:
        """The newest of its receipts on this rung, or of this kind, whether it still stands there or not."""
        with self._ledger.reading() as tx:
            row = next((row for row in leaves.backwards(tx, transfer) if row.kind == kind), None)
        return Entry.read(row) if row else None

    def in_stage(self, *stages: Stage, route: str | None = None) -> list[TransferId]:
        """Those whose newest rung is one of these, oldest first; costs as much as there are, not as there ever were."""
        with self._ledger.reading() as tx:
            found = leaves.standing_in(tx, stages, rungs=ladder.RUNGS, route=route)
        for transfer, stage, newest in found:
            if stage != newest:
                raise LogBroken(
                    f"transfer {transfer} is listed as {stage}, its receipts say {newest}", remedy=LOG_ALTERED
                )
        return [transfer for transfer, _, _ in found]

    def entries(
        self, *, kinds: Collection[str] = (), route: str | None = None, limit: int | None = None
    ) -> list[Entry]:
        """Newest first; each filter narrows, and no kinds are all kinds."""
        with self._ledger.reading() as tx:
            return [Entry.read(row) for row in leaves.newest(tx, kinds=kinds, route=route, limit=limit)]

    def between(self, first: datetime, end: datetime) -> Iterator[Entry]:
        """From `first` to before `end`, oldest first, without those that are purged."""
        with self._ledger.reading() as tx:
            for row in leaves.between(tx, moment.spell(first), moment.spell(end)):
                if not row.is_purged:
                    yield Entry.read(row)

    def began(self) -> datetime | None:
        """The time of the first receipt."""
        with self._ledger.reading() as tx:
            first = leaves.get(tx, 0)
        return Entry.read(first).receipt.at if first else None

    def latest(self) -> SignedCheckpoint:
        """What we signed last; of the empty log, if there is nothing yet."""
        with self._ledger.reading() as tx:
            newest = checkpoints.newest(tx)
        if newest is None:
            empty = self._checkpoint(EMPTY)
            return SignedCheckpoint(checkpoint=empty, note=self._sign(empty))
        return SignedCheckpoint(checkpoint=signed(newest, self.public), note=newest.note)

    def consistency(self, old_size: int, new_size: int) -> list[bytes]:
        """The proof that the log of `new_size` begins with that of `old_size`."""
        with self._ledger.reading() as tx:
            return merkle.consistency(old_size, new_size, tree.reader(tx))

    def inclusion(self, index: int, size: int) -> list[bytes]:
        """The proof that leaf `index` is in the log of `size`."""
        with self._ledger.reading() as tx:
            return merkle.inclusion(index, size, tree.reader(tx))

    def purge(self, transfer: TransferId, at: datetime, facts: Facts) -> int:
        """The bodies of its receipts are gone for good, and one receipt tells so, in one commit; their hashes stay."""
        with self._ledger.writing() as tx:
            count = len(leaves.of_transfer(tx, transfer))
            told = facts | Facts(transfer=transfer, count=count)
            # before the bodies go: the next receipt reads the time of the last one, which may be among them
            self.append_in(tx, Receipt(kind=BODIES_PURGED, at=at, facts=told))
            leaves.purge(tx, transfer)
        return count

    def keep_cosignature(self, partner: str, note: str, checkpoint: Checkpoint, at: datetime) -> None:
        with self._ledger.writing() as tx:
            keys = succession.keys_of_log(tx, self.public)
            witnesses.keep(tx, partner, note, checkpoint, at, log_keys=keys)

    def last_cosigned(self, partner: str) -> int | None:
        """The largest size that this partner has cosigned."""
        with self._ledger.reading() as tx:
            return checkpoints.newest_cosigned(tx, partner)

    def check_extends(self, checkpoint: Checkpoint) -> None:
        """LogBroken unless our tree leads to this checkpoint of ours, wherever it was kept."""
        with self._ledger.reading() as tx:
            witnesses.check_extends(tx, checkpoint.size, checkpoint.root, by="the anchor")

    def check_clock(self, at: datetime) -> None:
        """ClockUntrusted if it is so much earlier than the last receipt that none could follow now."""
        with self._ledger.reading() as tx:
            newest = checkpoints.newest(tx)
        if newest is not None:
            in_time(at, moment.parse(newest.at), self._late)

    def check_witnesses(self) -> None:
        """LogBroken unless our tree leads to what partners have cosigned."""
        with self._ledger.reading() as tx:
            witnesses.check(tx)

    def _checkpoint(self, end: Tip) -> Checkpoint:
        return Checkpoint(self._origin, end.size, end.root)

    def _sign(self, checkpoint: Checkpoint) -> str:
        return sign(checkpoint.text(), self._origin, self._key)


def _stood(tx: Transaction, transfer: TransferId) -> Stood | None:
    newest = None
    for row in leaves.backwards(tx, transfer):
        entry = Entry.read(row)
        if newest is None and ladder.rung_of(entry.receipt.kind):
            newest = entry
        if newest is not None and entry.receipt.kind == Stage.SEALED:
            return Stood(transfer=transfer, newest=newest, sealed=entry)
    return Stood(transfer=transfer, newest=newest, sealed=None) if newest else None
