"""Reads a container as it comes, and refuses every stream that our writer would not have written.

    1. the data's local header, byte for byte as its name makes it
    2. the data: one deflate stream, which ends where it says
    3. what follows it: size and CRC, as they were counted
    4. padding, which is zeros, and the two pages: stored, bounded, each with its CRC
    5. the directory and the end of the file, byte for byte as all this makes them; and nothing more

Nothing is looked up: each byte is read once, and is either content or what it must be. That leaves
no room for encryption, other methods, extra fields, comments, paths, duplicates, overlaps, or
bytes before, between and behind. A bomb is stopped at the size that the reader allows. The
standard library's inflate is used here, not the fast one: these bytes come from elsewhere.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from isal import isal_zlib

from gateway.seal import layout
from gateway.seal.layout import DEFLATED, MANIFEST, PADDING, SIGNATURE, STORED, Member
from gateway.seal.members import FILE_NAME
from gateway.seal.rejections import rejected

LARGEST_PAGE: Final = 64 * 1024
PIECE: Final = 1 << 20
_ZEROS: Final = bytes(PIECE)
_LONGEST_NAME: Final = 80


class TooLarge(Exception):
    """No error, but the reader's own limit: so much data was not expected of a container of this size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container whose structure holds, the data read. Of its content nothing has been verified."""

    name: str
    size: int
    """What the data is called and weighs."""
    manifest: bytes
    signature: bytes


class ContainerReader:
    """Made of the stream's pieces; then `data`, to its end; then `finish`. ParcelInvalid from each, with `container`."""

    def __init__(self, pieces: Iterable[bytes | memoryview]) -> None:
        self._feed = _Feed(pieces)
        self._data: Member | None = None
        self.name = self._read_name()  # 1

    def data(self, limit: int) -> Iterator[bytes]:
        """The data file in pieces; TooLarge once it is beyond `limit` bytes."""
        start = self._feed.place
        size = crc = 0
        for piece in self._feed.inflated():  # 2
            size, crc = size + len(piece), isal_zlib.crc32(piece, crc)
            if size > limit:
                raise TooLarge
            yield piece
        packed = self._feed.place - start
        self._data = Member(name=self.name, method=DEFLATED, crc=crc, packed=packed, size=size, offset=0)
        self._feed.expect(layout.descriptor(self._data))  # 3

    def finish(self) -> Container:
        if self._data is None:
            raise rejected("container")
        padding = self._header(PADDING)
        self._skip_zeros(padding)
        (manifest, page), (signature, signed) = (self._page(name) for name in (MANIFEST, SIGNATURE))  # 4
        self._feed.expect(layout.directory([self._data, padding, manifest, signature], self._feed.place))
        self._feed.expect_end()  # 5
        return Container(name=self.name, size=self._data.size, manifest=page, signature=signed)

    def _read_name(self) -> str:
        fixed = self._feed.exactly(layout.NAME_PLACE)
        length = int.from_bytes(fixed[layout.NAME_LENGTH_PLACE : layout.NAME_LENGTH_PLACE + 2], "little")
        if length > _LONGEST_NAME:
            raise rejected("container")
        name = self._feed.exactly(length).decode("latin-1")
        if not FILE_NAME.fullmatch(name) or name in (PADDING, MANIFEST, SIGNATURE):
            raise rejected("container")
        header = layout.streamed_header(name)
        if fixed != header[: layout.NAME_PLACE]:
            raise rejected("container")
        self._feed.expect(header[layout.NAME_PLACE + length :])
        return name

    def _header(self, name: str) -> Member:
        """Of a stored member: all but its CRC and size follow from its name."""
        offset = self._feed.place
        found = self._feed.exactly(len(layout.local_header(name, crc=0, size=0)))
        crc, size = layout.stored_claims(found)
        if found != layout.local_header(name, crc=crc, size=size):
            raise rejected("container")
        return Member(name=name, method=STORED, crc=crc, packed=size, size=size, offset=offset)

    def _skip_zeros(self, member: Member) -> None:
        crc = 0
        for piece in self._feed.pieces(member.size):
            crc = isal_zlib.crc32(piece, crc)
            if bytes(piece) != _ZEROS[: len(piece)]:
                raise rejected("container")
        if crc != member.crc:
            raise rejected("container")

    def _page(self, name: str) -> tuple[Member, bytes]:
        member = self._header(name)
        if member.size > LARGEST_PAGE:
            raise rejected("container")
        data = self._feed.exactly(member.size)
        if isal_zlib.crc32(data) != member.crc:
            raise rejected("container")
        return member, data


class _Feed:
    """The stream's bytes, each read once; `place` is how many have been."""

    def __init__(self, pieces: Iterable[bytes | memoryview]) -> None:
        self._pieces = (memoryview(piece) for piece in pieces if len(piece))
        self._rest = memoryview(b"")
        self.place = 0

    def exactly(self, size: int) -> bytes:
        return b"".join(self.pieces(size))

    def expect(self, data: bytes) -> None:
        if self.exactly(len(data)) != data:
            raise rejected("container")

    def expect_end(self) -> None:
        if self._next():
            raise rejected("container")

    def pieces(self, size: int) -> Iterator[memoryview]:
        """So many bytes, no piece larger than PIECE."""
        while size:
            piece = self._next()[: min(size, PIECE)]
            if not piece:
                raise rejected("container")
            self._take(len(piece))
            size -= len(piece)
            yield piece

    def inflated(self) -> Iterator[bytes]:
        """One deflate stream from here on, in pieces of at most PIECE; what follows it is left."""
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        while not inflate.eof:
            packed = self._next()
            if not packed:
                raise rejected("container")
            yield from _inflated(inflate, packed)
            self._take(len(packed) - len(inflate.unused_data))

    def _next(self) -> memoryview:
        """What is there and not taken; empty only at the end."""
        if not self._rest:
            self._rest = next(self._pieces, memoryview(b""))
        return self._rest

    def _take(self, size: int) -> None:
        self._rest = self._rest[size:]
        self.place += size


def _inflated(inflate: "zlib._Decompress", packed: memoryview) -> Iterator[bytes]:
    """It may have taken all its input and still hold output back."""
    rest: bytes | memoryview = packed
    full = True
    while (rest or full) and not inflate.eof:
        piece = _inflate(inflate, rest)
        rest, full = inflate.unconsumed_tail, len(piece) == PIECE
        if piece:
            yield piece


def _inflate(inflate: "zlib._Decompress", packed: bytes | memoryview) -> bytes:
    try:
        return inflate.decompress(packed, PIECE)
    except zlib.error as error:
        raise rejected("container") from error
