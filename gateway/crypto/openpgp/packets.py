"""Packets: a tag, a length, a body; or a body in parts, where its length is not known before its end."""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final, Protocol

PART_BITS: Final = 20
PART: Final = 1 << PART_BITS
"""Every part but the last has this size (RFC 9580 §4.2.1.4)."""
PART_LENGTH: Final = bytes([224 + PART_BITS])
_ONE_OCTET, _TWO_OCTETS, _FIRST_OF_PARTS = 192, 8384, 224


class Tag(IntEnum):
    SESSION_KEY = 1
    SIGNATURE = 2
    ONE_PASS_SIGNATURE = 4
    SECRET_KEY = 5
    PUBLIC_KEY = 6
    SECRET_SUBKEY = 7
    LITERAL = 11
    USER_ID = 13
    ENCRYPTED = 18


class Sink(Protocol):
    def write(self, data: bytes | memoryview, /) -> object: ...


def packet(tag: Tag, body: bytes) -> bytes:
    return opened(tag) + length(len(body)) + body


def opened(tag: Tag) -> bytes:
    return bytes([0xC0 | tag])


def length(size: int) -> bytes:
    if size < _ONE_OCTET:
        return bytes([size])
    if size < _TWO_OCTETS:
        return bytes([(size - _ONE_OCTET >> 8) + _ONE_OCTET, size - _ONE_OCTET & 0xFF])
    return b"\xff" + size.to_bytes(4, "big")


def framed(body: bytes) -> bytes:
    """A key's body as fingerprints and signatures hash it."""
    return b"\x99" + len(body).to_bytes(2, "big") + body


def split(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and body of each packet, in the old format or the new one; ValueError for a body in parts, or cut short."""
    while data:
        if not data[0] & 0x80:
            raise ValueError("no packet")
        tag, size, head = _new_head(data) if data[0] & 0x40 else _old_head(data)
        body, data = data[head : head + size], data[head + size :]
        if len(body) != size:
            raise ValueError("cut short")
        yield tag, body


def _old_head(data: bytes) -> tuple[int, int, int]:
    """Tag, size of the body, and where it begins."""
    tag, kind = data[0] >> 2 & 0x0F, data[0] & 3
    if kind == 3:
        raise ValueError("a body without a length")
    octets = 1 << kind
    return tag, int.from_bytes(data[1 : 1 + octets], "big"), 1 + octets


def _new_head(data: bytes) -> tuple[int, int, int]:
    tag, first = data[0] & 0x3F, int.from_bytes(data[1:2], "big")
    if first < _ONE_OCTET:
        return tag, first, 2
    if first < _FIRST_OF_PARTS:
        return tag, (first - _ONE_OCTET << 8) + int.from_bytes(data[2:3], "big") + _ONE_OCTET, 3
    if first != 0xFF:
        raise ValueError("a body in parts")
    return tag, int.from_bytes(data[2:6], "big"), 6


def mpi(value: bytes) -> bytes:
    """A number: how many bits it has, then its octets without leading zeros."""
    digits = value.lstrip(b"\0")
    return int.from_bytes(digits, "big").bit_length().to_bytes(2, "big") + digits


def number(data: bytes) -> tuple[bytes, bytes]:
    """A number and what follows it; ValueError unless it has as many bits as it says."""
    size = (int.from_bytes(data[:2], "big") + 7) // 8
    found, rest = data[2 : 2 + size], data[2 + size :]
    if len(data) < 2 or len(found) != size or mpi(found) != data[: 2 + size]:
        raise ValueError("a number that is none")
    return found, rest


def numbers(data: bytes) -> list[bytes]:
    """As many as there are, and nothing else; ValueError if there is none."""
    first, rest = number(data)
    found = [first]
    while rest:
        following, rest = number(rest)
        found.append(following)
    return found


class Parts:
    """A packet's body, written in parts as it comes. `finish` ends it; without that no reader takes it for whole."""

    def __init__(self, sink: Sink, tag: Tag) -> None:
        self._sink = sink
        self._held = bytearray()
        sink.write(opened(tag))

    def write(self, data: bytes | memoryview, /) -> None:
        view = memoryview(data)
        while len(self._held) + len(view) >= PART:
            room = PART - len(self._held)
            self._sink.write(b"".join((PART_LENGTH, self._held, view[:room])))
            self._held.clear()
            view = view[room:]
        self._held += view

    def finish(self) -> None:
        self._sink.write(length(len(self._held)) + self._held)
