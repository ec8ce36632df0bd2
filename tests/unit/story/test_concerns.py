"""Warned before, alarmed after: every clock at its two strokes."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from gateway.contract.route import Expect, RoutePage
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import SigningKey
from gateway.story.concerns import CLOCKS, SENTENCES, of_agreement, of_expected, of_signers, of_standing
from gateway.story.standing import Standing
from gateway.vocabulary.alert import Level
from gateway.vocabulary.transfer import ENDED, NEEDS_PERSON, Stage, TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ONE = TransferId.new(AT, bytes)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WARNED_AND_ALARMED = (
    (Stage.WAITING, timedelta(0), 5 * DAY),
    (Stage.ARRIVED, HOUR, DAY),
    (Stage.APPROVED, 2 * HOUR, DAY),
    (Stage.WITHDRAWN, HOUR, DAY),
    (Stage.PAUSED, timedelta(0), 3 * DAY),
    (Stage.SEALED, 4 * HOUR, DAY),
    (Stage.REVOKED, 4 * HOUR, DAY),
    (Stage.DELIVERED, 18 * HOUR, DAY),
)


def a_route(*, acknowledgement="signed", review=date(2027, 6, 1), expect=None):
    page = RoutePage(route="yss", partner="youth-support", policy="yss", schema_name="yss-csv", expect=expect)
    agreement = SimpleNamespace(reference="DSA-1", review=review)
    partner = SimpleNamespace(acknowledgement=acknowledgement, ack_within=DAY, endpoint=None)
    return SimpleNamespace(name="yss", page=page, partner=partner, policy=SimpleNamespace(agreement=agreement))


def a_standing(stage, since=AT):
    return Standing(
        transfer=ONE, route="yss", partner="youth-support", stage=stage, since=since, rows=None, released=None
    )


def level(concern):
    return concern and concern.level


@pytest.mark.parametrize(("stage", "warned", "alarmed"), WARNED_AND_ALARMED)
def test_a_clock_strikes_twice(stage, warned, alarmed):
    def at(after):
        return level(of_standing(a_standing(stage), a_route(), AT + after))

    second = timedelta(seconds=1)
    assert at(warned - second) is None
    assert at(warned) is at(alarmed - second) is Level.WARNING
    assert at(alarmed) is at(alarmed + 400 * DAY) is Level.ALARM


@pytest.mark.parametrize("stage", [Stage.SEALED, Stage.REVOKED])
def test_a_parcel_that_is_sealed_anew_every_few_hours_keeps_its_clock(stage):
    since = AT + 30 * HOUR
    standing = dataclasses.replace(a_standing(stage, since), under_way=AT)
    concern = of_standing(standing, a_route(), since)
    assert (concern.kind, concern.level, concern.since) == ("undelivered", Level.ALARM, AT)


@pytest.mark.parametrize("stage", [Stage.FAILED, Stage.IN_DOUBT, Stage.OVERDUE, Stage.REJECTED_BY_PARTNER])
def test_what_only_a_person_can_settle_is_an_alarm_at_once(stage):
    assert level(of_standing(a_standing(stage), a_route(), AT)) is Level.ALARM


@pytest.mark.parametrize("stage", [Stage.ACKNOWLEDGED, Stage.DISPOSED, Stage.REFUSED, Stage.RESOLVED])
def test_what_has_ended_concerns_nobody(stage):
    assert of_standing(a_standing(stage), a_route(), AT + 1000 * DAY) is None


def test_a_partner_who_never_answers_is_not_waited_for():
    assert of_standing(a_standing(Stage.DELIVERED), a_route(acknowledgement="none"), AT + 9 * DAY) is None


def test_every_stage_that_needs_a_person_or_goes_on_has_a_clock_and_a_sentence():
    settled = {Stage.RESOLVED} | ENDED - NEEDS_PERSON
    assert {stage for stage in Stage if stage not in CLOCKS} == settled
    assert set(CLOCKS) == set(SENTENCES)


def test_a_transfer_whose_route_is_out_of_service_is_an_alarm():
    assert level(of_standing(a_standing(Stage.SEALED), None, AT)) is Level.ALARM


@pytest.mark.parametrize("stage", list(CLOCKS))
def test_every_concern_about_a_transfer_says_what_to_type_or_do(stage):
    concern = of_standing(a_standing(stage), a_route(), AT + 30 * DAY)
    assert concern.to_do
    assert "{" not in concern.to_do


@pytest.mark.parametrize(
    ("days", "expected"),
    [(-30, None), (-29, Level.WARNING), (0, Level.WARNING), (1, Level.ALARM)],
)
def test_an_agreement_is_told_of_before_it_lapses(days, expected):
    review = date(2027, 1, 15)
    at = datetime(2027, 1, 15, 12, tzinfo=UTC) + days * DAY
    assert level(of_agreement(a_route(review=review), at)) is expected


def test_an_extract_that_does_not_come_is_missed():
    route = a_route(expect=Expect(every=7 * DAY, grace=2 * DAY))
    assert of_expected(route, AT, AT + 7 * DAY - HOUR) is None
    assert level(of_expected(route, AT, AT + 7 * DAY)) is Level.WARNING
    assert level(of_expected(route, AT, AT + 9 * DAY)) is Level.ALARM
    assert of_expected(route, None, AT) is None


def test_nothing_is_expected_of_a_route_that_does_not_say_so():
    assert of_expected(a_route(), AT, AT + 4000 * DAY) is None


def test_a_route_that_expects_nothing_is_spelled_for_signing_as_before():
    assert "expect" not in a_route().page.model_dump(mode="json")
    assert a_route(expect=Expect(every=DAY)).page.model_dump(mode="json")["expect"] == {"every": "P1D", "grace": "P1D"}


@pytest.mark.parametrize(("days", "told"), [(-15, 0), (-14, 1), (3, 1)])
def test_a_key_that_ends_is_told_of_by_fingerprint_alone(days, told):
    key = SigningKey.generate_ed25519()
    line = f'alice@x.example namespaces="approve.yss@x.example",valid-before="20261124093000Z" {key.public_line()}\n'
    found = list(of_signers("approve", Signers.parse(line, source="x"), AT + days * DAY))
    assert len(found) == told
    assert all("alice" not in one.sentence and "SHA256:" in one.sentence for one in found)
