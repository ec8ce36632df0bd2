"""Whom the deliver half contacts, and when: a partner that is away, that refuses us, that keeps hours."""

import pytest

from gateway.vocabulary.errors import AuthenticationRefused, HostKeyMismatch, PartnerUnreachable
from tests.simulators.deliver_half import RELEASE_BY, answer


def asked(partner):
    """How often it was contacted, from now on."""
    partner.contacts = 0
    return lambda: partner.contacts


def test_a_partner_that_stays_away_is_contacted_by_one_probe_at_a_time(half):
    for _ in range(5):
        half.post()
    half.yss.unreachable_after = 0
    half.round()
    contacts = asked(half.yss)
    half.wait(minutes=5)
    assert half.round() == []
    assert contacts() == 1, "five parcels are due, and one asks for all"
    assert half.round() == []
    assert contacts() == 1


def test_once_a_partner_is_back_the_first_that_is_due_opens_the_way_for_the_others(half):
    transfers = [half.post() for _ in range(5)]
    half.yss.unreachable_after = 0
    half.round()
    half.yss.unreachable_after = None
    half.wait(minutes=5)
    assert [seen[1] for seen in half.round()] == sorted(transfers)


def test_how_long_a_partner_is_left_alone_is_remembered_over_a_restart(half):
    for _ in range(3):
        half.post()
    half.yss.unreachable_after = 0
    half.round()
    half.restart()
    contacts = asked(half.yss)
    half.wait(seconds=1)
    half.round()
    assert contacts() == 0


def test_answers_are_not_asked_for_at_every_round_while_a_partner_is_away(half):
    half.post()
    half.round()
    half.yss.error = PartnerUnreachable("away")
    contacts = asked(half.yss)
    for _ in range(100):
        half.round()
        half.wait(seconds=1)
    assert contacts() < 8


@pytest.mark.parametrize(
    ("error", "code"),
    [(HostKeyMismatch("x"), "host-key-mismatch"), (AuthenticationRefused("x"), "authentication-refused")],
)
def test_after_a_refused_login_no_other_parcel_and_no_question_tries_it_again(half, error, code):
    first = half.post()
    half.round()
    second, third = half.post(), half.post()
    half.yss.error = error
    contacts = asked(half.yss)
    assert half.round() == [("failed", second, code), ("failed", third, code)]
    half.wait(hours=1)
    half.restart()
    fourth = half.post()
    assert half.round() == [("failed", fourth, code)]
    assert contacts() == 1
    half.yss.error = None
    answer(half.yss, first)
    half.retry(second)
    assert sorted(half.round()) == [("answered", first, None), ("delivered", second, None)]
    half.retry(third)
    assert half.round() == [("delivered", third, None)]


def test_a_parcel_that_waits_for_its_partner_lapses_at_its_time(half):
    transfer = half.post()
    half.yss.unreachable_after = 0
    half.round()
    half.at = RELEASE_BY
    assert half.round() == [("lapsed", transfer, "release-lapsed")]


def test_one_partner_that_is_away_keeps_no_other_waiting(half):
    for _ in range(4):
        half.post("yss")
    half.yss.unreachable_after = 0
    half.round()
    other = half.post("dfe")
    assert half.round() == [("delivered", other, None)]


def test_outside_a_partners_hours_nobody_asks_it_anything(half):
    first = half.post()
    half.round()
    second = half.post()
    answer(half.yss, first)
    half.closed = {"yss"}
    contacts = asked(half.yss)
    assert half.round() == []
    assert contacts() == 0
    half.closed = set()
    assert sorted(half.round()) == [("answered", first, None), ("delivered", second, None)]


def test_hours_that_end_before_a_parcels_time_make_it_lapse_and_not_leave(half):
    transfer = half.post()
    half.closed = {"yss"}
    half.at = RELEASE_BY
    assert half.round() == [("lapsed", transfer, "release-lapsed")]
