"""The log as files that other tools read: c2sp.org/tlog-tiles.

    checkpoint               what was signed last; written last: a folder without it is no export
    tile/LEVEL/N             256 hashes of one level, 32 bytes each; tile/LEVEL/N.p/WIDTH at the right edge
    tile/entries/N           256 receipts, each behind its length in two bytes; empty where a body was purged
    checkpoints.jsonl        every checkpoint ever signed, a JSON string a line    (ours, as is what follows)
    cosigned/PARTNER-SIZE    what partners cosigned
    successions.jsonl        each note by which one log key handed over to the next; there if any did

One snapshot of the ledger, with flat memory. What does not lead to the signed root is not exported.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from gateway.crypto.merkle import EMPTY_ROOT, fold, node_hash
from gateway.crypto.note import Vkey
from gateway.footing import durable
from gateway.footing.ledger import Transaction, checkpoints, leaves
from gateway.footing.ledger.faults import LOG_ALTERED
from gateway.footing.ledger.leaves import LeafRow
from gateway.receipts import succession
from gateway.receipts.entry import check_hash
from gateway.receipts.tip import signed
from gateway.vocabulary.errors import LogBroken

WIDTH = 256
ENTRIES = "entries"


def export(tx: Transaction, key: Vkey, folder: Path) -> int:
    """Write the log into `folder`, which must be new; how many receipts it holds. `key` is any that the log had.

    Raises:
        StorageError: the folder is there already, or the disk failed.
        LogBroken: the log is not the one that was signed, or nothing was signed yet.
    """
    newest = checkpoints.newest(tx)
    if newest is None:
        raise LogBroken("the log is empty: there is nothing to export")
    durable.new_private_folder(folder)
    writer = _Tiles(folder)
    for row in leaves.streamed(tx):
        if not row.is_purged:
            check_hash(row)
        writer.add(row)
    keys = succession.keys_of_log(tx, key)
    if (writer.size, writer.root()) != (newest.size, signed(newest, keys.at(newest.size)).root):
        raise LogBroken("the log is not the one that was signed", remedy=LOG_ALTERED)
    writer.end()
    _write_checkpoints(tx, folder)
    succession.write(folder, succession.notes_in(tx))
    durable.write_new(folder / "checkpoint", newest.note.encode())
    return newest.size


class _Tiles:
    """Hashes wait until they fill a tile; at most 256 of each level."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._levels: list[list[bytes]] = [[]]
        self._written: list[int] = [0]
        self._entries: list[bytes] = []
        self.size = 0

    def add(self, row: LeafRow) -> None:
        self._entries.append(len(row.body).to_bytes(2, "big") + row.body)
        self.size += 1
        if len(self._entries) == WIDTH:
            self._write(ENTRIES, self.size // WIDTH - 1, self._entries)
            self._entries = []
        self._keep(0, row.hash)

    def root(self) -> bytes:
        """Over what waits: each level's hashes stand right of those of the level above."""
        waiting = [peak for level in reversed(self._levels) for peak in _peaks(level)]
        return fold(waiting) if waiting else EMPTY_ROOT

    def end(self) -> None:
        """What is left at the right edge, as partial tiles."""
        if self._entries:
            self._write(ENTRIES, self.size // WIDTH, self._entries)
        for level, hashes in enumerate(self._levels):
            if hashes:
                self._write(str(level), self._written[level], hashes)

    def _keep(self, level: int, digest: bytes) -> None:
        if level == len(self._levels):
            self._levels.append([])
            self._written.append(0)
        hashes = self._levels[level]
        hashes.append(digest)
        if len(hashes) == WIDTH:
            self._write(str(level), self._written[level], hashes)
            self._written[level] += 1
            self._levels[level] = []
            self._keep(level + 1, _over(hashes))

    def _write(self, level: str, number: int, parts: list[bytes]) -> None:
        path = self._folder / "tile" / level / _spelled(number)
        if len(parts) < WIDTH:
            path = path.with_name(path.name + ".p") / str(len(parts))
        durable.private_folder(path.parent)
        with durable.created(path, synced=False) as stream:
            stream.write(b"".join(parts))


def _spelled(number: int) -> str:
    """`x001/x234/067`: so that no folder grows beyond a thousand names."""
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03}")
    return "/".join(reversed(parts))


def _over(hashes: list[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(left, right) for left, right in zip(hashes[::2], hashes[1::2], strict=True)]
    return hashes[0]


def _peaks(hashes: list[bytes]) -> Iterator[bytes]:
    """The complete subtrees over these, left to right."""
    start, width = 0, WIDTH
    while width := width // 2:
        if len(hashes) & width:
            yield _over(hashes[start : start + width])
            start += width


def _write_checkpoints(tx: Transaction, folder: Path) -> None:
    with durable.created(folder / "checkpoints.jsonl", synced=False) as stream:
        for row in checkpoints.streamed(tx):
            stream.write(json.dumps(row.note).encode() + b"\n")
    for cosigned in checkpoints.cosigned(tx):
        durable.private_folder(folder / "cosigned")
        durable.write_new(
            folder / "cosigned" / f"{cosigned.partner}-{cosigned.size}-{cosigned.root.hex()[:8]}",
            cosigned.note.encode(),
        )
