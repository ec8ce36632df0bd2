"""A partner's hours are London's, by day of the week, and end when they say."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.contract.partner import Endpoint
from gateway.deliver.windows import is_open
from gateway.vocabulary.moment import LONDON

WORKING = ("Mon-Fri 07:00-19:00",)


def london(text):
    return datetime.fromisoformat(text).replace(tzinfo=LONDON)


@pytest.mark.parametrize(
    ("at", "is_so"),
    [
        ("2026-11-23T07:00", True),  # a Monday
        ("2026-11-23T06:59:59", False),
        ("2026-11-23T18:59:59", True),
        ("2026-11-23T19:00", False),
        ("2026-11-27T12:00", True),
        ("2026-11-28T12:00", False),
        ("2026-11-29T12:00", False),
        ("2026-07-06T07:00", True),  # in summer, when London is not UTC
        ("2026-07-06T06:30", False),
    ],
)
def test_working_hours_are_londons(at, is_so):
    assert is_open(WORKING, london(at)) is is_so


@pytest.mark.parametrize(
    ("window", "at", "is_so"),
    [
        ("Sat 00:00-24:00", "2026-11-28T23:59:59", True),
        ("Sat 00:00-24:00", "2026-11-29T00:00", False),
        ("Fri-Mon 08:00-09:00", "2026-11-29T08:30", True),
        ("Fri-Mon 08:00-09:00", "2026-11-25T08:30", False),
        ("Tue-Tue 08:00-09:00", "2026-11-24T08:30", True),
        ("Tue-Tue 08:00-09:00", "2026-11-25T08:30", False),
        ("Mon-Sun 09:00-08:00", "2026-11-25T08:30", False),
    ],
)
def test_a_window_holds_its_days_and_hours_and_no_others(window, at, is_so):
    assert is_open((window,), london(at)) is is_so


def test_one_of_several_is_enough():
    assert is_open(("Mon 01:00-02:00", "Tue 09:00-10:00"), london("2026-11-24T09:30"))


@given(st.datetimes(timezones=st.just(LONDON)))
def test_a_partner_without_hours_is_always_open(at):
    assert is_open((), at)


@pytest.mark.parametrize(
    "window",
    ["", "always", "Mon-Fri", "07:00-19:00", "Mon-Fri 7:00-19:00", "mon 07:00-19:00", "Mon 24:00-25:00",
     "Mon 07:00-19:60", "Mon,Tue 07:00-19:00", "Mon  07:00-19:00"],
)  # fmt: skip
def test_a_page_takes_no_window_of_another_shape(window):
    with pytest.raises(ValidationError):
        Endpoint(host="h", username="u", host_keys=("ssh-ed25519 A",), windows=(window,))
