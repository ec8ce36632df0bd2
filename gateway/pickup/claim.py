"""Takes a private copy of an extract, hashed as it is copied.

The engine reads this copy alone: whoever holds a descriptor of the original can reopen it
for writing after any rename or lease (measured). The original is taken out of the folder
only later, once the copy is receipted, and only if it is still the file we copied.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import BinaryIO

from gateway.footing import durable
from gateway.footing.drop_folder import DropFolder, Identity, nobody_writes
from gateway.pickup.settle import is_settled
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.errors import ExtractInvalid

CHUNK, SMALL = 1 << 20, 1 << 16
SUNK_AT_ONCE = 16 << 20
"""Bytes of a copy with which the disk begins while the next are copied: else everybody waits for all of them at the end."""
Still = Callable[[Identity], timedelta | None]
"""For how long a file has been seen to be this."""
Write = Callable[[memoryview], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """An extract's bytes as we read them, and the file they came from."""

    digest: Digest
    size: int
    identity: Identity


def settled(folder: DropFolder, name: str, *, at: datetime, quiet: timedelta, still: Still) -> bool:
    """As `is_settled`; for how long it has been still is asked of who has seen it before."""
    with folder.opened(name) as stream:
        status = os.fstat(stream.fileno())  # of the open file: a share's answers about a name may be a minute old
        changed = datetime.fromtimestamp(status.st_ctime_ns / 1e9, UTC)
        lease = None if folder.is_elsewhere else nobody_writes(stream)
        seen = still(Identity.of(status))
        return is_settled(nobody_writes=lease, changed=changed, at=at, quiet=quiet, seen_still=seen)


def measure(folder: DropFolder, name: str, *, limit: int) -> Measured:
    """ExtractInvalid if it is too large or changes while it is read."""
    return _read(folder, name, None, limit)


def copy_into(folder: DropFolder, name: str, target: Path, *, limit: int, synced: bool = True) -> Measured:
    """A durable private copy (0600) at `target`; ExtractInvalid as in `measure`, and then no copy."""
    return _read(folder, name, target, limit, synced=synced)


def copy_from(read: Callable[[int], bytes], target: Path, *, limit: int) -> Digest:
    """A private copy of bytes that somebody sends, for a look and not for good; ExtractInvalid if they are too many."""
    meter, size = Meter(), 0
    with durable.created(target, synced=False) as copy:
        while block := read(CHUNK):
            size += len(block)
            if size > limit:
                raise ExtractInvalid(f"the extract is larger than the {limit} bytes that its schema allows")
            meter.feed(block)
            copy.write(block)
    return meter.digest


def take_out(folder: DropFolder, name: str, copied: Identity) -> bool:
    """Unlink the original if it is still what was copied; a file changed since then is a new extract."""
    if folder.identity(name) != copied:
        return False
    folder.remove(name)
    return True


def _read(folder: DropFolder, name: str, target: Path | None, limit: int, *, synced: bool = True) -> Measured:
    meter = Meter()
    with folder.opened(name) as stream:
        before = Identity.of(os.fstat(stream.fileno()))
        if before.size > limit:
            raise ExtractInvalid(f"the extract is larger than the {limit} bytes that its schema allows")
        once_through = _pass if before.size > CHUNK else _pass_small
        if target is None:
            once_through(stream.fileno(), meter, None, limit)
        else:
            with durable.created(target, synced=synced) as copy, _sinking(copy, synced=synced) as write:
                once_through(stream.fileno(), meter, write, limit)
        after = Identity.of(os.fstat(stream.fileno()))
    if before != after or meter.size != before.size:
        raise ExtractInvalid("the extract changed while it was read", remedy="it is read again at the next look")
    return Measured(digest=meter.digest, size=meter.size, identity=before)


@contextmanager
def _sinking(copy: BinaryIO, *, synced: bool) -> Iterator[Write]:
    """Writes a copy, of which the disk has all but the end when the block is left; not if it is not to be `synced`."""
    written, sunk, begun = 0, 0, list[Future[None]]()
    with ThreadPoolExecutor(1) as beside:

        def write(piece: memoryview) -> None:
            nonlocal written, sunk
            _write(copy.fileno(), piece)
            written += len(piece)
            if synced and written - sunk >= SUNK_AT_ONCE and all(one.done() for one in begun):
                sunk = written
                begun.append(beside.submit(durable.write_back, copy))

        yield write
    for one in begun:
        one.result()


def _pass_small(source: int, meter: Meter, write: Write | None, limit: int) -> None:
    """Without a thread beside, which takes longer to start than a small file to read."""
    size = 0
    while piece := os.read(source, SMALL):
        size += len(piece)
        if size > limit:
            raise ExtractInvalid("the extract grew while it was read")
        meter.feed(piece)
        if write is not None:
            write(memoryview(piece))


def _pass(source: int, meter: Meter, write: Write | None, limit: int) -> None:
    """One piece is hashed while it is written and the next is read: hashing takes as long as all the rest."""
    size = 0
    with ThreadPoolExecutor(1) as beside:
        hashed: list[Future[None]] = []
        for buffer in cycle((bytearray(CHUNK), bytearray(CHUNK))):
            count = os.readv(source, [buffer])
            size += count
            if size > limit:
                raise ExtractInvalid("the extract grew while it was read")
            piece = memoryview(buffer)[:count]
            wait(hashed)  # the other buffer is free again
            hashed = [beside.submit(meter.feed, piece)]
            if not count:
                return
            if write is not None:
                write(piece)


def _write(copy: int, piece: memoryview) -> None:
    written = 0
    while written < len(piece):
        written += os.write(copy, piece[written:])
