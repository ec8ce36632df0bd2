"""The data file of a parcel as records. What is not exactly as it must be is `content-unusable`.

    data       a header with the column Reference, then rows as long as it; no reference twice
    removal    Reference,Remove: `whole`, or the headers of the columns to empty, with spaces between

UTF-8, RFC 4180. An empty cell is nothing: it becomes NULL. A header is a column's name in a
database, so it is letters, digits, spaces and underscores, and two that differ in case are one.
A removal never says why.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.seal.rejections import CONTENT_UNUSABLE, rejected
from gateway.vocabulary.errors import StorageError

REFERENCE, REMOVE, WHOLE = "Reference", "Remove", "whole"
OURS: Final = "handoff_"
"""Columns that begin so are ours."""
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9_ ]{0,62}")


@dataclass(frozen=True, slots=True)
class Removal:
    """What to take away of one child. No columns: all of it."""

    reference: str
    columns: frozenset[str]


def records(path: Path) -> tuple[tuple[str, ...], Iterator[list[str]]]:
    """Header and rows. ParcelInvalid at once for a header that cannot be used, and later for a row."""
    rows = _rows(path)
    header = tuple(next(rows, ()))
    folded = {name.casefold() for name in header}
    if len(folded) != len(header) or not all(_HEADER.fullmatch(name) for name in header):
        raise rejected(CONTENT_UNUSABLE)
    if any(name.startswith(OURS) for name in folded):
        raise rejected(CONTENT_UNUSABLE)
    return header, rows


def is_table(path: Path, name: str) -> bool:
    """Whether a file can be loaded at all: a CSV with a column Reference. Others are kept as files."""
    if not name.endswith(".csv"):
        return False
    header = next(_rows(path), [])
    return REFERENCE.casefold() in (column.casefold() for column in header)


def removals(path: Path) -> tuple[Removal, ...]:
    """All of them, each reference once; ParcelInvalid for anything else."""
    rows = _rows(path)
    if next(rows, []) != [REFERENCE, REMOVE]:
        raise rejected(CONTENT_UNUSABLE)
    found = tuple(_removal(reference, what) for reference, what in rows)
    if len({removal.reference for removal in found}) != len(found):
        raise rejected(CONTENT_UNUSABLE)
    return found


def _removal(reference: str, what: str) -> Removal:
    columns = () if what == WHOLE else tuple(what.split(" "))
    if not reference or len(set(columns)) != len(columns) or any(map(_is_no_column, columns)):
        raise rejected(CONTENT_UNUSABLE)
    return Removal(reference, frozenset(columns))


def _is_no_column(name: str) -> bool:
    return not _HEADER.fullmatch(name) or name in (REFERENCE, WHOLE) or name.casefold().startswith(OURS)


def _rows(path: Path) -> Iterator[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            width = None
            for row in csv.reader(stream, strict=True):
                width = len(row) if width is None else width
                if len(row) != width or "\0" in "".join(row):
                    raise rejected(CONTENT_UNUSABLE)
                yield row
    except (csv.Error, UnicodeDecodeError) as error:
        raise rejected(CONTENT_UNUSABLE) from error
    except OSError as error:
        raise StorageError("the opened data could not be read", remedy="check the disk's health") from error
