"""A large extract of invented children, and a consent register for half a million of them. Made once, by DuckDB.

Columns and headers are those of the route's schema page. All is computed from the row's number, so the same
number of rows around the same day is the same file; nobody shares an identifier, nor name with date of birth.
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb

from gateway.contract.schema import Schema
from gateway.demo.names import FORENAMES, SCHOOLS, STREETS, SURNAMES, TOWN
from gateway.demo.numbers import LETTERS

REGISTERED = 500_000
PURPOSE, NOTICE = "youth-support", "PN-2026-09"
_FIRST, _LAST = ([name for name in names if name.isascii() and name.isalpha()] for names in (FORENAMES, SURNAMES))
_ODD = [name for name in SURNAMES if name not in _LAST]
_NAMES = len(_FIRST) * len(_LAST) ** 2
"""So many children in a row have different names; the next so many have them again, and other birthdays."""
_APART = 7_919
"""A prime that divides no length of a list here: neighbours in the file are no neighbours in the alphabet."""
_DAYS, _DAYS_ON = 3_600, 93
"""Birthdays, and how far the next child of a name is from the last: enough for 1,200 of one name."""
_SELDOM = 8
"""One child in so many has a name with an accent, a hyphen or an apostrophe, as in a council's own files."""
_EMPTY = "''"
_LETTER = "ABDEFGHJLNPQRSTUWXYZ"


def extract(folder: Path, schema: Schema, rows: int, around: date) -> Path:
    """The CSV, made unless it is there."""
    path = folder / f"{schema.schema_name}-{schema.version}-{rows}-{around}.csv"
    if not path.exists():
        columns = ", ".join(
            f'nullif(({_VALUES.get(column.field, _EMPTY)})::varchar, {_EMPTY}) as "{column.header}"'
            for column in schema.columns
        )
        _write(path, f"select {columns} from {_people(rows, around)} order by i", schema.delimiter)
    return path


def register(folder: Path, rows: int, around: date) -> Path:
    """Decisions about half a million of those children, as a council would import them."""
    path = folder / f"register-{rows}-{around}.csv"
    if not path.exists():
        each = max(1, rows // REGISTERED)
        decider = f"case when born > DATE '{around}' - INTERVAL 16 YEAR then 'parent' else 'young-person' end"
        _write(
            path,
            f"""select {_VALUES["upn"]} as upn, '{PURPOSE}' as purpose, {decider} as decided_by,
                case when h % 10 < 8 then 'consent' else 'refuse' end as decision,
                case when h % 10 < 8 then 'consented' end as tiers,
                strftime(DATE '{around}' - INTERVAL 1 DAY, '%Y-%m-%d') as given, null as expires, '{NOTICE}' as notice,
                'FORM-' || i as evidence from {_people(rows, around)} where i % {each} = 0 order by i""",
        )
    return path


def _write(path: Path, query: str, delimiter: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part")
    with duckdb.connect() as engine:
        engine.execute(f"copy ({query}) to '{unfinished}' (format csv, header, delimiter '{delimiter}')")
    unfinished.rename(path)


def _people(rows: int, around: date) -> str:
    """A child a row: number, name number, birthday, and bits to draw the rest from."""
    return f"""(select i, (i * {_APART}) % {_NAMES} as n, hash(i) as h,
        (DATE '{around}' - INTERVAL 11 YEAR)::date
          - ((hash((i * {_APART}) % {_NAMES}) % {_DAYS} + (i // {_NAMES}) * {_DAYS_ON}) % {_DAYS})::integer as born,
        990000000000 + (i * {_APART}) % 1000000000 as digits from range({rows}) t(i))"""


def _one_of(items: Sequence[str], chance: str) -> str:
    quoted = ", ".join("'" + item.replace("'", "''") + "'" for item in items)
    return f"([{quoted}])[1 + ({chance})::bigint % {len(items)}]"


def _check_letter() -> str:
    """Of `digits`, twelve of them: each times its place, counted from 2."""
    places = " + ".join(f"(digits // {10 ** (11 - place)} % 10) * {place + 2}" for place in range(12))
    return f"substr('{LETTERS}', 1 + (({places}) % 23)::integer, 1)"


def _check_digit() -> str:
    """Of the nine digits of 190,000,000 and twice the number; where there is none, of the number after that."""

    def remainder(number: str) -> str:
        return (
            "(" + " + ".join(f"({number} // {10 ** (8 - place)} % 10) * {10 - place}" for place in range(9)) + ") % 11"
        )

    first, second = "(190000000 + 2 * i)", "(190000001 + 2 * i)"
    return (
        f"case when {remainder(first)} <> 0 then {first} || (10 - {remainder(first)})::varchar "
        f"else {second} || (10 - {remainder(second)})::varchar end"
    )


def _plain_surname() -> str:
    """Two of the list as one word, so that there are enough of them."""
    first, second = _one_of(_LAST, f"n // {len(_FIRST)}"), _one_of(_LAST, f"n // {len(_FIRST) * len(_LAST)}")
    return f"{first} || lower({second})"


def _odd_surname() -> str:
    """With a hyphen, and no spelling of it is a plain one: whoever folds names must find nobody twice."""
    first, second = (
        _one_of(_ODD, f"n // {len(FORENAMES)}"),
        _one_of(SURNAMES, f"n // {len(FORENAMES) * len(_ODD)}"),
    )
    return f"{first} || '-' || {second}"


_IS_PLAIN = f"h % {_SELDOM} <> 0"
_FORENAME = f"case when {_IS_PLAIN} then {_one_of(_FIRST, 'n')} else {_one_of(FORENAMES, 'n')} end"
_SURNAME = f"case when {_IS_PLAIN} then {_plain_surname()} else {_odd_surname()} end"
_HOUSE = f"(1 + (h >> 8) % 240) || ' ' || {_one_of(STREETS, 'h >> 16')}"
_POSTCODE = (
    "'NM' || (1 + (h >> 16) % 9) || ' ' || (1 + (h >> 20) % 9) "
    f"|| substr('{_LETTER}', 1 + ((h >> 24) % 20)::integer, 1) || substr('{_LETTER}', 1 + ((h >> 30) % 20)::integer, 1)"
)
_VALUES = {
    "upn": f"{_check_letter()} || digits",
    "uln": _check_digit(),
    "local_id": "'N' || lpad(i::varchar, 8, '0')",
    "forename": _FORENAME,
    "middle_names": _one_of(FORENAMES, "h >> 33"),
    "surname": _SURNAME,
    "date_of_birth": "strftime(born, '%Y-%m-%d')",
    "sex": "case when h % 2 = 0 then 'F' else 'M' end",
    "address_line_1": _HOUSE,
    "address_line_2": "case when h % 3 = 0 then 'Flat ' || (1 + (h >> 40) % 24) else '' end",
    "town": f"'{TOWN}'",
    "county": "'Mereshire'",
    "postcode": _POSTCODE,
    "uprn": "990000000000 + i",
    "phone": "'01632 960' || lpad(((h >> 5) % 1000)::varchar, 3, '0')",
    "mobile": "'07700 900' || lpad(((h >> 9) % 1000)::varchar, 3, '0')",
    "email": "'pupil' || i || '@example.org'",
    "parent_name": f"{_one_of(_FIRST, 'h >> 12')} || ' ' || {_SURNAME}",
    "parent_address": _HOUSE,
    "parent_phone": "'01632 960' || lpad(((h >> 5) % 1000)::varchar, 3, '0')",
    "parent_email": "'home' || i || '@example.org'",
    "school_name": _one_of(SCHOOLS, "h >> 3"),
    "school_number": "4000 + (h >> 3) % 8",
    "school_urn": "990000 + (h >> 3) % 8",
    "year_group": "7 + (h >> 7) % 7",
    "enrolment_status": "'C'",
    "entry_date": "strftime(born, '%Y')::integer + 11 || '-09-01'",
    "part_time": "'N'",
    "boarder": "'N'",
    "first_language": _one_of(("ENG", "ENG", "ENG", "POL", "URD", "TUR"), "h >> 13"),
    "free_school_meals": "case when h % 4 = 0 then 'Y' else 'N' end",
    "service_child": "'N'",
    "youth_support_agreement": _one_of(("Yes", "No", "UNS", "SNR"), "h >> 14"),
    "attendance_possible": "118",
    "attendance_missed": "(h >> 17) % 30",
    "exclusions": "0",
    "attainment": "20 + (h >> 18) % 60",
    "post_16_offer": "case when h % 5 = 0 then 'yes' else '' end",
    "intended_destination": _one_of(("sixth form", "college", "apprenticeship", ""), "h >> 19"),
    "current_activity": _one_of(("school", "college", "apprenticeship", "employment"), "h >> 21"),
    "ethnicity": _one_of(("WBRI", "WIRI", "MWBC", "AIND", "APKN", "BCRB", "CHNE"), "h >> 22"),
    "sen_provision": _one_of(("N", "N", "N", "N", "K", "E"), "h >> 23"),
    "sen_need": "''",
    "medical_flag": "'N'",
    "looked_after": "'N'",
    "young_carer": "'N'",
    "nationality": "'GBR'",
}  # fmt: skip
"""By standard field name, the expression for it. What is not here is an empty cell."""
