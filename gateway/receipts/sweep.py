"""The whole log, looked through as fast as it can be hashed: is it sound, or must it be looked at closely?

    leaves         each there, each hashing to what its row says
    subtrees       each stored one is the hash of the two below it, and there is none too many
    checkpoints    the newest is of this tree and signed; the last 4,096 and each at a multiple of 256 are of it
    columns        those that are searched say what the bodies say; times do not run back
    rungs          each follows the one before; the list of stages says what the leaves say

The last is asked of the database, in a second thread beside the hashing. What is not looked at
is what our own key has signed: the facts within a body. `verification` reads those too, names the
leaf at fault, and compares every checkpoint; whoever finds anything here asks it.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import islice
from typing import Any

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

NEAR, EACH, BLOCK = 4_096, 256, 4_096
_NOT_SOUND = "the log is not sound"
_GONE = (leaves.PURGED, None, None)
_END = b',"type":"%b"}\n' % TYPE.encode()


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
        checkpoint = signed(newest, keys_of_log(tx, key).at(newest.size))
        _hash_all(tx, checkpoint.size)
        count = _compare_checkpoints(tx, checkpoint) if _is_purged_as_told(tx) else None
    except (GatewayError, TypeError, AttributeError):  # SQLite lets whoever writes the file put text where bytes belong
        return None
    finally:
        sound = asked.answer()
    return (checkpoint.size, checkpoint.root, count) if sound and count is not None else None


class _Asked(threading.Thread):
    """The database's own work, which does not hold the interpreter."""

    def __init__(self, tx: Transaction) -> None:
        super().__init__(name="rungs")
        self._tx, self._is_sound = tx, False
        self.start()

    def run(self) -> None:
        with suppress(GatewayError), as_storage_errors():  # then it is not sound, and is read closely
            self._is_sound = _rungs_are_sound(self._tx)

    def answer(self) -> bool:
        self.join()
        return self._is_sound


def _is_purged_as_told(tx: Transaction) -> bool:
    told = leaves.newest(tx, kinds=(BODIES_PURGED,))
    return leaves.count_purged(tx) == sum(int(str(Entry.read(row).receipt.facts["count"])) for row in told)


def _rungs_are_sound(tx: Transaction) -> bool:
    rungs = set(ladder.RUNGS)
    for kind, is_of_transfer in sweeping.kinds(tx):
        if kind not in (rungs | ladder.BESIDE) if is_of_transfer else kind in rungs:
            return False
    for before, after, same_route in sweeping.steps(tx, rungs):
        if not same_route or Stage(after) not in FOLLOWS[Stage(before) if before else None]:
            return False
    return not sweeping.is_wrongly_listed(tx, rungs)


def _hash_all(tx: Transaction, size: int) -> None:
    """LogBroken where a hash, a column or a time is not what it should be; 4,096 leaves are held at a time."""
    stored = _Stored(tx)
    blocks: list[bytes] = []
    count, before = 0, ""
    for block in sweeping.leaves(tx, BLOCK):
        _check_rows(block, count, before)
        nodes = stored.compare([row[6] for row in block], level=0, most=BLOCK)
        count, before = count + len(block), block[-1][1]
        blocks += nodes if len(block) == BLOCK else []
    stored.compare(blocks, level=BLOCK.bit_length() - 1, most=size)
    if count != size or tree.count(tx) != size - size.bit_count():
        raise LogBroken(_NOT_SOUND)


def _check_rows(block: list[tuple[Any, ...]], first: int, before: str) -> None:
    """Each in its place, not earlier than the one before, of its hash, and saying what its columns say."""
    times = [before, *(row[1] for row in block)]
    kept = [row for row in block if row[5]]
    is_sound = (
        [row[0] for row in block] == list(range(first, first + len(block)))
        and times == sorted(times)
        and [sha256(b"\0" + row[5]).digest() for row in kept] == [row[6] for row in kept]
        and _say_their_columns(kept)
        and (len(kept) == len(block) or all(row[2:5] == _GONE for row in block if not row[5]))
    )
    if not is_sound:
        raise LogBroken(_NOT_SOUND)


def _say_their_columns(rows: list[tuple[Any, ...]]) -> bool:
    """Canonical JSON has the time at its beginning, and kind, route and transfer at its end."""
    tails = [
        _ABOUT[kind, route] + (b"null" if transfer is None else b'"%b"' % transfer.encode()) + _END
        for _, _, kind, route, transfer, _, _ in rows
    ]
    return [row[5][7:27] for row in rows] == [row[1].encode() for row in rows] and all(
        map(bytes.endswith, [row[5] for row in rows], tails)
    )


class _About(dict[tuple[str, str | None], bytes]):
    """How kind and route are spelled before the transfer; there are few of them."""

    def __missing__(self, pair: tuple[str, str | None]) -> bytes:
        kind, route = map(json.dumps, pair)
        return self.setdefault(pair, f'}},"kind":{kind},"route":{route},"transfer":'.encode())


_ABOUT = _About()


class _Stored:
    """The stored subtrees, level by level, each read once from left to right."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._levels: dict[int, Iterator[tuple[Any, ...]]] = {}

    def compare(self, nodes: list[bytes], *, level: int, most: int) -> list[bytes]:
        """The complete subtrees above `nodes`, up to those of `most` leaves: the highest level of them."""
        while len(nodes) > 1 and 1 << level < most:
            level += 1
            nodes = [
                sha256(b"\1" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=False)
            ]
            if level not in self._levels:
                self._levels[level] = sweeping.level(self._tx, level)
            if [found for (found,) in islice(self._levels[level], len(nodes))] != nodes:
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
