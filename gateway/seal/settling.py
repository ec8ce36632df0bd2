"""Writes a large file that must be durable, past the kernel's cache where the file system lets us (O_DIRECT).

What goes to the disk anyway is not copied into the cache first and waited for at the end: that
copy was a third of what sealing cost, and left a partner's data in memory. The last bytes, less
than a piece, go the ordinary way. Where there is no such way, the disk begins every 64 MiB, so
that it is done when we are. Nothing is promised before `durable.created` returns.
"""

import errno
import fcntl
import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from gateway.footing import durable
from gateway.seal.behind import Behind, Piece, behind

EVERY: Final = 64 << 20
PIECE: Final = 2 << 20
"""A multiple of every block size that disks have."""


@contextmanager
def settling(stream: BinaryIO) -> Iterator[Callable[[Piece], None]]:
    """What writes to `stream`, which nobody else writes to; StorageError or OSError, from it or from leaving."""
    if _set_direct(stream, on=True):
        direct = _Direct(stream)
        yield direct.write
        direct.finish()
    else:
        with behind(lambda _: durable.write_back(stream)) as disk:
            yield _Settling(stream, disk).write


class _Settling:
    def __init__(self, stream: BinaryIO, disk: Behind) -> None:
        self._stream, self._disk, self._written = stream, disk, 0

    def write(self, data: Piece) -> None:
        self._stream.write(data)
        self._written += len(data)
        if self._written >= EVERY and not self._disk.is_busy:
            self._written = 0
            self._stream.flush()
            self._disk.write(b"")


class _Direct:
    """Gathers whole pieces in memory that begins where a page begins, as O_DIRECT wants it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._gathered, self._filled = stream, memoryview(mmap.mmap(-1, PIECE)), 0

    def write(self, data: Piece) -> None:
        view = memoryview(data)
        while view:
            taken = min(PIECE - self._filled, len(view))
            self._gathered[self._filled : self._filled + taken] = view[:taken]
            self._filled += taken
            view = view[taken:]
            if self._filled == PIECE:
                self._write_out(PIECE)

    def finish(self) -> None:
        _set_direct(self._stream, on=False)
        self._write_out(self._filled)

    def _write_out(self, size: int) -> None:
        done = 0
        while done < size:
            done += self._written(self._gathered[done:size])
        self._filled = 0

    def _written(self, rest: memoryview) -> int:
        """A file system may take the flag and refuse the write, or a full disk take a part: then the ordinary way."""
        try:
            return os.write(self._stream.fileno(), rest)
        except OSError as error:
            if error.errno != errno.EINVAL or not _set_direct(self._stream, on=False):
                raise
            return os.write(self._stream.fileno(), rest)


def _set_direct(stream: BinaryIO, *, on: bool) -> bool:
    """Whether the file system knows such a way; `on` or not from now on."""
    flag = getattr(os, "O_DIRECT", 0)
    try:
        flags = fcntl.fcntl(stream.fileno(), fcntl.F_GETFL)
        fcntl.fcntl(stream.fileno(), fcntl.F_SETFL, flags | flag if on else flags & ~flag)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        return False
    return bool(flag)
