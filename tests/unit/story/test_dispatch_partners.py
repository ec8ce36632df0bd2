"""Whom the deliver half contacts, and when: a partner that is away, that refuses us, that keeps hours."""

import threading
from dataclasses import dataclass, field

import pytest

from gateway.footing import mailbox
from gateway.story.dispatch import LONGEST, dispatch
from gateway.story.lanes import Lanes
from gateway.vocabulary.errors import (
    AuthenticationRefused,
    DeliveryError,
    HostKeyMismatch,
    KeyUnavailable,
    NameTaken,
    PartnerUnreachable,
)
from gateway.vocabulary.parcel import disposal_names
from tests.simulators.deliver_half import RELEASE_BY, Refusing, answer


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


@dataclass
class Slow(Refusing):
    """A partner that takes its time until it is let go."""

    begun: threading.Event = field(default_factory=threading.Event)
    may_end: threading.Event = field(default_factory=threading.Event)

    def put(self, parcel, attempt):
        self.begun.set()
        self.may_end.wait(20)
        return super().put(parcel, attempt)


@pytest.fixture
def beside(half):
    """yss is slow, and dfe is not."""
    slow = half.partners["yss"] = Slow()
    lanes = Lanes()
    half.lanes = lambda: lanes
    yield slow
    slow.may_end.set()
    lanes.wait()


def test_a_partner_that_is_slow_holds_up_nobody_elses_parcels_in_this_round_and_the_next(half, beside):
    held_up = half.post("yss")
    for _ in range(2):
        quick = half.post("dfe")
        assert half.round(patience=0.2) == [("delivered", quick, None)]
    assert beside.begun.is_set()
    beside.may_end.set()
    assert half.round() == [("delivered", held_up, None)]


def test_what_comes_for_a_partner_that_is_busy_is_carried_once_it_is_free_and_nothing_twice(half, beside):
    first = half.post("yss")
    half.round(patience=0.01)
    second = half.post("yss")
    half.round(patience=0.01)
    beside.may_end.set()
    assert half.round() == [("delivered", first, None), ("delivered", second, None)]
    assert beside.releases == 2


def test_a_delivery_that_hangs_for_longer_than_any_can_take_makes_the_round_a_failed_one(half):
    slow = half.partners["yss"] = Slow()
    now = [0.0]
    lanes = Lanes(clock=lambda: now[0])
    half.lanes = lambda: lanes
    half.post("yss")
    half.round(patience=0.0)
    now[0] = LONGEST
    with pytest.raises(DeliveryError):
        dispatch(half.wired(), 0.0)
    slow.may_end.set()
    lanes.wait()


# the second answer


def disposed(partner, transfer, body=b"disposed\n"):
    partner.acknowledgements |= dict(zip(disposal_names(transfer), (b"signature\n", body), strict=True))


@pytest.fixture
def answered(half):
    """Delivered, answered, and the order ended."""
    transfer = half.post()
    half.round()
    answer(half.yss, transfer)
    half.round()
    mailbox.close_order(half.workspace.to_deliver, transfer)
    return transfer


def test_that_nothing_is_left_is_passed_on_long_after_the_order_has_ended_and_once(half, answered):
    disposed(half.yss, answered)
    half.wait(days=90)
    assert half.round() == [("answered", answered, None)]
    assert half.last().answer == (b"disposed\n", b"signature\n")
    half.wait(days=90)
    assert half.round() == []


def test_another_word_that_nothing_is_left_is_passed_on_too(half, answered):
    for body in (b"1", b"2"):
        disposed(half.yss, answered, body)
        half.wait(hours=6)
        assert half.round() == [("answered", answered, None)]


def test_a_partner_is_not_asked_at_every_round_whether_anything_is_left(half, answered):
    contacts = asked(half.yss)
    for _ in range(48):
        half.wait(minutes=30)
        half.round()
    assert contacts() == 4


def test_a_partner_that_is_away_when_it_is_asked_is_asked_again_later(half, answered):
    disposed(half.yss, answered)
    half.yss.error = PartnerUnreachable("away")
    half.wait(hours=6)
    assert half.round() == []
    half.yss.error = None
    half.wait(hours=6)
    assert half.round() == [("answered", answered, None)]


def test_outside_its_hours_nobody_asks_and_the_question_stays_due(half, answered):
    disposed(half.yss, answered)
    half.closed = {"yss"}
    half.wait(hours=6)
    assert half.round() == []
    half.closed = set()
    assert half.round() == [("answered", answered, None)]


def test_a_partner_who_signs_nothing_is_asked_about_nothing_that_it_was_given(half):
    half.silent = {"yss"}
    transfer = half.post()
    half.round()
    mailbox.close_order(half.workspace.to_deliver, transfer)
    answer(half.yss, transfer)
    disposed(half.yss, transfer)
    half.wait(days=90)
    assert half.round() == []


def test_what_a_person_settled_without_an_answer_is_still_looked_for_a_few_times_a_day(half):
    transfer = half.post()
    half.unasked = {"yss"}
    half.round()
    mailbox.close_order(half.workspace.to_deliver, transfer)
    contacts = asked(half.yss)
    for _ in range(48):
        half.wait(minutes=30)
        half.round()
    assert contacts() == 8, "for either of its answers"
    answer(half.yss, transfer)
    half.wait(hours=6)
    assert half.round() == [("answered", transfer, None)]
    contacts = asked(half.yss)
    half.wait(hours=6)
    assert half.round() == []
    assert contacts() == 1, "for the second alone"


@pytest.mark.parametrize("stopped", [False, True], ids=["blocked", "partner-stopped"])
def test_a_word_to_try_again_counts_once(half, stopped):
    transfer = half.post()
    half.yss.error = HostKeyMismatch("another key") if stopped else NameTaken("other content lies there")
    assert [outcome for outcome, _, _ in half.round()] == ["failed"]
    half.retry(transfer)
    assert [outcome for outcome, _, _ in half.round()] == ["failed"]
    half.yss.error = None
    for _ in range(3):
        half.wait(hours=1)
        assert half.round() == [], "the same word is no other"
    half.retry(transfer)
    assert [outcome for outcome, _, _ in half.round()] == ["delivered"]


def test_a_word_to_try_again_outlives_deliver_and_one_that_was_heard_too(half):
    transfer = half.post()
    half.yss.error = NameTaken("other content lies there")
    half.round()
    half.retry(transfer)
    half.restart()
    assert [outcome for outcome, _, _ in half.round()] == ["failed"]
    half.restart()
    half.yss.error = None
    assert half.round() == []


def test_a_route_whose_partner_cannot_be_reached_keeps_no_other_routes_answer_back(half, answered):
    other = half.post("dfe")
    half.round()
    answer(half.partners["dfe"], other)
    half.yss.error = KeyUnavailable("no key")
    half.wait(hours=6)
    assert half.round() == [("answered", other, None)]
