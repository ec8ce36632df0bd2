"""Writes the container as a stream: the data as it comes, then what is known only when it has ended.

Written by hand on `layout`: the ZIP writer at hand, stream-zip 0.0.84, ends a file early and
silently when a member's header falls on the end of its buffer (one file in 65,536 for each
member). Such a parcel could be sealed and sent, and nobody could open it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256
from typing import Final, Protocol

from isal import isal_zlib

from gateway.seal import layout
from gateway.seal.deflating import Hurried, blocks, deflated
from gateway.seal.layout import DEFLATED, MANIFEST, PADDING, SIGNATURE, STORED, Member
from gateway.seal.padding import padded
from gateway.vocabulary.digest import Digest

ZEROS: Final = bytes(1 << 16)


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class Content:
    """The plain data as it passed: its size, its SHA-256, and the CRC that ZIP wants."""

    def __init__(self) -> None:
        self._sha = sha256()
        self.size = self.crc = 0

    @property
    def digest(self) -> Digest:
        return Digest(self._sha.digest())

    def watch(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._sha.update(piece)
            self.crc = isal_zlib.crc32(piece, self.crc)
            self.size += len(piece)
            yield piece


class ContainerWriter:
    """Two calls: `write_data`, then `finish`. Left between the two, what was written is no container."""

    def __init__(self, sink: Sink) -> None:
        self._sink, self._place = sink, 0
        self._members: list[Member] = []

    def write_data(self, name: str, chunks: Iterable[bytes], hurried: Hurried | None = None) -> Content:
        """Deflate `chunks` into the first member (see `deflating`); whatever they raise passes through."""
        content = Content()
        self._write(layout.streamed_header(name))
        start = self._place
        for piece in deflated(content.watch(blocks(chunks)), hurried):
            self._write(piece)
        member = Member(
            name=name, method=DEFLATED, crc=content.crc, packed=self._place - start, size=content.size, offset=0
        )
        self._write(layout.descriptor(member))
        self._members.append(member)
        return content

    def finish(self, manifest: bytes, signature: bytes) -> None:
        """Fill up to a size that tells little, add the manifest and its signature, and end the file."""
        self._store_zeros(self._room_to_fill(manifest, signature))
        self._store(MANIFEST, manifest)
        self._store(SIGNATURE, signature)
        self._write(layout.directory(self._members, self._place))

    def _room_to_fill(self, manifest: bytes, signature: bytes) -> int:
        rest = [(PADDING, b""), (MANIFEST, manifest), (SIGNATURE, signature)]
        after = sum(len(layout.local_header(name, crc=0, size=0)) + len(data) for name, data in rest)
        members = [*self._members, *(replace(self._members[0], name=name) for name, _ in rest)]
        whole = self._place + after + len(layout.directory(members, 0))
        return padded(whole) - whole

    def _store_zeros(self, size: int) -> None:
        pieces = [ZEROS] * (size // len(ZEROS)) + [ZEROS[: size % len(ZEROS)]]
        crc = 0
        for piece in pieces:
            crc = isal_zlib.crc32(piece, crc)
        self._begin_stored(PADDING, crc, size)
        for piece in pieces:
            self._write(piece)

    def _store(self, name: str, data: bytes) -> None:
        self._begin_stored(name, isal_zlib.crc32(data), len(data))
        self._write(data)

    def _begin_stored(self, name: str, crc: int, size: int) -> None:
        member = Member(name=name, method=STORED, crc=crc, packed=size, size=size, offset=self._place)
        self._write(layout.local_header(name, crc=crc, size=size))
        self._members.append(member)

    def _write(self, data: bytes) -> None:
        self._sink.write(data)
        self._place += len(data)
