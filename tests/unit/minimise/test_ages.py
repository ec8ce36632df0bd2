from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.minimise.ages import attained_on, born_by

DAYS = st.dates(date(1996, 1, 1), date(2040, 12, 31))


@pytest.mark.parametrize(
    ("born", "age", "day"),
    [
        (date(2010, 5, 31), 16, date(2026, 5, 31)),
        (date(2012, 2, 29), 13, date(2025, 3, 1)),
        (date(2012, 2, 29), 16, date(2028, 2, 29)),
        (date(2012, 2, 28), 13, date(2025, 2, 28)),
        (date(2012, 3, 1), 13, date(2025, 3, 1)),
    ],
)
def test_an_age_is_attained_on_the_birthday_and_on_1_march_for_a_leap_day_in_common_years(born, age, day):
    assert attained_on(born, age) == day


@given(day=DAYS, age=st.integers(0, 26), days=st.integers(-3, 3))
def test_the_last_date_of_birth_is_the_last(day, age, days):
    last = born_by(day, age)
    born = last + timedelta(days)
    assert (attained_on(born, age) <= day) == (born <= last)


@given(born=DAYS, age=st.integers(0, 26))
def test_nobody_is_older_the_day_before(born, age):
    birthday = attained_on(born, age)
    assert born_by(birthday, age) >= born
    assert born_by(birthday - timedelta(1), age) < born
