"""When to try again: exponential back-off with jitter. Pure.

Only errors whose class says `try_again` come here; a changed host key, refused
credentials or a taken name wait for a person and are never tried again by themselves.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

FIRST = timedelta(seconds=15)
LONGEST = timedelta(minutes=10)
"""Short against `release_by`: a parcel has a few hours at most."""
_DOUBLINGS = 10


def next_try(failures: int, at: datetime, random: Callable[[], float]) -> datetime:
    """After `failures` (1 or more) in a row; `random` gives a number in [0, 1).

    Half of the wait is fixed, half is chance, so that many parcels do not come back as one.
    """
    if failures < 1:
        raise ValueError("there is nothing to wait for before the first failure")
    wait = min(LONGEST, FIRST * (1 << min(failures - 1, _DOUBLINGS)))
    return at + wait / 2 + wait / 2 * random()
