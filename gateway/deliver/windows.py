"""When a partner takes parcels: `Mon-Fri 07:00-19:00`, London time, the end not included. Pure.

A window that would go past midnight is written as two, since its days would be ambiguous.
"""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Final

from gateway.vocabulary.moment import LONDON

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MIDNIGHT = "24:00"


def is_open(windows: Sequence[str], at: datetime) -> bool:
    """Whether `at` lies in one of them; with none it always does. ValueError for a window of another shape."""
    here = at.astimezone(LONDON)
    return not windows or any(_holds(window, here) for window in windows)


def _holds(window: str, here: datetime) -> bool:
    days, hours = window.split(" ")
    begins, ends = hours.split("-")
    in_time = time.fromisoformat(begins) <= here.time() and (
        ends == _MIDNIGHT or here.time() < time.fromisoformat(ends)
    )
    return in_time and _on_a_day(days, here.weekday())


def _on_a_day(days: str, weekday: int) -> bool:
    """`Fri-Mon` goes over the end of the week."""
    first, _, last = days.partition("-")
    begin, end = _DAYS.index(first), _DAYS.index(last or first)
    return (weekday - begin) % 7 <= (end - begin) % 7
