"""The note beside a refused file: why, where, and what to do about just that. Pure text.

No value of any cell: rows are named by number, columns by their header, which is the schema's own
spelling and never the file's. Rows in a row with the same fault share a line, since nobody reads fifty alike.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final

from gateway.approval.rules import Reason
from gateway.contract.schema import Schema
from gateway.story.notes import when

SEPARATORS: Final = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "vertical bars"}
ABOUT_THE_HEADER: Final = frozenset({"header", "structure", "empty-file"})
_PLACE = re.compile(r"row (\d+): (.*)")


def refusal_note(
    transfer: str,
    schema: Schema,
    reasons: Sequence[Reason],
    places: Sequence[str],
    at: datetime,
    *,
    route: str,
    days: int,
) -> str:
    lines = [
        f"Refused: transfer {transfer} on route {route}, {when(at)}. Nothing was sent.",
        "",
        "Why:",
        *(f"- {reason.sentence} ({reason.slug})" for reason in reasons),
    ]
    if places:
        lines += ["", "Where (row numbers count from the header as row 1):", *(f"- {line}" for line in in_runs(places))]
    slugs = {reason.slug for reason in reasons}
    lines += [
        "",
        *header_in_words(schema, slugs),
        f"What to do: {_what_to_do(slugs)} This copy is deleted after {days} days.",
    ]
    return "\n".join([*lines, ""])


def header_in_words(schema: Schema, slugs: set[str]) -> Iterator[str]:
    """The header that is asked for, where one is and the file seems to have another, or other separators."""
    if schema.format == "csv" and slugs & ABOUT_THE_HEADER:
        yield f"The first row has to be this, spelled just so, with {SEPARATORS[schema.delimiter]} between; rows below are separated alike:"
        yield "  " + schema.delimiter.join(column.header for column in schema.columns)


def _what_to_do(slugs: set[str]) -> str:
    if slugs == {"handed-over-before"}:
        return "nothing, if that is the handoff you meant. To hand this very file over again, have 'gateway resend' typed first."
    return "put the cause right and drop the file again."


def in_runs(places: Sequence[str]) -> Iterator[str]:
    """Rows that follow each other and have the same fault, as one line."""
    found = [(int(match[1]), match[2]) if (match := _PLACE.fullmatch(place)) else (0, place) for place in places]
    for (_, sentence), run in groupby(enumerate(found), key=lambda seen: (seen[1][0] - seen[0], seen[1][1])):
        rows = [row for _, (row, _) in run]
        if not rows[0]:
            yield sentence
        elif len(rows) == 1:
            yield f"row {rows[0]}: {sentence}"
        else:
            yield f"rows {rows[0]} to {rows[-1]}: {sentence}"
