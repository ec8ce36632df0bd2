"""Reads a container, and refuses every file that our writer would not have written.

    1. the directory is read where the end of the file says it stands
    2. its members are the four, in their order, packed as they should be, within bounds
    3. directory and end, built anew from what they claim, are byte for byte what stands there
    4. so are the local headers, which follow each other without a gap from the first byte on
    5. stored members have their CRC, and padding is zeros
    6. the data, when it is read: inflates to exactly its size and CRC, out of exactly its bytes

Steps 3 and 4 leave no room for encryption, other methods, extra fields, comments, paths,
duplicates, overlaps, or bytes before, between and behind; 2 and 6 none for a bomb. The
standard library's inflate is used here, not the fast one: these bytes come from elsewhere.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from isal import isal_zlib

from gateway.seal import layout
from gateway.seal.layout import DEFLATED, MANIFEST, PADDING, SIGNATURE, STORED, Member
from gateway.seal.members import FILE_NAME
from gateway.seal.rejections import rejected

LARGEST_PAGE: Final = 64 * 1024
LARGEST_DIRECTORY: Final = 1024
BEST_RATIO: Final = 1032
"""Deflate cannot do better: what claims to is not what it says."""
PIECE: Final = 1 << 20
_ZEROS: Final = bytes(PIECE)
_OTHERS = [(PADDING, STORED), (MANIFEST, STORED), (SIGNATURE, STORED)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container whose structure holds. Of its content nothing has been verified."""

    name: str
    size: int
    """What the data will be called and weigh, as the directory claims."""
    manifest: bytes
    signature: bytes
    stream: BinaryIO
    member: Member

    def data(self, limit: int) -> Iterator[bytes]:
        """The data file in pieces; ParcelInvalid as soon as it is not as described, or beyond `limit` bytes."""
        if self.size > limit:
            raise rejected("container")
        yield from _inflated(self.stream, self.member)  # 6


def read_container(stream: BinaryIO) -> Container:
    """ParcelInvalid with the code `container` for whatever is not exactly as it must be."""
    whole = stream.seek(0, os.SEEK_END)
    try:
        members, start = _directory(stream, whole)  # 1, 2, 3
    except (struct.error, ValueError) as error:
        raise rejected("container") from error
    _check_places(stream, members, start)  # 4
    _check_zeros(stream, members[1])  # 5
    manifest, signature = (_stored(stream, member) for member in members[2:])  # 5
    return Container(
        name=members[0].name,
        size=members[0].size,
        manifest=manifest,
        signature=signature,
        stream=stream,
        member=members[0],
    )


def _directory(stream: BinaryIO, whole: int) -> tuple[list[Member], int]:
    size, start = layout.directory_place(_read(stream, max(whole - layout.END_BYTES, 0), layout.END_BYTES))
    if size > LARGEST_DIRECTORY or start + size + layout.END_BYTES != whole:
        raise rejected("container")
    found = _read(stream, start, size + layout.END_BYTES)
    members = layout.claimed_members(found[:size])  # 1
    _check_members(members)  # 2
    if layout.directory(members, start) != found:  # 3
        raise rejected("container")
    return members, start


def _check_members(members: list[Member]) -> None:
    kinds = [(member.name, member.method) for member in members]
    if kinds[1:] != _OTHERS or not _is_data(members[0]):
        raise rejected("container")
    if any(member.packed != member.size for member in members[1:]):
        raise rejected("container")
    if any(member.size > LARGEST_PAGE for member in members[2:]):
        raise rejected("container")


def _is_data(member: Member) -> bool:
    named = FILE_NAME.fullmatch(member.name) and member.name not in (PADDING, MANIFEST, SIGNATURE)
    return bool(named) and member.method == DEFLATED and member.size <= BEST_RATIO * member.packed


def _check_places(stream: BinaryIO, members: list[Member], end: int) -> None:
    place = 0
    for member in members:
        before, behind = layout.around(member)
        after = place + len(before) + member.packed
        if member.offset != place or after > end:
            raise rejected("container")
        if _read(stream, place, len(before)) != before or _read(stream, after, len(behind)) != behind:
            raise rejected("container")
        place = after + len(behind)
    if place != end:
        raise rejected("container")


def _check_zeros(stream: BinaryIO, member: Member) -> None:
    crc = 0
    for piece in _pieces(stream, member):
        crc = isal_zlib.crc32(piece, crc)
        if piece != _ZEROS[: len(piece)]:
            raise rejected("container")
    if crc != member.crc:
        raise rejected("container")


def _stored(stream: BinaryIO, member: Member) -> bytes:
    data = b"".join(_pieces(stream, member))
    if isal_zlib.crc32(data) != member.crc:
        raise rejected("container")
    return data


def _inflated(stream: BinaryIO, member: Member) -> Iterator[bytes]:
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    size = crc = 0
    for packed in _pieces(stream, member):
        rest, full = packed, True
        while rest or full:  # it may have taken all its input and still hold output back
            piece = _inflate(inflate, rest, PIECE)
            rest, full = inflate.unconsumed_tail, len(piece) == PIECE
            size, crc = size + len(piece), isal_zlib.crc32(piece, crc)
            if size > member.size or inflate.unused_data:
                raise rejected("container")
            yield piece
    if not inflate.eof or (size, crc) != (member.size, member.crc):
        raise rejected("container")


def _inflate(inflate: "zlib._Decompress", packed: bytes, most: int) -> bytes:
    try:
        return inflate.decompress(packed, most)
    except zlib.error as error:
        raise rejected("container") from error


def _pieces(stream: BinaryIO, member: Member) -> Iterator[bytes]:
    place = member.offset + len(layout.around(member)[0])
    for done in range(0, member.packed, PIECE):
        yield _read(stream, place + done, min(PIECE, member.packed - done))


def _read(stream: BinaryIO, place: int, size: int) -> bytes:
    stream.seek(place)
    data = stream.read(size)
    if len(data) != size:
        raise rejected("container")
    return data
