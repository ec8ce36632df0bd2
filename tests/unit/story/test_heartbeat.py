"""A heartbeat is made only while nothing is wrong that this machine may be unable to tell."""

from datetime import timedelta

import pytest

from gateway.story.alerting import ALERTS
from gateway.story.concerns import UNDELIVERED, Concern
from gateway.story.heartbeat import VERIFIED_FOR, unsound
from gateway.vocabulary.alert import Level
from gateway.vocabulary.transfer import Stage
from tests.unit.ledger.rows import AT

SECOND = timedelta(seconds=1)


def a_concern(kind, level=Level.ALARM):
    return Concern(level=level, kind=str(kind), sentence="s", to_do="t", since=AT)


def test_while_nothing_is_wrong_there_is_one():
    assert unsound([], AT, AT) == ()


@pytest.mark.parametrize("kind", ["log", "clock", ALERTS])
def test_a_log_a_clock_or_alerts_that_are_not_as_they_should_be_stop_it(kind):
    assert unsound([a_concern(kind)], AT, AT) == (kind,)


@pytest.mark.parametrize("kind", [Stage.ARRIVED, Stage.APPROVED, UNDELIVERED])
def test_what_does_not_get_on_stops_it(kind):
    assert unsound([a_concern(kind)], AT, AT) == ("stuck",)


@pytest.mark.parametrize("kind", ["log", "clock", ALERTS, Stage.ARRIVED, UNDELIVERED])
def test_what_is_only_warned_of_does_not_stop_it(kind):
    assert unsound([a_concern(kind, Level.WARNING)], AT, AT) == ()


@pytest.mark.parametrize("kind", [Stage.WAITING, Stage.OVERDUE, Stage.FAILED, "agreement"])
def test_what_waits_for_a_person_who_was_told_does_not_stop_it(kind):
    assert unsound([a_concern(kind)], AT, AT) == ()


@pytest.mark.parametrize(("verified", "reasons"), [
    (None, ("not-verified",)), (AT - VERIFIED_FOR - SECOND, ("not-verified",)), (AT - VERIFIED_FOR, ()), (AT, ()),
])  # fmt: skip
def test_a_log_that_nobody_has_verified_for_a_day_stops_it(verified, reasons):
    assert unsound([], verified, AT) == reasons


def test_every_reason_is_told():
    wrong = [a_concern("clock"), a_concern(Stage.ARRIVED), a_concern(Stage.APPROVED)]
    assert unsound(wrong, None, AT) == ("clock", "not-verified", "stuck")
