"""An extract's bytes as UTF-8, by the encoding that its schema declares. Nothing is ever guessed.

    schema says   the file must be
    utf-8         UTF-8, with or without its byte order mark
    cp1252        Windows-1252 without any byte order mark; five bytes mean nothing in it
    utf-16        UTF-16 with its byte order mark, which says which byte comes first

What is no text at all says so in its first bytes: workbooks, archives, documents; and so does UTF-16 that
is declared as something else. They are named, since "row 1 holds a NUL byte" helps nobody who saved a
spreadsheet. A workbook is never unpacked: hidden sheets are how thousands of children were once disclosed.
"""

import codecs
from typing import BinaryIO, Final, Protocol

from gateway.vocabulary.errors import StructureInvalid

UTF_8, CP1252, UTF_16 = "utf-8", "cp1252", "utf-16"
LOOKS_LIKE_UTF_16: Final = "looks-like-utf-16"
_MAGIC: Final = (
    (b"PK\x03\x04", "workbook-or-archive"),
    (b"PK\x05\x06", "workbook-or-archive"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old-workbook"),
    (b"\x1f\x8b", "compressed"),
    (b"%PDF", "document"),
    (b"{\\rtf", "document"),
)
LONGEST_MAGIC: Final = 8
_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LONGEST_LOOK, _SHORTEST_LOOK = 16, 4
_GROWTH: Final = {UTF_8: 1, CP1252: 3, UTF_16: 2}
"""A character of one byte in Windows-1252 has up to three in UTF-8; one of two in UTF-16 up to three."""


class Text(Protocol):
    """UTF-8 to be read once. `most_bytes`: it is never longer than that."""

    @property
    def most_bytes(self) -> int: ...

    def read(self, size: int, /) -> bytes: ...


class Transcoded:
    """A file of a declared encoding, as UTF-8. Every `read` may give more or less than was asked for, and b"" at the end only."""

    def __init__(self, stream: BinaryIO, *, encoding: str, size: int) -> None:
        self._stream, self._encoding = stream, encoding
        self._decoder = None if encoding == UTF_8 else codecs.getincrementaldecoder(encoding)("strict")
        self._started = False
        self._lines = 0
        self.most_bytes = size * _GROWTH[encoding] + 3

    def read(self, size: int, /) -> bytes:
        """StructureInvalid for a file that is no text, or not of this encoding."""
        while block := self._stream.read(max(size, LONGEST_MAGIC)):
            if not self._started:
                self._begin(block)
            if self._decoder is None:
                return block
            if text := self._decoded(block):
                return text
        if self._decoder is not None:
            self._decoded(b"", final=True)
        return b""

    def _begin(self, block: bytes) -> None:
        """The mark of another encoding would be read as letters, and so become part of the first header."""
        self._started = True
        refuse_no_text(block)
        if self._encoding != UTF_16:
            refuse_utf_16(block)
        if self._encoding == CP1252 and block.startswith(codecs.BOM_UTF8):
            raise _other("marked-otherwise")
        if self._encoding == UTF_16 and not block.startswith(_MARKS):
            raise _other("no-byte-order-mark")

    def _decoded(self, block: bytes, *, final: bool = False) -> bytes:
        if self._decoder is None:
            return block
        try:
            text = self._decoder.decode(block, final)
        except UnicodeDecodeError as error:
            row = self._lines + error.object[: error.start].count(b"\n") + 1
            message = f"near row {row} the file is not {self._encoding}"
            raise StructureInvalid(message, code=f"not-{self._encoding}", row=row) from error
        self._lines += text.count("\n")
        return text.encode("utf-8")


def refuse_no_text(block: bytes) -> None:
    """StructureInvalid if a file begins like a workbook, an archive or a document."""
    for magic, code in _MAGIC:
        if block.startswith(magic):
            raise _other(code, remedy="save the one table that is meant as CSV UTF-8")


def refuse_utf_16(block: bytes) -> None:
    """StructureInvalid if a file that is not declared so begins like UTF-16: with its mark, or with every other byte nothing.

    That is what a header in our letters is in UTF-16. It is told and never acted on: nothing is read on.
    """
    look = block[: min(len(block), _LONGEST_LOOK) // 2 * 2]
    halves = (look[::2], look[1::2]) if len(look) >= _SHORTEST_LOOK else ()
    empty = [not any(half) for half in halves]
    if block.startswith(_MARKS) or (any(empty) and any(0 not in half for half in halves)):
        raise _other(LOOKS_LIKE_UTF_16, remedy="save it as CSV UTF-8")


def _other(code: str, *, remedy: str = "") -> StructureInvalid:
    return StructureInvalid(f"the file is not the text that is expected: {code}", code=code, row=0, remedy=remedy)
