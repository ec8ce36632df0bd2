"""What can become of a row. Exactly one verdict each, the first of these that holds:

    order  verdict                   when
    1      rejected                  a cell breaks the schema (`shapes`)
    2      age                       outside the policy's ages; nothing further is computed about this child
    3      hold                      one of its identifiers, or the address, is on hold
    4      too-few-identifiers       no UPN, no name with date of birth, or no address: a hold could not be seen
    5      duplicate                 the child stands in the file twice, by UPN or by name and date of birth
    6      objection                 Article 21, until it is lifted
    7      released                  the floor, and the tiers that a live consent opens

Only the last releases anything, so the order decides which reason is counted and never how
much leaves. Ages come before holds because a row outside of them leaves on no account, and
deriving pseudonyms of children who are none of this route's business would be both slow and
more than is needed. A duplicate is one even if its other row is rejected or outside the ages.

On a statutory route there are no ages, objections and tiers, and 1, 3, 4 and 5 refuse the
file: a return is never thinned. Where its policy answers holds by field, 3 comes after 5: the
row leaves, without the fields that nobody has approved.

A released row's verdict is below 4:

    0 to 3      the floor, and the sum of the tiers that leave with it
    -1          the floor of a child on hold, without the fields that are kept back
    below       the floor, tiers, and single fields: `by_name` and their bits. Nothing but higher bits
                is added, so that a tier's and a field's bit are asked for alike, in each of them
"""

from collections.abc import Sequence
from typing import Final

FLOOR, CONSENTED, SPECIAL = 0, 1, 2
TIERS: Final = range(4)
KEPT_BACK: Final = -1
RELEASED_BELOW: Final = 4
HOLD, TOO_FEW, DUPLICATE, OBJECTION, AGE = 10, 11, 12, 13, 14
WITHHELD: Final = {
    HOLD: "hold",
    TOO_FEW: "too-few-identifiers",
    DUPLICATE: "duplicate",
    OBJECTION: "objection",
    AGE: "age",
}
REJECTED: Final = 100
"""A rejected row's verdict is this plus the number of its fault in the plan."""


def is_released(verdict: int) -> bool:
    return verdict < RELEASED_BELOW


def bits_of(verdict: int) -> int:
    """What consent opened, of a released row."""
    return FLOOR if verdict == KEPT_BACK else verdict


def field_bit(place: int) -> int:
    """Of a field that only consent releases, by its place among those of the output."""
    return 4 << place


def by_name(fields: int) -> int:
    """What is added to the bits where single fields are among them, on a route that has so many."""
    return -field_bit(fields)


def sql_type(fields: int) -> str:
    """That holds all verdicts: wider ones make judging a little slower."""
    return "INTEGER" if field_bit(fields) <= 1 << 31 else "BIGINT"


def named_in(verdict: int, fields: Sequence[str]) -> tuple[str, ...]:
    """Those of the output's optional fields that a row gives by their names; ValueError if it gives others."""
    named = verdict - by_name(len(fields)) if verdict < KEPT_BACK else 0
    if not 0 <= named < field_bit(len(fields)):
        raise ValueError("a verdict names fields that there are not")
    return tuple(field for place, field in enumerate(fields) if named & field_bit(place))


def without_names(verdict: int) -> int:
    return verdict & max(TIERS) if verdict < KEPT_BACK else verdict


def tiers_of(verdict: int) -> tuple[str, ...]:
    return tuple(name for tier, name in ((CONSENTED, "consented"), (SPECIAL, "special")) if bits_of(verdict) & tier)


def is_told(verdict: int, *, by_consent: bool) -> bool:
    """Whether the places of such rows are told: what staff can mend, and never who is on hold."""
    return verdict >= REJECTED or verdict == DUPLICATE or (verdict == TOO_FEW and not by_consent)
