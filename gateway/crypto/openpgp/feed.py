"""A stream of packets, read byte by byte and once: each byte is content, or what our writer must have written there."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from gateway.crypto.openpgp.packets import PART, PART_LENGTH, Tag, length, opened
from gateway.vocabulary.errors import OpenPgpInvalid

LARGEST_PACKET: Final = 8 * 1024
"""Of those that are read whole: session keys and signatures."""


class Feed:
    """`fault` makes the error that is raised for a byte that is missing, or is another one."""

    def __init__(self, pieces: Iterable[bytes | memoryview], fault: Callable[[], OpenPgpInvalid]) -> None:
        self._pieces = (memoryview(piece) for piece in pieces if len(piece))
        self._rest = memoryview(b"")
        self._fault = fault

    def exactly(self, size: int) -> bytes:
        return b"".join(self.pieces(size))

    def expect(self, data: bytes) -> None:
        if self.exactly(len(data)) != data:
            raise self._fault()

    def expect_end(self) -> None:
        if self._next():
            raise self._fault()

    def pieces(self, size: int) -> Iterator[memoryview]:
        """So many bytes, as they come."""
        while size:
            piece = self._next()[:size]
            if not piece:
                raise self._fault()
            self._rest = self._rest[len(piece) :]
            size -= len(piece)
            yield piece

    def body(self, tag: Tag) -> bytes:
        """Of a packet of this tag that is read whole."""
        self.expect(opened(tag))
        return self.exactly(self._size(self.exactly(1)))

    def next_is(self, tag: Tag) -> bool:
        return bytes(self._next()[:1]) == opened(tag)

    def parts(self, tag: Tag) -> Iterator[memoryview]:
        """The body of a packet of this tag, which is in parts as `packets.Parts` writes them."""
        self.expect(opened(tag))
        while (first := self.exactly(1)) == PART_LENGTH:
            yield from self.pieces(PART)
        yield from self.pieces(self._size(first, least=0, most=PART - 1))

    def _size(self, first: bytes, *, least: int = 1, most: int = LARGEST_PACKET) -> int:
        """A length, of which the first octet is read already, in its one spelling."""
        octets = 1 if first[0] < 192 else 2 if first[0] < 224 else 5
        spelled = first + self.exactly(octets - 1)
        if octets == 1:
            size = spelled[0]
        elif octets == 2:
            size = (spelled[0] - 192 << 8) + spelled[1] + 192
        else:
            size = int.from_bytes(spelled[1:], "big")
        if spelled != length(size) or not least <= size <= most:
            raise self._fault()
        return size

    def _next(self) -> memoryview:
        if not self._rest:
            self._rest = next(self._pieces, memoryview(b""))
        return self._rest
