"""The part of a retention instruction that a machine can follow: at its end, in square brackets.

    … twelve months after the handoff. [keep P12M]      from the day the parcel was made: Y, M, W or D
    … the end of the school year. [keep until 2027-08-31]

Whatever else it says is for people. Data is due on the day itself, in London.
"""

import calendar
import re
from datetime import date, datetime, timedelta

from gateway.vocabulary.moment import london_day

_KEEP = re.compile(r".*\[keep (?:until (?P<day>\d{4}-\d\d-\d\d)|P(?P<count>\d{1,3})(?P<unit>[YMWD]))\]\.?", re.ASCII)
_MONTHS = {"Y": 12, "M": 1}
_DAYS = {"W": 7, "D": 1}


def due_on(instruction: str, created: datetime) -> date | None:
    """The day on which data that was made at `created` must go; None if only people can tell."""
    match = _KEEP.fullmatch(instruction)
    if match is None:
        return None
    if match["day"]:
        return _day(match["day"])
    count, unit = int(match["count"]), match["unit"]
    if unit in _DAYS:
        return london_day(created) + timedelta(count * _DAYS[unit])
    return _months_later(london_day(created), count * _MONTHS[unit])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _months_later(day: date, months: int) -> date:
    """The same day of the month, or its last one if it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
