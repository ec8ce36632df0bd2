"""What a machine can read of a retention instruction, and what it leaves to people."""

from datetime import UTC, date, datetime

import pytest

from gateway.partner.retention import due_on

MADE = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("instruction", "due"), [
    ("Delete after a year. [keep P12M]", date(2027, 1, 31)), ("[keep P1Y]", date(2027, 1, 31)),
    ("[keep P1M]", date(2026, 2, 28)), ("[keep P25M].", date(2028, 2, 29)), ("[keep P2W]", date(2026, 2, 14)),
    ("[keep P0D]", date(2026, 1, 31)), ("Until term ends. [keep until 2027-08-31]", date(2027, 8, 31)),
])  # fmt: skip
def test_the_last_words_in_brackets_name_the_day(instruction, due):
    assert due_on(instruction, MADE) == due


@pytest.mark.parametrize("instruction", [
    "Delete after twelve months", "[keep P12M] or so", "[keep 12M]", "[keep P1Y6M]", "[keep until 2027-02-30]",
    "[keep until tomorrow]", "keep P12M", "[keep P-1D]", "[keep P١D]", "[KEEP P1D]", "",
])  # fmt: skip
def test_whatever_else_it_says_is_for_people(instruction):
    assert due_on(instruction, MADE) is None


def test_the_day_is_londons():
    summer = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert due_on("[keep P1D]", summer) == date(2026, 7, 2)
