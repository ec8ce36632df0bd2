"""Whom deliver leaves alone, and for how long: remembered, with a probe, and never past a refused login."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.deliver.breakers import PATIENCE, Breakers, mend
from gateway.deliver.retry import FIRST, LONGEST
from gateway.deliver.store import Store
from gateway.vocabulary.errors import (
    AuthenticationRefused,
    HostKeyMismatch,
    KeyUnavailable,
    NameTaken,
    OutcomeUnknown,
    PartnerRefused,
    PartnerUnreachable,
)

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
AWAY = PartnerUnreachable("away")


@pytest.fixture
def breakers(place):
    store = Store(place)
    yield Breakers(store, lambda: 0.5)
    store.close()


def away(breakers, times, partner="yss", at=AT):
    for _ in range(times):
        breakers.failed(partner, AWAY, at)


def test_nobody_knows_anything_against_a_new_partner(breakers):
    assert breakers.admits("yss", AT)
    breakers.refuse_stopped("yss")


def test_a_few_failures_are_nothing_to_a_breaker(breakers):
    away(breakers, PATIENCE - 1)
    assert [breakers.admits("yss", AT) for _ in range(3)] == [True, True, True]


def test_one_failure_more_and_it_opens_until_its_time_has_come(breakers):
    away(breakers, PATIENCE)
    assert not breakers.admits("yss", AT)
    assert not breakers.admits("yss", AT + FIRST / 2)
    assert breakers.admits("yss", AT + FIRST)


def test_a_half_open_breaker_admits_one(breakers):
    away(breakers, PATIENCE)
    later = AT + FIRST
    assert [breakers.admits("yss", later) for _ in range(3)] == [True, False, False]


def test_a_probe_whose_end_nobody_saw_is_followed_by_another_one_later(breakers):
    away(breakers, PATIENCE)
    later = AT + FIRST
    assert breakers.admits("yss", later)  # the machine stops here
    assert breakers.admits("yss", later + LONGEST)


def test_each_failed_probe_is_longer_waited_for_and_never_longer_than_the_longest(breakers):
    waits, at = [], AT
    away(breakers, PATIENCE)
    for _ in range(12):
        since = at
        while not breakers.admits("yss", at):
            at += timedelta(seconds=1)
        waits.append(at - since)
        away(breakers, 1, at=at)
    assert waits == sorted(waits)
    assert waits[-1] <= LONGEST


@pytest.mark.parametrize("error", [PartnerRefused("x"), NameTaken("x"), OutcomeUnknown("x")])
def test_a_partner_that_says_no_is_not_away(breakers, error):
    away(breakers, PATIENCE - 1)
    breakers.failed("yss", error, AT)
    away(breakers, PATIENCE - 1)
    assert breakers.admits("yss", AT)


@pytest.mark.parametrize("error", [KeyUnavailable("x"), RuntimeError("x")])
def test_a_fault_of_our_own_says_nothing_about_the_partner(breakers, error):
    away(breakers, PATIENCE - 1)
    breakers.failed("yss", error, AT)
    assert breakers.admits("yss", AT)
    away(breakers, 1)
    assert not breakers.admits("yss", AT)


def test_an_answer_closes_it(breakers):
    away(breakers, PATIENCE + 3)
    breakers.answered("yss")
    assert breakers.admits("yss", AT)
    away(breakers, PATIENCE - 1)
    assert breakers.admits("yss", AT)


@pytest.mark.parametrize("error", [HostKeyMismatch, AuthenticationRefused])
def test_a_host_key_or_a_login_that_was_refused_is_not_tried_again_ever(breakers, error):
    breakers.failed("yss", error("x"), AT)
    assert not breakers.admits("yss", AT + timedelta(days=365))
    with pytest.raises(error) as caught:
        breakers.refuse_stopped("yss")
    assert "gateway partner probe yss" in caught.value.remedy


def test_a_person_sets_a_stopped_one_going_again(breakers):
    breakers.failed("yss", HostKeyMismatch("x"), AT)
    mend(breakers.store, "yss")
    breakers.refuse_stopped("yss")
    assert breakers.admits("yss", AT)


def test_what_is_known_of_one_partner_is_not_held_against_another(breakers):
    breakers.failed("yss", HostKeyMismatch("x"), AT)
    away(breakers, PATIENCE + 1, partner="dfe")
    assert breakers.admits("ofsted", AT)


def test_all_of_it_is_remembered_after_the_process_is_gone(breakers, place):
    breakers.failed("yss", HostKeyMismatch("x"), AT)
    away(breakers, PATIENCE, partner="dfe")
    after = Breakers(Store(place), lambda: 0.5)  # the first was never closed
    with pytest.raises(HostKeyMismatch):
        after.refuse_stopped("yss")
    assert not after.admits("dfe", AT)
    after.store.close()
