"""The container's bytes: a ZIP of four members that can be spelled in one way only.

    NAME               deflated; sizes and CRC follow the data, since it is written in one pass
    padding            stored zeros
    manifest.json      stored
    manifest.json.sig  stored
    the directory, and the three records that end it

Every structure is ZIP64, has the same fixed time, and grants its owner alone to read. So each
of them follows from a member's name, sizes, CRC and place, and a reader can build what it
must find and compare: nothing can hide in a second spelling. Reference: APPNOTE.TXT 6.3.10.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PADDING, MANIFEST, SIGNATURE = "padding", "manifest.json", "manifest.json.sig"
STORED, DEFLATED = 0, 8
STREAMED: Final = 0x0008
"""The flag that says: CRC and sizes follow the data."""

_VERSION, _UNIX = 45, 3
_MIDNIGHT, _FIRST_DAY = 0, 1 << 5 | 1  # 1980-01-01 00:00, the first that ZIP can spell
_OURS_ALONE = 0o100600 << 16
_IN_ZIP64, _SHORT_IN_ZIP64 = 0xFFFFFFFF, 0xFFFF
_LOCAL = struct.Struct("<4sHHHHHIIIHHHHQQ")
_DESCRIPTOR = struct.Struct("<4sIQQ")
_ENTRY = struct.Struct("<4sBBHHHHHIIIHHHHHII")
_ENTRY_SIZES = struct.Struct("<HHQQQ")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR = struct.Struct("<4sIQI")
_END = struct.Struct("<4sHHHHIIH")
NAME_LENGTH_PLACE: Final = 26
NAME_PLACE: Final = 30
"""Where a local header says how long its member's name is, and where the name begins."""
END_BYTES: Final = _END64.size + _LOCATOR.size + _END.size
ENTRY_BYTES: Final = _ENTRY.size + _ENTRY_SIZES.size
"""Of one entry in the directory, its name apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member as the directory tells it; `packed` and `size` in bytes, `offset` that of its local header."""

    name: str
    method: int
    crc: int
    packed: int
    size: int
    offset: int


def local_header(name: str, *, crc: int, size: int) -> bytes:
    """Of a stored member, whose sizes are known before."""
    return _local(name, STORED, crc, size)


def streamed_header(name: str) -> bytes:
    """Of the deflated member, whose sizes are not."""
    return _local(name, DEFLATED, 0, 0)


def descriptor(member: Member) -> bytes:
    return _DESCRIPTOR.pack(b"PK\x07\x08", member.crc, member.packed, member.size)


def stored_claims(header: bytes) -> tuple[int, int]:
    """CRC and size as a stored member's local header claims them; whether it is one shows when it is rebuilt."""
    return int.from_bytes(header[14:18], "little"), int.from_bytes(header[-8:], "little")


def directory(members: Sequence[Member], start: int) -> bytes:
    """The directory at `start`, and the end of the file."""
    entries = b"".join(map(_entry, members))
    end64 = (44, _UNIX << 8 | _VERSION, _VERSION, 0, 0, len(members), len(members), len(entries), start)
    short, long = _SHORT_IN_ZIP64, _IN_ZIP64
    return (
        entries
        + _END64.pack(b"PK\x06\x06", *end64)
        + _LOCATOR.pack(b"PK\x06\x07", 0, start + len(entries), 1)
        + _END.pack(b"PK\x05\x06", short, short, short, short, long, long, 0)
    )


def _local(name: str, method: int, crc: int, size: int) -> bytes:
    flags = STREAMED if method == DEFLATED else 0
    head = (b"PK\x03\x04", _VERSION, flags, method, _MIDNIGHT, _FIRST_DAY, crc, _IN_ZIP64, _IN_ZIP64)
    # the name stands between the fixed part and the sizes
    packed = _LOCAL.pack(*head, len(name), 20, 1, 16, size, size)
    return packed[:NAME_PLACE] + name.encode("ascii") + packed[NAME_PLACE:]


def _entry(member: Member) -> bytes:
    flags = STREAMED if member.method == DEFLATED else 0
    head = (b"PK\x01\x02", _VERSION, _UNIX, _VERSION, flags, member.method, _MIDNIGHT, _FIRST_DAY, member.crc)
    tail = (_IN_ZIP64, _IN_ZIP64, len(member.name), ENTRY_BYTES - _ENTRY.size, 0, 0, 0, _OURS_ALONE, _IN_ZIP64)
    sizes = _ENTRY_SIZES.pack(1, 24, member.size, member.packed, member.offset)
    return _ENTRY.pack(*head, *tail) + member.name.encode("ascii") + sizes
