"""Is a cell what its column's shape says? One fault a row: the first, in the order of the columns.

Shapes are exact: a padded or lower-case UPN is none, and a date has one spelling.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.contract.schema import Column, Schema
from gateway.minimise.pupil_numbers import ULN_WEIGHTS, UPN_LETTERS, UPN_SHAPE

DATE_SHAPE = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
POSTCODE_SHAPE = "(?i)(GIR ?0AA|[A-PR-UWYZ]([0-9]{1,2}|[A-HK-Y][0-9]([0-9ABEHMNPRV-Y])?|[0-9][A-HJKPS-UW]) ?[0-9][ABD-HJLNP-UW-Z]{2})"
PHRASES: Final = {
    "empty-cell": "is empty",
    "bad-upn": "is not a UPN",
    "bad-uln": "is not a ULN",
    "bad-date": "is not a date",
    "bad-postcode": "is not a postcode",
    "impossible-date": "lies in the future or too long ago",
}
"""Why a row is rejected: the reason's slug, and what a place says about the column."""
UPN_WEIGHTS = tuple(range(2, 14))
_LAST_PLACES = "0123456789" + UPN_LETTERS


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason, the header of the column it is about, and the SQL condition under which it holds."""

    reason: str
    header: str
    when: str

    def sentence(self) -> str:
        """For who made the file: the column as its header spells it, which is the schema's spelling (DECISIONS 30)."""
        return f'"{self.header}" {PHRASES[self.reason]}'


def faults(schema: Schema) -> tuple[Fault, ...]:
    """Each that a row can have, in the order in which they are looked for."""
    return tuple(fault for column in schema.columns for fault in _of_column(column))


def _of_column(column: Column) -> Iterator[Fault]:
    field, header, cell = column.field, column.header, quoted(column.field)
    filled = f"{cell} IS NOT NULL"  # the engine reads an empty cell as NULL, quoted or not
    if column.required:
        yield Fault("empty-cell", header, f"{cell} IS NULL")
    if column.shape == "date":
        yield Fault("bad-date", header, f"{filled} AND {parsed(field)} IS NULL")
        if field == "date_of_birth":
            yield Fault("impossible-date", header, f"{parsed(field)} NOT BETWEEN $earliest::DATE AND $today::DATE")
    elif column.shape == "upn":
        yield Fault("bad-upn", header, f"{filled} AND {parsed(field)} IS NULL")
    elif column.shape == "uln":
        yield Fault("bad-uln", header, f"{filled} AND NOT coalesce({_is_uln(field)}, false)")
    elif column.shape == "postcode":
        yield Fault("bad-postcode", header, f"{filled} AND NOT regexp_full_match({cell}, '{POSTCODE_SHAPE}')")


def readings(schema: Schema) -> Iterator[tuple[str, ...]]:
    """SQL columns for what is used several times, in SELECTs one around the other.

    Dates come out as dates, UPNs as a number each if their check letter is right, ULNs by their digits; else NULL.
    """
    dates, upns, ulns = (
        [column.field for column in schema.columns if column.shape == shape] for shape in ("date", "upn", "uln")
    )
    yield (
        *(f"try_cast({quoted(field)} AS DATE) AS {_read(field)}" for field in dates),
        *(f"regexp_full_match({quoted(field)}, '{UPN_SHAPE}') AS {_shaped(field)}" for field in upns),
        *(
            f"CASE WHEN strlen({quoted(field)}) = 10 THEN try_cast({quoted(field)} AS BIGINT) END AS {_read(field)}"
            for field in ulns
        ),
    )
    yield (
        *(f"{_exact_number(field)} AS {_digits(field)}" for field in ulns),
        *(f"{_exact_date(field)} AS {parsed(field)}" for field in dates),
        *(column for field in upns for column in _places_of_upn(field)),
    )
    yield (
        *(f"{_check_number(field)} AS {_check(field)}" for field in upns),
        *(f"{_weighted_sum(f'({_digits(field)} // 10)', ULN_WEIGHTS)} % 11 AS {_check(field)}" for field in ulns),
    )
    yield tuple(_checked_upn(field) for field in upns)


def _places_of_upn(field: str) -> Iterator[str]:
    cell, shaped = quoted(field), _shaped(field)
    yield f"CASE WHEN {shaped} THEN CAST(substr({cell}, 2, 11) AS BIGINT) END AS {_digits(field)}"
    yield f"CASE WHEN {shaped} THEN strpos('{_LAST_PLACES}', right({cell}, 1)) - 1 END AS {_last(field)}"


def _check_number(field: str) -> str:
    digits, last = _digits(field), _last(field)
    # in a UPN's last place a digit counts as itself, a letter by its place in the alphabet of check letters
    value = f"CASE WHEN {last} < 10 THEN {last} ELSE {last} - 10 END"
    return f"({_weighted_sum(digits, UPN_WEIGHTS[:11])} + 13 * ({value})) % 23"


def _checked_upn(field: str) -> str:
    number = f"{_digits(field)} * 64 + {_last(field)}"
    return f"CASE WHEN ascii({quoted(field)}) = {_letter_code(_check(field))} THEN {number} END AS {parsed(field)}"


def _letter_code(number: str) -> str:
    """The code of a check letter, by its number: A to Z without I, O and S. Numbers are cheaper than letters."""
    passed = (UPN_LETTERS.index(letter) for letter in "JPT")
    return " + ".join([f"65 + {number}", *(f"({number} >= {place})::INTEGER" for place in passed)])


def quoted(field: str) -> str:
    return f'"{field}"'


def parsed(field: str) -> str:
    """The SQL name of a cell's parsed value."""
    return f'"_{field}"'


def _exact_date(field: str) -> str:
    """Ten places that come back as they went in: engines read `2010-3-1`, padded blanks and `infinity` as dates too."""
    cell, read = quoted(field), _read(field)
    return f"CASE WHEN strlen({cell}) = 10 AND CAST({read} AS VARCHAR) = {cell} THEN {read} END"


def _read(field: str) -> str:
    return f'"_{field}_read"'


def _shaped(field: str) -> str:
    return f'"_{field}_shaped"'


def _check(field: str) -> str:
    return f'"_{field}_check"'


def _digits(field: str) -> str:
    return f'"_{field}_digits"'


def _last(field: str) -> str:
    return f'"_{field}_last"'


def _exact_number(field: str) -> str:
    """`ULN_SHAPE` of ten places that were read as a number: engines read signs, blanks and exponents too. As a pattern it takes longer."""
    read = _read(field)
    return f"CASE WHEN {read} >= {10**9} AND CAST({read} AS VARCHAR) = {quoted(field)} THEN {read} END"


def _weighted_sum(digits: str, weights: Sequence[int]) -> str:
    """Σ digit·weight of a number with as many digits as there are weights.

    A digit is ⌊n/10^k⌋ − 10·⌊n/10^(k+1)⌋; gathered by ⌊n/10^k⌋ the sum needs no remainder and
    is twice as fast as taking the places apart.
    """
    last = len(weights) - 1
    terms = [f"({digits} // {10 ** (last - i)}) * {weights[i] - 10 * weights[i + 1]}" for i in range(last)]
    return "(" + " + ".join([*terms, f"{digits} * {weights[last]}"]) + ")"


def _is_uln(field: str) -> str:
    """The tenth digit is ten less the sum's remainder; a remainder of nothing belongs to no ULN."""
    return f"({_check(field)} <> 0 AND {_digits(field)} % 10 = 10 - {_check(field)})"
