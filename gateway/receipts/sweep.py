"""The whole log, looked through as fast as it can be hashed: is it sound, or must it be looked at closely?

    leaves         each there, each hashing to what its row says
    subtrees       each stored one is the hash of the two below it, and there is none too many
    checkpoints    the newest is of this tree and signed; the last 4,096 and each at a multiple of 256 are of it
    times          do not run back
    lists          the list of stages says what the leaves say; as many bodies are gone as receipts tell
    columns        those that are searched say what the bodies say
    rungs          each follows the one before

The last two are asked of the database, in a second thread beside the hashing. What is not looked at
is what our own key has signed: the facts within a body. `verification` reads those too, names the
leaf at fault, and compares every checkpoint; whoever finds anything here asks it.
"""

import threading
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from hashlib import sha256
from itertools import islice

from gateway.crypto.checkpoint import Checkpoint
from gateway.crypto.note import Vkey
from gateway.footing.ledger import Ledger, Transaction, checkpoints, leaves, sweeping, tree
from gateway.footing.ledger.faults import as_storage_errors
from gateway.receipts import ladder
from gateway.receipts.entry import Entry
from gateway.receipts.receipt import BODIES_PURGED, TYPE
from gateway.receipts.succession import keys_of_log
from gateway.receipts.tip import signed
from gateway.vocabulary.errors import GatewayError, LogBroken
from gateway.vocabulary.transfer import FOLLOWS, Stage

NEAR, EACH = 4_096, 256
BLOCK = 512
"""Leaves held at a time: a power of two, and fewer rows than the interpreter would look for rubbish among."""
_NOT_SOUND = "the log is not sound"
ENDING = f',"type":"{TYPE}"}}\n'


def is_sound(ledger: Ledger, key: Vkey) -> tuple[int, bytes, int] | None:
    """(size, root, checkpoints compared), or None: then something is wrong, or it has to be asked more slowly."""
    with ledger.reading() as first, ledger.reading() as second:
        if checkpoints.end(first) != checkpoints.end(second):
            return None  # another process wrote between the two: two snapshots would contradict each other
        return _looked_through(first, second, key)


def _looked_through(tx: Transaction, beside: Transaction, key: Vkey) -> tuple[int, bytes, int] | None:
    newest = checkpoints.newest(tx)
    if newest is None:
        return None
    asked = _Asked(beside)
    try:
        with as_storage_errors():
            checkpoint = signed(newest, keys_of_log(tx, key).at(newest.size))
            _hash_all(tx, checkpoint.size)
            count = _compare_checkpoints(tx, checkpoint) if _lists_are_sound(tx) else None
    except (GatewayError, TypeError, AttributeError):  # SQLite lets whoever writes the file put text where bytes belong
        return None
    finally:
        sound = asked.answer()
    return (checkpoint.size, checkpoint.root, count) if sound and count is not None else None


class _Asked(threading.Thread):
    """The database's own work, which does not hold the interpreter."""

    def __init__(self, tx: Transaction) -> None:
        super().__init__(name="columns")
        self._tx, self._is_sound = tx, False
        self.start()

    def run(self) -> None:
        with suppress(GatewayError), as_storage_errors():  # then it is not sound, and is read closely
            self._is_sound = _columns_are_sound(self._tx)

    def answer(self) -> bool:
        self.join()
        return self._is_sound


def _is_purged_as_told(tx: Transaction, kinds: AbstractSet[str]) -> bool:
    if not kinds & {leaves.PURGED, BODIES_PURGED}:
        return True
    told = leaves.newest(tx, kinds=(BODIES_PURGED,))
    return leaves.count_purged(tx) == sum(int(str(Entry.read(row).receipt.facts["count"])) for row in told)


def _lists_are_sound(tx: Transaction) -> bool:
    """Every kind is one that is known there, every transfer is listed where it stands, and no body more is gone than told."""
    rungs, told = set(ladder.RUNGS), sweeping.kinds(tx)
    for kind, is_of_transfer in told:
        if kind not in (rungs | ladder.BESIDE) if is_of_transfer else kind in rungs:
            return False
    return not sweeping.is_wrongly_listed(tx, rungs) and _is_purged_as_told(tx, {kind for kind, _ in told})


def _columns_are_sound(tx: Transaction) -> bool:
    rungs = set(ladder.RUNGS)
    for before, step in sweeping.steps(tx, rungs):
        stage, route = step.split(" ", 1)
        stood, way = before.split(" ", 1) if before else (None, route)
        if not route or way != route or Stage(stage) not in FOLLOWS[Stage(stood) if stood else None]:
            return False
    return not sweeping.says_another(tx, ending=ENDING)


def _hash_all(tx: Transaction, size: int) -> None:
    """LogBroken where a hash or a time is not what it should be."""
    stored = _Stored(tx)
    blocks: list[bytes] = []
    count, before = 0, ""
    for block in sweeping.leaves(tx, BLOCK):
        times, bodies, hashes = map(list, zip(*block, strict=True))
        if [before, *times] != sorted([before, *times]) or _hashed(bodies, hashes) != hashes:
            raise LogBroken(_NOT_SOUND)
        nodes = stored.compare(hashes, level=0, most=BLOCK)
        count, before = count + len(block), times[-1]
        blocks += nodes if len(block) == BLOCK else []
    stored.compare(blocks, level=BLOCK.bit_length() - 1, most=size)
    is_whole = (count, sweeping.lowest(tx), leaves.count(tx)) == (size, 0, size)
    if not is_whole or tree.count(tx) != size - size.bit_count():
        raise LogBroken(_NOT_SOUND)


def _hashed(bodies: list[bytes], hashes: list[bytes]) -> list[bytes]:
    """Of each body; where there is none any more, its hash as it is stored is what is left."""
    if all(bodies):
        return [sha256(b"\0" + body).digest() for body in bodies]
    return [sha256(b"\0" + body).digest() if body else kept for body, kept in zip(bodies, hashes, strict=True)]


class _Stored:
    """The stored subtrees, level by level, each read once from left to right."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._levels: dict[int, Iterator[bytes]] = {}

    def compare(self, nodes: list[bytes], *, level: int, most: int) -> list[bytes]:
        """The complete subtrees above `nodes`, up to those of `most` leaves: the highest level of them."""
        while len(nodes) > 1 and 1 << level < most:
            level += 1
            nodes = [
                sha256(b"\1" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=False)
            ]
            if level not in self._levels:
                self._levels[level] = sweeping.level(self._tx, level)
            if list(islice(self._levels[level], len(nodes))) != nodes:
                raise LogBroken(_NOT_SOUND)
        return nodes


def _compare_checkpoints(tx: Transaction, newest: Checkpoint) -> int:
    """With the stored tree, which by now is known to be that of the leaves."""
    compared = 0
    for size, root, note, at, at_leaf in sweeping.checkpoints(tx, after=newest.size - NEAR, each=EACH):
        text = Checkpoint(newest.origin, size, root).text() + "\n"
        if at != at_leaf or tree.root(tx, size) != root or not note.startswith(text):
            raise LogBroken(_NOT_SOUND)
        compared += 1
    return compared
