"""Delimited text (RFC 4180), validated byte by byte before anything else reads it.

Engines are lenient where we must not be: they skip blank lines, let NUL bytes, bare quotes
and broken UTF-8 in columns they do not read pass, and one unclosed quote swallows a file.
So bytes are handed on only as pieces of whole records that hold none of these, with an
independent count of their records.

- UTF-8, with or without a byte order mark; a cell with a delimiter, a quote or a newline is
  quoted, and a quote in it doubled; quotes stand nowhere else;
- one kind of newline in the whole file, LF or CRLF; the last may be missing. Pieces have LF
  between records; a newline within a cell stays as it is;
- a record is at most a megabyte: what is longer is an unclosed quote.

A quote is an opening one if the number of quotes before it is even. Cut a text at its quotes:
every second part stands outside of them, and there a quote may only touch a delimiter, a
newline or the other half of a doubled quote.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from gateway.vocabulary.errors import StructureInvalid

PIECE = 1 << 20
LONGEST_RECORD = 1 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole records, each ended by LF, and how many they are."""

    data: bytes
    rows: int

    @property
    def has_newlines_in_cells(self) -> bool:
        return self.data.count(b"\n") != self.rows


class DelimitedReader:
    """Reads a stream once, from its start."""

    def __init__(self, stream: BinaryIO, *, delimiter: str, piece: int = PIECE) -> None:
        self._stream = stream
        self._size = piece
        self._delimiter = delimiter.encode("ascii")
        self._newline = b""
        self.rows = 0
        """Records handed on so far, the header among them."""

    def pieces(self) -> Iterator[Piece]:
        """The whole file, piece by piece.

        Raises:
            StructureInvalid: with the row at fault where it is known; the header is row 1.
        """
        carry = b""
        while block := self._stream.read(self._size):
            data = carry + (block if self.rows or carry else block.removeprefix(codecs.BOM_UTF8))
            cut = _cut(data)
            if not cut and len(data) >= LONGEST_RECORD:
                raise self._fault("record-too-long")
            carry = data[cut:]
            if cut:
                yield self._piece(data[:cut])
        if carry:
            yield self._last(carry)

    def _last(self, data: bytes) -> Piece:
        if data.count(b'"') % 2:
            raise self._fault("unclosed-quote")
        return self._piece(data + (self._newline or b"\n"))

    def _piece(self, data: bytes) -> Piece:
        self._validate_bytes(data)
        outside = self._outside(data) if b'"' in data else data
        if b"\r" in outside or self._newline == b"\r\n":
            self._validate_newlines(outside)
            data, outside = _with_lf(data), outside.replace(b"\r\n", b"\n")
        elif not self._newline:
            self._newline = b"\n"
        if outside.startswith(b"\n") or b"\n\n" in outside:
            blank = 0 if outside.startswith(b"\n") else outside.index(b"\n\n") + 1
            raise self._fault("blank-line", outside.count(b"\n", 0, blank))
        piece = Piece(data, outside.count(b"\n"))
        self.rows += piece.rows
        return piece

    def _validate_bytes(self, data: bytes) -> None:
        if b"\0" in data:
            raise self._fault("nul-byte", data.count(b"\n", 0, data.index(b"\0")))
        if data.isascii():
            return
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._fault("not-utf-8", data.count(b"\n", 0, error.start)) from error

    def _outside(self, data: bytes) -> bytes:
        """What stands outside of quotes; in place of each quoted text one quote."""
        parts = data.split(b'"')
        outside = b'"'.join(parts[::2])
        while b'""' in outside:
            outside = outside.replace(b'""', b'"')
        opening = outside.count(self._delimiter + b'"') + outside.count(b'\n"') + outside.startswith(b'"')
        closing = outside.count(b'"' + self._delimiter) + outside.count(b'"\n') + outside.count(b'"\r\n')
        if not opening == closing == outside.count(b'"'):
            raise self._fault("bare-quote", self._rows_before_bare_quote(parts))
        return outside

    def _rows_before_bare_quote(self, parts: list[bytes]) -> int:
        before, after = (b"\n", self._delimiter), (b"\n", b"\r\n", self._delimiter)
        rows = 0
        for number, part in enumerate(parts[::2]):
            if part and number > 0 and not part.startswith(after):
                break
            rows += part.count(b"\n")
            if part and 2 * number < len(parts) - 1 and not part.endswith(before):
                break
        return rows

    def _validate_newlines(self, outside: bytes) -> None:
        pairs = outside.count(b"\r\n")
        if outside.count(b"\r") != pairs:
            raise self._fault("bare-carriage-return")
        style = b"\r\n" if pairs == outside.count(b"\n") else b""
        if not style or self._newline not in (b"", style):
            raise self._fault("mixed-newlines")
        self._newline = style

    def _fault(self, code: str, rows: int = 0) -> StructureInvalid:
        row = self.rows + rows + 1
        return StructureInvalid(f"row {row} breaks the file's structure: {code}", code=code, row=row)


def split_header(piece: Piece, *, delimiter: str) -> tuple[tuple[str, ...], Piece]:
    """The cells of the first record, and what follows it."""
    end = _first_end(piece.data)
    record = piece.data[:end].decode("utf-8")
    cells = next(csv.reader([record], delimiter=delimiter, strict=True))
    return tuple(cells), Piece(piece.data[end:], piece.rows - 1)


def first_ragged(data: bytes, *, delimiter: str, columns: int) -> tuple[int, int] | None:
    """The first record that has not as many cells as columns: its place from 0, and its cells."""
    csv.field_size_limit(2 * LONGEST_RECORD)
    lines = (line + "\n" for line in data.decode("utf-8").split("\n")[:-1])
    for place, cells in enumerate(csv.reader(lines, delimiter=delimiter, strict=True)):
        if len(cells) != columns:
            return place, len(cells)
    return None


def _cut(data: bytes) -> int:
    """Behind the last newline that stands outside of quotes; 0 if there is none."""
    quotes, end, behind = data.count(b'"'), len(data), 0
    while (at := data.rfind(b"\n", 0, end)) >= 0:
        behind += data.count(b'"', at, end) if quotes else 0
        if (quotes - behind) % 2 == 0:
            return at + 1
        end = at
    return 0


def _first_end(data: bytes) -> int:
    at = data.index(b"\n")
    while data.count(b'"', 0, at) % 2:
        at = data.index(b"\n", at + 1)
    return at + 1


def _with_lf(data: bytes) -> bytes:
    if b'"' not in data:
        return data.replace(b"\r\n", b"\n")
    parts = data.split(b'"')
    parts[::2] = [part.replace(b"\r\n", b"\n") for part in parts[::2]]
    return b'"'.join(parts)
