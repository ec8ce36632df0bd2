"""A population from standard input, and those of its rows who are affected, as CSV.

What comes in is somebody's own register: it is passed on as it is, cell by cell, and kept
nowhere. A cell that a spreadsheet would calculate is passed on too; the page that opens this
file must be told to read text.
"""

import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import TextIO

from gateway.story.incident import BATCH, Matching
from gateway.vocabulary.errors import InputError

FIELDS = "released_fields"
LARGEST_CELL = 1 << 20
_REMEDY = "send CSV in UTF-8 with a header, and in it one column UPN"


def affected(stream: TextIO, found: Matching, names: frozenset[str]) -> Iterator[str]:
    """The header and the rows, each as one record of CSV. `names`: what the column of UPNs may be called.

    Raises:
        InputError: it is no CSV, or has no column of UPNs, or several; rows are named by number only.
    """
    reader = _Records(stream)
    header = reader.header()
    place = _column(header, names)
    yield record([*header, FIELDS])
    while rows := reader.some(BATCH, len(header)):
        upns = [row[place].strip().upper() for row in rows]
        for at, fields in found.among(upns):
            yield record([*rows[at], " ".join(fields)])


class _Records:
    def __init__(self, stream: TextIO) -> None:
        csv.field_size_limit(LARGEST_CELL)
        self._reader, self._row = csv.reader(stream, strict=True), 0

    def header(self) -> list[str]:
        header = next(iter(self.some(1, None)), [])
        if header:
            header[0] = header[0].removeprefix("\ufeff")
        return header

    def some(self, most: int, columns: int | None) -> list[list[str]]:
        rows: list[list[str]] = []
        try:
            for row in islice(self._reader, most):
                self._row += 1
                if columns is not None and len(row) != columns:
                    raise InputError(
                        f"row {self._row} of the population has {len(row)} cells where {columns} are expected",
                        remedy=_REMEDY,
                    )
                rows.append(row)
        except (csv.Error, UnicodeDecodeError) as error:
            raise InputError(f"the population is no CSV after row {self._row}", remedy=_REMEDY) from error
        return rows


def record(cells: list[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def _column(header: list[str], names: frozenset[str]) -> int:
    wanted = {name.casefold() for name in names}
    places = [place for place, name in enumerate(header) if name.strip().casefold() in wanted]
    if len(places) != 1:
        raise InputError(f"the population has {len(places)} columns of UPNs where one is expected", remedy=_REMEDY)
    return places[0]
