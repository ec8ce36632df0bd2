"""One released row as one line of text, as SQL: the cells that its verdict opens, and RFC 4180.

A line is made whole in the engine and leaves it as it is: writing one text a row is several
times cheaper than writing its cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

DELIMITER: Final = ","
IN_QUOTES_IF: Final = (f"'{DELIMITER}'", "'\"'", "chr(10)", "chr(13)")
"""A cell that contains one of these stands in quotes."""
_APART: Final = "chr(0)"
"""No extract holds one: it is refused where bytes are validated (`formats.delimited`)."""
_NEEDS_QUOTES: Final = f'[^\\x00]*[{DELIMITER}"\\n\\r][^\\x00]*'
RUN_BY_SPREADSHEETS: Final = ("'='", "'+'", "'-'", "'@'", "chr(9)", "chr(13)")
_NEVER_WRITTEN: Final = "\\x1e"
"""The engine wants a delimiter. There is one column, so it writes none, and quotes nothing for its sake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Rows that are all told alike: `when` a row is one, and each cell of it; None is one that such a row does not have."""

    when: str
    cells: Sequence[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The cells of an output. What they name is computed once; `every` is right of each row that is `released`.

    Most rows are of one of the `kinds`, for which less is asked: the first has the fewest cells. `suspects` are names of
    all cells that may need quotes, whether or not a row has them: a few rows too many are then looked at closely.
    `none_needed` is a condition that the engine knows before it reads: that no cell at all needs quotes.
    """

    released: str
    every: Sequence[str]
    kinds: Sequence[Kind]
    suspects: Sequence[str]
    none_needed: str = "false"

    def bare(self) -> str:
        """SQL for the suspects as one text: what is not in it is in none of them. In `concat` a NULL is an empty text."""
        least = self.kinds[0]
        few = [cell for cell in least.cells if cell in self.suspects]
        short = f" WHEN {least.when} THEN {_joined(few, '')}" if len(few) < len(self.suspects) else ""
        return f"CASE WHEN NOT ({self.released}) THEN NULL{short} ELSE {_joined(self.suspects, '')} END"

    def line(self, bare: str) -> str:
        """SQL for the record, without its newline; NULL for a row that does not leave. `bare` is a name as well."""
        if len(self.every) == 1:
            whole = _in_quotes(self.every[0], empty='""')  # an empty cell alone would be a blank line
            return f"CASE WHEN {self.released} THEN {whole} END"
        nothing = " AND ".join(f"NOT contains({bare}, {character})" for character in IN_QUOTES_IF)
        plain = f"({self.none_needed} OR ({nothing}))"
        kinds = " ".join(f"WHEN {kind.when} THEN {_joined(kind.cells, DELIMITER)}" for kind in self._distinct())
        return (
            f"CASE WHEN NOT ({self.released}) THEN NULL"
            f" WHEN {plain} THEN CASE {kinds} ELSE {_joined(self.every, DELIMITER)} END ELSE {_quoted(self.every)} END"
        )

    def _distinct(self) -> Sequence[Kind]:
        """Without those that have the same cells as the one before."""
        pairs = zip(self.kinds, [None, *self.kinds], strict=False)
        return [kind for kind, before in pairs if before is None or kind.cells != before.cells]


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


def _joined(cells: Sequence[str | None], between: str) -> str:
    """Of the cells those that there are; what lies between the others is told at once."""
    parts, pending = [], ""
    for place, cell in enumerate(cells):
        pending += between if place else ""
        if cell is not None:
            parts += [f"'{pending}'", cell] if pending else [cell]
            pending = ""
    last = [f"'{pending}'"] if pending or not parts else []
    return f"concat({', '.join([*parts, *last])})"


def _quoted(cells: Sequence[str]) -> str:
    """All cells, those in quotes that need them: found as what lies between two marks that no cell holds."""
    apart = f"concat({f', {_APART}, '.join(cells)})"
    doubled = f"replace({apart}, '\"', '\"\"')"
    return f"replace(regexp_replace({doubled}, '{_NEEDS_QUOTES}', '\"\\0\"', 'g'), {_APART}, '{DELIMITER}')"


def _in_quotes(cell: str, empty: str = "") -> str:
    needed = " OR ".join(f"contains({cell}, {character})" for character in IN_QUOTES_IF)
    return f"CASE WHEN {needed} THEN '\"' || replace({cell}, '\"', '\"\"') || '\"' ELSE coalesce({cell}, '{empty}') END"
