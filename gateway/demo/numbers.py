"""Numbers that pass their checks and belong to nobody: local authority 990 does not exist.

UPN: a check letter, then 12 digits, the last of which is a letter in a temporary one. The check letter is
the sum of each place's value times its number, counted from 2, by 23. ULN: nine digits and a check digit,
ten less the sum of the digits times 10 to 2, by 11; a remainder of 0 makes no ULN.
"""

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_AUTHORITY, _FIRST_SCHOOL = 990, 4000
SCHOOLS_AT_A_TIME, _A_YEAR = 8, 1000


def school_number(child: int) -> int:
    """Of the child with this number, so that a few children are spread over several schools."""
    return _FIRST_SCHOOL + child % SCHOOLS_AT_A_TIME + SCHOOLS_AT_A_TIME * (child // (SCHOOLS_AT_A_TIME * _A_YEAR))


def upn(child: int, entered: int, *, temporary: bool = False) -> str:
    """Unique by `child`, whatever the year of entry."""
    serial = child // SCHOOLS_AT_A_TIME % _A_YEAR
    last = LETTERS[serial % 23] if temporary else str(serial % 10)
    body = f"{_AUTHORITY}{school_number(child)}{entered % 100:02}{serial // 10:02}{last}"
    return check_letter(body) + body


def check_letter(body: str) -> str:
    """Of the twelve places behind it."""
    values = (int(place) if place.isdigit() else LETTERS.index(place) for place in body)
    return LETTERS[sum(value * weight for weight, value in enumerate(values, start=2)) % 23]


def uln(child: int) -> str:
    """Unique by `child`: numbers that have no check digit are passed over."""
    number = 190_000_000 + 2 * child
    remainder = _remainder(number) or _remainder(number := number + 1)
    return f"{number}{10 - remainder}"


def _remainder(number: int) -> int:
    return sum(int(digit) * weight for digit, weight in zip(str(number), range(10, 1, -1), strict=True)) % 11
