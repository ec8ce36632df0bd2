"""When what was released about a child must end: a birthday, kept without being told.

A row of disclosures about a child who comes of an age within `HORIZON` has a tag beside its
verdict: the pseudonym of what ends, the day, and the subject. Without the register's key no day
can be read out of it; with the key one asks of each row whether today is its day.

    w   the whole child, on the birthday that ends the policy's ages
    f   what others have opened, on the birthday from which the young person decides
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Final

from gateway.contract.policy import Policy
from gateway.crypto.nesting import PSEUDONYM
from gateway.minimise.ages import born_by
from gateway.minimise.disclosed import DisclosedFile, asked
from gateway.minimise.keying import bound
from gateway.minimise.session import Value
from gateway.minimise.shapes import parsed, quoted

HORIZON: Final = timedelta(days=400)
"""Whoever is not replaced by a newer full parcel within this time is not thought of any more."""
WHOLE, FIELDS = "w", "f"


def last_days(policy: Policy, today: date) -> dict[str, date]:
    """The dates of birth up to which a child comes of the ages within the horizon, by parameter."""
    ages, soon = policy.eligibility, today + HORIZON
    if ages is None:
        return {}
    days = {"ends_whole": born_by(soon, ages.until_age), "ends_fields": born_by(soon, policy.right_holder_age)}
    return days | ({"ends_longer": born_by(soon, ages.longer.until_age)} if ages.longer else {})


def ends(policy: Policy) -> str:
    """SQL of a released row's tag; NULL if nothing ends soon. Dates of birth are compared first: a tag is dear."""
    ages, born = policy.eligibility, parsed("date_of_birth")
    if ages is None:
        return "CAST(NULL AS BLOB)"
    until = f"WHEN {born} <= $ends_whole::DATE THEN {_tag(WHOLE, birthday(born, ages.until_age))}"
    if ages.longer:
        has_code = f"coalesce(list_contains(string_split($evidence_codes, ' '), {quoted(ages.longer.evidence)}), false)"
        later = _tag(WHOLE, birthday(born, ages.longer.until_age))
        until = f"WHEN {has_code} THEN CASE WHEN {born} <= $ends_longer::DATE THEN {later} END {until}"
    minor = f"_verdict <> 0 AND {born} > $attained_holder::DATE AND {born} <= $ends_fields::DATE"
    holder = f"WHEN {minor} THEN {_tag(FIELDS, birthday(born, policy.right_holder_age))}"
    return f"CASE WHEN _verdict > 3 THEN NULL {holder} {until} END"


def birthday(born: str, age: int) -> str:
    """`ages.attained_on` in SQL: DuckDB puts 29 February plus years on the 28th, the law on 1 March."""
    there = f"CAST({born} + INTERVAL {age} YEAR AS DATE)"
    return f"({there} + CASE WHEN day({born}) = 29 AND month({born}) = 2 AND day({there}) = 28 THEN 1 ELSE 0 END)"


def ended(file: DisclosedFile, days: Sequence[date]) -> Iterator[tuple[bytes, bool]]:
    """Of whom something ends on one of these days: the subject, and whether it is the whole child.

    Raises:
        StorageError: the file cannot be read.
    """
    for kind in (WHOLE, FIELDS):
        tags = f"list_transform($days::VARCHAR[], lambda day: {_tag(kind, 'day', of='subject')})"
        condition = f"ends IS NOT NULL AND list_contains({tags}, ends)"
        values: dict[str, Value] = {"days": [day.isoformat() for day in days], **bound(file.key)}
        yield from ((subject, kind == WHOLE) for subject in asked(file, condition, values))


def _tag(kind: str, day: str, *, of: str = "_subject") -> str:
    """One block of SHA-256, key and all. Of several keys the first: whoever followed knows them all."""
    return f"unhex(left(sha256($pseudonym_key || encode('{kind}' || {day}) || {of}), {2 * PSEUDONYM}))"
