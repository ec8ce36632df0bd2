"""One released row as one line of text, as SQL: the cells that its verdict opens, and RFC 4180.

A line is made whole in the engine and leaves it as it is: writing one text a row is several
times cheaper than writing its cells.
"""

from collections.abc import Sequence
from typing import Final

IN_QUOTES_IF: Final = ("','", "'\"'", "chr(10)", "chr(13)")
"""A cell that contains one of these stands in quotes."""
RUN_BY_SPREADSHEETS: Final = ("'='", "'+'", "'-'", "'@'", "chr(9)", "chr(13)")
_NEVER_WRITTEN: Final = "\\x1e"
"""The engine wants a delimiter. There is one column, so it writes none, and quotes nothing for its sake."""


def bare(cells: Sequence[str]) -> str:
    """SQL for all cells as one text: what is not in it is in none of them. In `concat` a NULL is an empty text."""
    return f"concat({', '.join(cells)})"


def line(cells: Sequence[str], bare: str) -> str:
    """SQL for the record, without its newline. `cells` and `bare` are names: whatever they stand for is computed once."""
    if len(cells) == 1:
        return _in_quotes(cells[0], empty='""')  # an empty cell alone would be a blank line
    plain = " AND ".join(f"NOT contains({bare}, {character})" for character in IN_QUOTES_IF)
    # a function over a list is a little slower than an expression for each cell, and planned in a tenth of the time
    quoted = f"array_to_string(list_transform([{', '.join(cells)}], lambda cell: {_in_quotes('cell')}), ',')"
    return f"CASE WHEN {plain} THEN concat({_with_commas(cells)}) ELSE {quoted} END"


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


def _with_commas(cells: Sequence[str]) -> str:
    return ", ',', ".join(cells)


def _in_quotes(cell: str, empty: str = "") -> str:
    needed = " OR ".join(f"contains({cell}, {character})" for character in IN_QUOTES_IF)
    return f"CASE WHEN {needed} THEN '\"' || replace({cell}, '\"', '\"\"') || '\"' ELSE coalesce({cell}, '{empty}') END"
