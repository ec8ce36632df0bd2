"""A sealed file that others may change while it is read: what is hashed is what is decrypted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from gateway.seal.behind import behind
from gateway.seal.rejections import rejected
from gateway.vocabulary.digest import Digest, Meter

PIECE: Final = 1 << 20


@contextmanager
def once(sealed: BinaryIO, size: int, digest: Digest) -> Iterator["Once"]:
    """Leaving the block: it has been read to its end, and is the file of that size and digest.

    Raises:
        ParcelInvalid: with `ciphertext-hash`, on leaving; whatever the block made of it counts for nothing.
    """
    meter = Meter()
    with behind(meter.feed) as hashed:
        source = Once(sealed, hashed.write, size + 1)
        yield source
        source.exhaust()
    if (meter.size, meter.digest) != (size, digest):
        raise rejected("ciphertext-hash")


class Once:
    """Each byte is read once. Of a file that is too long no more than that is read."""

    def __init__(self, source: BinaryIO, seen: Callable[[bytes], None], most: int) -> None:
        self._source, self._seen, self._left = source, seen, most

    def read(self, size: int, /) -> bytes:
        return self._told(self._source.read(min(size, self._left)))

    def readline(self, size: int, /) -> bytes:
        return self._told(self._source.readline(min(size, self._left)))

    def exhaust(self) -> None:
        while self.read(PIECE):
            pass

    def _told(self, data: bytes) -> bytes:
        self._left -= len(data)
        self._seen(data)
        return data
