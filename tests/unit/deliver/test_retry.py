"""When to try again: sooner than too late, later than too often, and not all at once."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.deliver.retry import FIRST, LONGEST, next_try

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
chances = st.floats(0, 1, exclude_max=True)


def wait(failures, chance):
    return next_try(failures, AT, lambda: chance) - AT


@given(st.integers(1, 10**6), chances)
def test_a_wait_is_never_shorter_than_half_the_first_nor_longer_than_the_longest(failures, chance):
    assert FIRST / 2 <= wait(failures, chance) <= LONGEST


@given(st.integers(1, 100), chances)
def test_a_wait_never_shrinks_from_one_failure_to_the_next(failures, chance):
    assert wait(failures, chance) <= wait(failures + 1, chance)


def test_the_first_waits_double():
    waits = [wait(failures, 0) for failures in range(1, 5)]
    assert waits == [FIRST / 2 * factor for factor in (1, 2, 4, 8)]


def test_half_of_a_wait_is_chance():
    assert wait(1, 0) == FIRST / 2
    assert wait(1, 0.5) == FIRST * 0.75
    assert wait(50, 0.999) > LONGEST * 0.99


def test_the_longest_wait_is_short_against_the_hours_a_parcel_has():
    assert timedelta(minutes=15) >= LONGEST


@pytest.mark.parametrize("failures", [0, -1])
def test_before_the_first_failure_there_is_nothing_to_wait_for(failures):
    with pytest.raises(ValueError, match="before the first failure"):
        wait(failures, 0)
