"""One released row as one line of text, as SQL: the cells that its verdict opens, and RFC 4180.

A line is made whole in the engine and leaves it as it is: writing one text a row is several
times cheaper than writing its cells.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

IN_QUOTES_IF: Final = ("','", "'\"'", "chr(10)", "chr(13)")
"""A cell that contains one of these stands in quotes."""
RUN_BY_SPREADSHEETS: Final = ("'='", "'+'", "'-'", "'@'", "chr(9)", "chr(13)")
_NEVER_WRITTEN: Final = "\\x1e"
"""The engine wants a delimiter. There is one column, so it writes none, and quotes nothing for its sake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The cells of an output, by names: whatever they stand for is computed once.

    `released` and `floor_alone` are conditions: that a row leaves, and that it does with the `floor` cells only. Most
    rows are of these, and a shorter record is told for them in half the time.
    """

    cells: Sequence[str]
    floor: Collection[str]
    released: str
    floor_alone: str

    def bare(self) -> str:
        """SQL for all cells as one text: what is not in it is in none of them. In `concat` a NULL is an empty text."""
        return f"CASE WHEN {self.released} THEN {self._by_shape('')} END"

    def line(self, bare: str) -> str:
        """SQL for the record, without its newline; NULL for a row that does not leave. `bare` is a name as well."""
        if len(self.cells) == 1:
            whole = _in_quotes(self.cells[0], empty='""')  # an empty cell alone would be a blank line
            return f"CASE WHEN {self.released} THEN {whole} END"
        plain = " AND ".join(f"NOT contains({bare}, {character})" for character in IN_QUOTES_IF)
        # a function over a list is a little slower than an expression for each cell, and planned in a tenth of the time
        quoted = f"array_to_string(list_transform([{', '.join(self.cells)}], lambda cell: {_in_quotes('cell')}), ',')"
        return f"CASE WHEN NOT ({self.released}) THEN NULL WHEN {plain} THEN {self._by_shape(',')} ELSE {quoted} END"

    def _by_shape(self, between: str) -> str:
        whole, short = (_joined(self.cells, given, between) for given in (self.cells, self.floor))
        return f"CASE WHEN {self.floor_alone} THEN {short} ELSE {whole} END" if short != whole else whole


def neutralised(cell: str) -> str:
    """A cell that spreadsheets would run: they show an apostrophe as nothing, and take the rest as text."""
    risky = " OR ".join(f"starts_with({cell}, {character})" for character in RUN_BY_SPREADSHEETS)
    return f"CASE WHEN {risky} THEN chr(39) || {cell} ELSE {cell} END"


def copied(query: str, path: str) -> str:
    """SQL that writes lines to a file, each with its LF, byte for byte."""
    return (
        f"COPY ({query}) TO '{path}' (FORMAT csv, HEADER false, DELIMITER '{_NEVER_WRITTEN}', QUOTE '', ESCAPE '',"
        " NULLSTR '', USE_TMP_FILE false)"
    )


def _joined(cells: Sequence[str], given: Collection[str], between: str) -> str:
    """Of the cells those that are given; what lies between the others is told at once."""
    parts, pending = [], ""
    for place, cell in enumerate(cells):
        pending += between if place else ""
        if cell in given:
            parts += [f"'{pending}'", cell] if pending else [cell]
            pending = ""
    last = [f"'{pending}'"] if pending or not parts else []
    return f"concat({', '.join([*parts, *last])})"


def _in_quotes(cell: str, empty: str = "") -> str:
    needed = " OR ".join(f"contains({cell}, {character})" for character in IN_QUOTES_IF)
    return f"CASE WHEN {needed} THEN '\"' || replace({cell}, '\"', '\"\"') || '\"' ELSE coalesce({cell}, '{empty}') END"
