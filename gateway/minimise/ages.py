"""When an age is attained: at 00:00 in London on the birthday (Family Law Reform Act 1969, s. 9).

Who was born on 29 February has the birthday on 1 March in common years. Rows are compared
with a constant, the last date of birth that has attained the age, and never counted in years.
"""

from calendar import isleap
from datetime import date

LEAP_DAY = (2, 29)


def attained_on(born: date, age: int) -> date:
    """The day from whose first moment the child is `age` years old."""
    return _in_year(born, born.year + age, date(born.year + age, 3, 1))


def born_by(day: date, age: int) -> date:
    """The last date of birth with which `age` is attained on `day`."""
    return _in_year(day, day.year - age, date(day.year - age, 2, 28))


def _in_year(day: date, year: int, instead_of_leap_day: date) -> date:
    if (day.month, day.day) == LEAP_DAY and not isleap(year):
        return instead_of_leap_day
    return day.replace(year=year)
