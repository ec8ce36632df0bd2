"""age's header: a version line, a stanza a recipient, a MAC over both. Parsed strictly, spelled one way.

    age-encryption.org/v1
    -> X25519 <argument>
    <body, base64, lines of 64>
    --- <MAC, base64>

Bounds are ours: a header is small, and a stranger's is read before anything is known of it.
"""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.vocabulary.errors import AgeHeaderInvalid

VERSION = b"age-encryption.org/v1"
LONGEST_LINE, MOST_STANZAS, LARGEST = 64 * 1024, 256, 1 << 20
WIDTH = 64
_BASE64 = re.compile(rb"[A-Za-z0-9+/]*")
_ARGUMENT = re.compile(rb"[\x21-\x7e]+")
_MAC_SIZE = 32


class Source(Protocol):
    """What is read from: a binary stream."""

    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Stanza:
    """One recipient's share: its kind, its arguments, the wrapped file key."""

    arguments: tuple[bytes, ...]
    body: bytes

    @property
    def kind(self) -> bytes:
        return self.arguments[0]


@dataclass(frozen=True, slots=True)
class Header:
    """A header, parsed; `covered` are the bytes that its MAC is over."""

    stanzas: tuple[Stanza, ...]
    mac: bytes
    covered: bytes


def base64_encode(data: bytes) -> bytes:
    return base64.b64encode(data).rstrip(b"=")


def base64_decode(text: bytes) -> bytes:
    """Unpadded and canonical, else AgeHeaderInvalid."""
    if not _BASE64.fullmatch(text) or len(text) % 4 == 1:
        raise AgeHeaderInvalid("an age header holds bad base64")
    data = base64.b64decode(text + b"=" * (-len(text) % 4))
    if base64_encode(data) != text:
        raise AgeHeaderInvalid("an age header holds base64 that is not canonical")
    return data


def covered_bytes(stanzas: Sequence[Stanza]) -> bytes:
    out = bytearray(VERSION + b"\n")
    for stanza in stanzas:
        body = base64_encode(stanza.body)
        out += b"-> " + b" ".join(stanza.arguments) + b"\n"
        out += b"".join(body[i : i + WIDTH] + b"\n" for i in range(0, len(body) + 1, WIDTH))
    return bytes(out + b"---")


def read_header(source: Source) -> Header:
    raw = bytearray()

    def line() -> bytes:
        text = source.readline(LONGEST_LINE)
        raw.extend(text)
        if not text.endswith(b"\n") or len(raw) > LARGEST:
            raise AgeHeaderInvalid("an age header ends too soon or is too large")
        return text[:-1]

    if line() != VERSION:
        raise AgeHeaderInvalid("this is not an age file of version 1")
    stanzas: list[Stanza] = []
    while (text := line())[:3] == b"-> ":
        stanzas.append(_stanza(text, line))
        if len(stanzas) > MOST_STANZAS:
            raise AgeHeaderInvalid("an age header has too many recipients")
    if not stanzas or not text.startswith(b"--- "):
        raise AgeHeaderInvalid("an age header has a line that does not belong there")
    mac = base64_decode(text[4:])
    if len(mac) != _MAC_SIZE:
        raise AgeHeaderInvalid("an age header's MAC has a wrong length")
    return Header(tuple(stanzas), mac, bytes(raw[: -len(text) - 1]) + b"---")


def _stanza(text: bytes, line: Callable[[], bytes]) -> Stanza:
    arguments = tuple(text[3:].split(b" "))
    if not all(_ARGUMENT.fullmatch(argument) for argument in arguments):
        raise AgeHeaderInvalid("an age header has a malformed recipient line")
    body = b""
    while True:
        part = line()
        if len(part) > WIDTH:
            raise AgeHeaderInvalid("an age header has a line that is too long")
        body += base64_decode(part)
        if len(part) < WIDTH:
            return Stanza(arguments, body)
