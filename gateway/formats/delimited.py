"""Delimited text (RFC 4180), validated byte by byte before anything else reads it.

Engines are lenient where we must not be: they let NUL bytes, bare quotes and broken UTF-8 in
columns they do not read pass, and one unclosed quote swallows a file. So bytes are handed on
only as pieces of whole records that hold none of these, with an independent count of their
records: an engine that counts others has read something else.

- UTF-8, with or without a byte order mark; a cell with a delimiter, a quote or a newline is
  quoted, and a quote in it doubled; quotes stand nowhere else;
- one kind of newline in the whole file, LF or CRLF; the last may be missing. Pieces have LF
  between records; a newline within a cell stays as it is;
- a record is at most a megabyte: what is longer is an unclosed quote.

A piece begins where a record begins. Cut at its quotes, every second part of it stands outside
of them, the first among these; and there a part begins and ends with a delimiter or a newline
where it touches a quote, or is empty, between the two halves of a doubled quote. So only the
ends of parts are looked at: this runs beside the engine, and must cost less than it.
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from gateway.vocabulary.errors import StructureInvalid

PIECE = 1 << 20
BLOCK = 1 << 12
LONGEST_RECORD = 1 << 20


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole records, each ended by LF, and how many they are.

    `plain`: no cell holds a newline. `unquoted`: none holds a newline, a quote or the file's delimiter.
    """

    data: bytes
    rows: int
    plain: bool
    unquoted: bool


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class DelimitedReader:
    """Reads a stream once, from its start."""

    def __init__(self, stream: Readable, *, delimiter: str, piece: int = PIECE, ended: bool = False) -> None:
        """`ended`: the last row must have its newline."""
        self._stream, self._ended = stream, ended
        self._size = piece
        self._before = {b"", delimiter.encode("ascii"), b"\n"}
        self._behind = self._before | {b"\r"}
        self._newline = b""
        self.rows = 0
        """Records handed on so far, the header among them."""

    def pieces(self) -> Iterator[Piece]:
        """The whole file, piece by piece.

        Raises:
            StructureInvalid: with the row at fault where it is known; the header is row 1.
        """
        carry = b""
        for block in self._blocks():
            data = carry + block
            whole = _whole_records(data)
            size = len(whole[0]) if len(whole) == 1 else sum(map(len, whole)) + len(whole) - 1
            if not size and len(data) >= LONGEST_RECORD:
                raise self._fault("record-too-long")
            if size:
                yield self._piece(whole[0] if len(whole) == 1 else data[:size], whole)
            carry = data[size:]
        if carry:
            yield self._last(carry)

    def _blocks(self) -> Iterator[bytes]:
        """What the stream gives, without the byte order mark, which may come in more than one read."""
        first = b""
        while len(first) < len(codecs.BOM_UTF8) and (block := self._stream.read(self._size)):
            first += block
        if first := first.removeprefix(codecs.BOM_UTF8):
            yield first
        while block := self._stream.read(self._size):
            yield block

    def _last(self, data: bytes) -> Piece:
        if data.count(b'"') % 2:
            raise self._fault("unclosed-quote")
        if self._ended:
            raise self._fault("broken-off")
        data += self._newline or b"\n"
        return self._piece(data, data.split(b'"'))

    def _piece(self, data: bytes, parts: list[bytes]) -> Piece:
        """`parts` is the data, cut at its quotes."""
        self._validate_bytes(data)
        self._validate_quotes(parts)
        within = b"".join(parts[1::2])
        plain = b"\n" not in within and b"\r" not in within
        if b"\r" in data or self._newline == b"\r\n":
            parts[::2] = self._with_lf(parts[::2])
            data = b'"'.join(parts)
        self._newline = self._newline or b"\n"
        # to take newlines out is how Python counts them fastest: twice as fast as its counting
        rows = len(data) - len(data.replace(b"\n", b"")) if plain else sum(part.count(b"\n") for part in parts[::2])
        self.rows += rows
        return Piece(data, rows, plain, unquoted=len(parts) == 1)

    def _validate_bytes(self, data: bytes) -> None:
        if b"\0" in data:
            raise self._fault("nul-byte", data.count(b"\n", 0, data.index(b"\0")))
        # asking whether a block is ASCII costs nothing beside decoding it, and most blocks are: a newline is a
        # character of its own wherever it stands, so a block that ends with one cuts none in two
        start = len(data) if data.isascii() else 0
        while start < len(data):
            end = data.find(b"\n", start + BLOCK) + 1 or len(data)
            self._validate_block(data, start, end)
            start = end

    def _validate_block(self, data: bytes, start: int, end: int) -> None:
        block = data[start:end]
        if block.isascii():
            return
        try:
            block.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._fault("not-utf-8", data.count(b"\n", 0, start + error.start)) from error

    def _validate_quotes(self, parts: list[bytes]) -> None:
        behind = {part[:1] for part in parts[2::2]}
        before = {part[-1:] for part in parts[:-1:2]}
        if behind <= self._behind and before <= self._before:
            return
        rows = 0
        for number, part in enumerate(parts[::2]):
            if number > 0 and part[:1] not in self._behind:
                break
            rows += part.count(b"\n")
            if part[-1:] not in self._before:
                break
        raise self._fault("bare-quote", rows)

    def _with_lf(self, outside: list[bytes]) -> list[bytes]:
        """The parts outside of quotes, once it is known that all their newlines are of one kind."""
        text = b'"'.join(outside)
        pairs = text.count(b"\r\n")
        if text.count(b"\r") != pairs:
            raise self._fault("bare-carriage-return")
        style = b"\r\n" if pairs == text.count(b"\n") else b"\n" if pairs == 0 else b""
        if not style or self._newline not in (b"", style):
            raise self._fault("mixed-newlines")
        self._newline = style
        return [part.replace(b"\r\n", b"\n") for part in outside] if pairs else outside

    def _fault(self, code: str, rows: int = 0) -> StructureInvalid:
        row = self.rows + rows + 1
        return StructureInvalid(f"row {row} breaks the file's structure: {code}", code=code, row=row)


def split_header(piece: Piece, *, delimiter: str) -> tuple[tuple[str, ...], Piece]:
    """The cells of the first record, and what follows it."""
    end = _first_end(piece.data)
    record = piece.data[:end].decode("utf-8")
    cells = next(csv.reader([record], delimiter=delimiter, strict=True), [])
    return tuple(cells), replace(piece, data=piece.data[end:], rows=piece.rows - 1)


def first_ragged(data: bytes, *, delimiter: str, columns: int) -> tuple[int, int] | None:
    """The first record that has not as many cells as columns: its place from 0, and its cells."""
    csv.field_size_limit(2 * LONGEST_RECORD)
    lines = (line + "\n" for line in data.decode("utf-8").split("\n")[:-1])
    for place, cells in enumerate(csv.reader(lines, delimiter=delimiter, strict=True)):
        if len(cells) != columns:  # a blank line has none
            return place, len(cells)
    return None


def _whole_records(data: bytes) -> list[bytes]:
    """What ends with the last newline outside of quotes, cut at its quotes; empty if there is none."""
    parts = data.split(b'"') if b'"' in data else [data]
    last = (len(parts) - 1) // 2 * 2
    for place in range(last, -1, -2):
        end = parts[place].rfind(b"\n") + 1
        if end:
            return [*parts[:place], parts[place][:end]]
    return [b""]


def _first_end(data: bytes) -> int:
    at = data.index(b"\n")
    while data.count(b'"', 0, at) % 2:
        at = data.index(b"\n", at + 1)
    return at + 1
