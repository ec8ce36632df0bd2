"""A CSV for the register, read record by record and hashed as it is read: what was signed is what was taken."""

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from gateway.formats.delimited import DelimitedReader, Piece, split_header
from gateway.formats.text import LOOKS_LIKE_UTF_16, refuse_no_text, refuse_utf_16
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.errors import RegisterInvalid, StructureInvalid

AS_CSV = "save it as comma-separated UTF-8 text with the header "
FIRST_ROW = 2
_NOTHING = "nothing was taken from it: check that it is the file that is meant, and that all of it was saved"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFile:
    """Open, to be read once from its start. `expected` is the header to tell people of."""

    stream: BinaryIO
    expected: str
    _meter: Meter = field(default_factory=Meter)

    def read(self, size: int, /) -> bytes:
        """StructureInvalid for a file whose first bytes say that it is no text, or UTF-16."""
        block = self.stream.read(size)
        if not self._meter.size:
            refuse_no_text(block)
            refuse_utf_16(block)
        self._meter.feed(block)
        return block

    @property
    def digest(self) -> Digest:
        """Of the whole file, once its records have been taken to the last."""
        return self._meter.digest

    def records(self) -> Iterator[tuple[int, list[str]]]:
        """Each with its number; the header is the first, and 1.

        Raises:
            RegisterInvalid: names the row that breaks the file's structure; or there is none below the header. Such a
                file says nothing, and who meant something must hear of it; a snapshot of nothing would end everything.
        """
        number = 0
        try:
            for number, cells in self._records():
                yield number, cells
        except StructureInvalid as error:
            raise RegisterInvalid(_problem(error), remedy=AS_CSV + self.expected) from error
        except OSError as error:
            raise _unreadable() from error
        if number < FIRST_ROW:
            raise RegisterInvalid(
                "the file has no row below its header" if number else "the file is empty", remedy=_NOTHING
            )

    def _records(self) -> Iterator[tuple[int, list[str]]]:
        number = 1
        for piece in DelimitedReader(self, delimiter=",").pieces():
            rest = piece
            if number == 1:
                header, rest = split_header(piece, delimiter=",")
                yield number, list(header)
            for cells in _cells(rest):
                number += 1
                yield number, cells


@contextmanager
def opened(file: Path | BinaryIO, *, expected: str) -> Iterator[RegisterFile]:
    """RegisterInvalid if it cannot be read; its name is not told. A stream stays its owner's to close."""
    if not isinstance(file, Path):
        yield RegisterFile(stream=file, expected=expected)
        return
    try:
        stream = file.open("rb")
    except OSError as error:
        raise _unreadable() from error
    with stream:
        yield RegisterFile(stream=stream, expected=expected)


def _problem(error: StructureInvalid) -> str:
    if error.row:
        return f"row {error.row} breaks the file's structure: {error.code}"
    return "the file looks like UTF-16" if error.code == LOOKS_LIKE_UTF_16 else f"the file is no text: {error.code}"


def invalid(number: int, what: str) -> RegisterInvalid:
    return RegisterInvalid(f"row {number}: {what}", remedy="correct the row; none of the file was taken")


def _unreadable() -> RegisterInvalid:
    return RegisterInvalid("the file cannot be read", remedy="check that it is there and may be read")


def _cells(piece: Piece) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(piece.data.decode("utf-8"), newline=""), strict=True)
