"""Verifies the whole log, from its first leaf, with nothing but the log and any public key that it had.

    every leaf          is a receipt, hashes to what its row says, is not earlier than the one before
    every checkpoint    is of the very tree that its leaves make; the newest is signed, or all of them if asked
    every key           follows the one before by a receipt that both signed, and signs nothing past its end
    every subtree       that is stored is the one that the leaves make
    every transfer      climbed its ladder rung by rung, each with its evidence

A long log is swept first (`sweep`), and looked at leaf by leaf only if that finds anything, or if all
of it is asked for. It changes nothing and forgives nothing. What it cannot see is a log that was cut off cleanly
at an earlier checkpoint, as by an old backup: for that there are witnesses. Memory stays flat.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.crypto.checkpoint import Checkpoint
from gateway.crypto.log_succession import LogKeys
from gateway.crypto.note import Vkey, unverified_text
from gateway.footing.ledger import Ledger, Transaction, checkpoints, leaves, tree
from gateway.footing.ledger.faults import LOG_ALTERED
from gateway.footing.ledger.leaves import LeafRow
from gateway.footing.ledger.tree import Frontier, Node
from gateway.receipts import ladder, sweep
from gateway.receipts.climbs import verify_climbs
from gateway.receipts.entry import Entry
from gateway.receipts.receipt import BODIES_PURGED, Receipt
from gateway.receipts.succession import KIND as SUCCEEDED
from gateway.receipts.succession import check_told, keys_from, keys_of_log
from gateway.vocabulary import moment
from gateway.vocabulary.errors import EvidenceError, FormatInvalid, GatewayError, LogBroken
from gateway.vocabulary.transfer import TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A log of `size` receipts under one root, and how many checkpoints were compared with it."""

    size: int
    root: bytes
    checkpoints: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a checkpoint's note says, unverified. `at` is the time of its last leaf, where the ledger tells it."""

    checkpoint: Checkpoint
    note: str
    at: str | None = None

    @classmethod
    def of(cls, note: str, at: str | None = None) -> "Claim":
        try:
            return cls(checkpoint=Checkpoint.parse(unverified_text(note.encode())), note=note, at=at)
        except FormatInvalid as error:
            raise LogBroken(f"a checkpoint of the log cannot be read: {error.message}", remedy=LOG_ALTERED) from error


def verify_log(ledger: Ledger, key: Vkey, *, every: bool = False) -> Verified:
    """LogBroken names the leaf, checkpoint or transfer at fault.

    `every`: every fact, every checkpoint and its signature, which takes an hour where the sweep takes seconds.
    """
    if not every and (swept := sweep.is_sound(ledger, key)):
        size, root, compared = swept
        return Verified(size=size, root=root, checkpoints=compared)
    with ledger.reading() as tx:
        stored, run = _StoredTree(tx), _Run(_claims(tx), keys_of_log(tx, key), every=every)
        for row in leaves.streamed(tx):
            stored.compare(run.take_purged(row) if row.is_purged else run.take(Entry.read(row)))
        verified = run.end()
        stored.compare_count(verified.size)
        verify_climbs(tx)
    return verified


def verify_export(
    bodies: Iterable[bytes],
    notes: Iterable[str],
    key: Vkey,
    *,
    successions: Sequence[bytes] = (),
    every: bool = False,
) -> Verified:
    """The same outside a ledger: bodies and notes in order; the newest receipt of each transfer is held."""
    run = _Run(map(Claim.of, notes), keys_from(successions, key), every=every)
    newest: dict[TransferId, Receipt | None] = {}
    for index, body in enumerate(bodies):
        entry = Entry.of_body(index, body)
        run.take(entry)
        if (transfer := entry.receipt.transfer) is not None:
            newest[transfer] = _climbed(newest.get(transfer), entry)
    return run.end()


class _Run:
    """One pass over the leaves, in step with the checkpoints."""

    def __init__(self, claims: Iterable[Claim], keys: LogKeys, *, every: bool) -> None:
        self._claims, self._keys, self._every = iter(claims), keys, every
        self._handed_over = 0
        self._frontier = Frontier()
        self._at: datetime | None = None
        self._last: Claim | None = None
        self._compared = self._purged = self._told = 0
        self._next = next(self._claims, None)

    def take(self, entry: Entry) -> list[Node]:
        """The subtrees that this leaf completes."""
        _check_evidence(entry)
        check_told(entry, self._keys)
        self._handed_over += entry.receipt.kind == SUCCEEDED
        if entry.receipt.kind == BODIES_PURGED:
            self._told += int(str(entry.receipt.facts.get("count", 0)))
        return self._grow(entry.index, entry.receipt.at, entry.hash)

    def take_purged(self, row: LeafRow) -> list[Node]:
        """Its body is gone by schedule: the hash is what is left to verify, and a receipt tells how many there are."""
        if (row.body, row.transfer, row.route) != (b"", None, None):
            raise LogBroken(f"leaf {row.leaf_index} of the log is not purged as a whole", remedy=LOG_ALTERED)
        self._purged += 1
        return self._grow(row.leaf_index, _time_of(row), row.hash)

    def _grow(self, index: int, at: datetime, leaf_hash: bytes) -> list[Node]:
        if index != self._frontier.size:
            raise LogBroken(f"leaf {self._frontier.size} of the log is missing", remedy=LOG_ALTERED)
        if self._at is not None and at < self._at:
            raise LogBroken(f"leaf {index} of the log is earlier than the one before it", remedy=LOG_ALTERED)
        self._at = at
        self._frontier, completed = self._frontier.grown(leaf_hash)
        self._compare()
        return completed

    def end(self) -> Verified:
        size, covered = self._frontier.size, self._covered
        if self._purged != self._told:
            raise LogBroken(
                f"{self._purged} bodies of the log are gone, receipts tell of {self._told}", remedy=LOG_ALTERED
            )
        if self._next is not None and self._next.checkpoint.size <= size:
            raise LogBroken("the checkpoints of the log are out of order", remedy=LOG_ALTERED)
        if self._next is not None:
            raise LogBroken(
                f"leaf {size} of the log is missing: {self._next.checkpoint.size} were signed", remedy=LOG_ALTERED
            )
        if covered != size:
            raise LogBroken(f"leaf {covered} of the log and what follows it were never signed", remedy=LOG_ALTERED)
        if self._handed_over != len(self._keys.ends):
            raise LogBroken("the log lacks a receipt of a change of its key", remedy=LOG_ALTERED)
        if self._last is not None:
            _verify(self._last, self._keys)
        return Verified(size=size, root=self._frontier.root, checkpoints=self._compared)

    @property
    def _covered(self) -> int:
        return self._last.checkpoint.size if self._last else 0

    def _compare(self) -> None:
        claim, size = self._next, self._frontier.size
        if claim is None or claim.checkpoint.size > size:
            return
        if claim.checkpoint.size < size or claim.checkpoint.root != self._frontier.root:
            raise LogBroken(f"{_leaves(self._covered, size)} not what was signed", remedy=LOG_ALTERED)
        if claim.at is not None and (self._at is None or claim.at != moment.spell(self._at)):
            raise LogBroken(
                f"the checkpoint of {size} leaves bears another time than its last leaf", remedy=LOG_ALTERED
            )
        if self._every:
            _verify(claim, self._keys)
        self._last, self._next, self._compared = claim, next(self._claims, None), self._compared + 1


class _StoredTree:
    """The ledger's own subtrees, read level by level beside the leaves."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._levels: dict[int, Iterator[bytes]] = {}

    def compare(self, completed: Iterable[Node]) -> None:
        for level, index, digest in completed:
            if level and self._stored(level) != digest:
                first = index << level
                raise LogBroken(
                    f"the stored hash over leaves {first} to {first + (1 << level) - 1} is wrong", remedy=LOG_ALTERED
                )

    def compare_count(self, size: int) -> None:
        """Every subtree that belongs there was found: one more row would be one that belongs to no leaf."""
        if tree.count(self._tx) != size - size.bit_count():
            raise LogBroken(f"the log has hashes over more than its {size} leaves", remedy=LOG_ALTERED)

    def _stored(self, level: int) -> bytes | None:
        if level not in self._levels:
            self._levels[level] = tree.level(self._tx, level)
        return next(self._levels[level], None)


def _claims(tx: Transaction) -> Iterator[Claim]:
    for row in checkpoints.streamed(tx):
        claim = Claim.of(row.note, row.at)
        if (claim.checkpoint.size, claim.checkpoint.root) != (row.size, row.root):
            raise LogBroken(
                f"the columns of the checkpoint of {row.size} leaves say another thing than its note",
                remedy=LOG_ALTERED,
            )
        yield claim


def _time_of(row: LeafRow) -> datetime:
    try:
        return moment.parse(row.at)
    except FormatInvalid as error:
        raise LogBroken(f"leaf {row.leaf_index} of the log has no time any more", remedy=LOG_ALTERED) from error


def _verify(claim: Claim, keys: LogKeys) -> None:
    try:
        keys.open(claim.note.encode())
    except (EvidenceError, FormatInvalid) as error:
        raise LogBroken(
            f"the checkpoint of {claim.checkpoint.size} leaves is not signed by the log's key: {error.message}",
            remedy=LOG_ALTERED,
        ) from error


def _check_evidence(entry: Entry) -> None:
    try:
        ladder.check_evidence(entry.receipt)
    except GatewayError as error:
        raise LogBroken(f"leaf {entry.index} of the log: {error.message}", remedy=LOG_ALTERED) from error


def _climbed(newest: Receipt | None, entry: Entry) -> Receipt | None:
    try:
        return ladder.climb(newest, entry.receipt)
    except GatewayError as error:
        raise LogBroken(
            f"leaf {entry.index} of the log may not be there: {error.message}", remedy=LOG_ALTERED
        ) from error


def _leaves(low: int, high: int) -> str:
    return f"leaf {low} of the log is" if high - low == 1 else f"leaves {low} to {high - 1} of the log are"
