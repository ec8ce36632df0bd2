"""Writes a large file that must be durable, and has the disk begin while there is more to come.

A gigabyte that is only written at the end makes everybody wait for the disk; begun every 64 MiB,
the disk is done when we are. Nothing is promised before `durable.created` returns.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from gateway.footing import durable
from gateway.seal.behind import Behind, behind

EVERY: Final = 64 << 20


@contextmanager
def settling(stream: BinaryIO) -> Iterator[Callable[[bytes], None]]:
    """What writes to `stream`; StorageError or OSError, from it or from leaving, where the disk fails."""
    with behind(lambda _: durable.write_back(stream)) as disk:
        yield _Settling(stream, disk).write


class _Settling:
    def __init__(self, stream: BinaryIO, disk: Behind) -> None:
        self._stream, self._disk, self._written = stream, disk, 0

    def write(self, data: bytes) -> None:
        self._stream.write(data)
        self._written += len(data)
        if self._written >= EVERY and not self._disk.is_busy:
            self._written = 0
            self._stream.flush()
            self._disk.write(b"")
