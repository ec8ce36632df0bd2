"""The calendar's clocks at their two strokes: keys of our own, refused extracts, evidence, staged returns."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from gateway.contract.partner import UploadEndpoint
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import SigningKey
from gateway.story.concerns import of_signers, of_standing
from gateway.story.deadlines import of_own_key, of_refused, of_retention, of_stray
from gateway.story.standing import Standing
from gateway.vocabulary.alert import Level
from gateway.vocabulary.transfer import Stage, TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ONE = TransferId.new(AT, bytes)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
STAGING = SimpleNamespace(
    name="census",
    partner=SimpleNamespace(
        endpoint=UploadEndpoint(kind="upload", folder="staged"), acknowledgement="none", ack_within=DAY
    ),
)


def own_key(after):
    return of_own_key("signing", AT, AT + after, following=False)


@pytest.mark.parametrize("following", [True, False])
def test_partners_are_told_of_a_key_that_they_see_and_of_no_other(following):
    told = {
        role: of_own_key(role, AT, AT + DAY, following=following).to_do for role in ("signing", "sftp-yss", "observation")
    }  # fmt: skip
    assert {role for role, words in told.items() if "partner" in words} == {"signing", "sftp-yss"}
    assert all(f"gateway keys rotate {role}" in words for role, words in told.items())


def refused(after):
    return of_refused("yss", AT, 7 * DAY, AT + after)


def stray(after):
    return of_stray("yss", AT, 7 * DAY, AT + after)


def stray_beside(after):
    return of_stray(None, AT, 7 * DAY, AT + after)


def retention(after):
    return of_retention(AT, AT + after)


def staged(after):
    standing = Standing(
        transfer=ONE, route="census", partner="officer", stage=Stage.DELIVERED, since=AT, rows=None, released=None
    )
    return of_standing(standing, STAGING, AT + after) if after >= timedelta(0) else None


def persons_key(after):
    line = f'a@x.example namespaces="approve.yss@x.example",valid-before="20261124093000Z" {KEY.public_line()}\n'
    return next(of_signers("approve", Signers.parse(line, source="x"), AT + after), None)


KEY = SigningKey.generate_ed25519()
TABLE = (
    (own_key, -30 * DAY, timedelta(0)),
    (persons_key, -14 * DAY, timedelta(0)),
    (refused, 2 * DAY, 8 * DAY),
    (stray, DAY, 8 * DAY),
    (stray_beside, DAY, 8 * DAY),
    (retention, 2 * DAY, 31 * DAY),
    (staged, timedelta(0), DAY),
)


@pytest.mark.parametrize(("clock", "warned", "alarmed"), TABLE)
def test_a_clock_strikes_twice(clock, warned, alarmed):
    def level(after):
        concern = clock(after)
        return concern and concern.level

    assert level(warned - SECOND) is None
    assert level(warned) is level(alarmed - SECOND) is Level.WARNING
    assert level(alarmed) is level(alarmed + 400 * DAY) is Level.ALARM


@pytest.mark.parametrize("clock", [row[0] for row in TABLE])
def test_every_one_of_them_says_what_to_do(clock):
    for row in TABLE:
        if row[0] is clock:
            concerns = [clock(row[1]), clock(row[2])]
    assert all(concern.to_do and concern.sentence and "{" not in concern.to_do for concern in concerns)


def test_what_is_not_there_has_no_clock():
    assert of_refused("yss", None, 7 * DAY, AT) is None
    assert of_stray(None, None, 7 * DAY, AT) is None
    assert of_retention(None, AT) is None


def test_extracts_that_are_kept_for_a_day_are_warned_of_before_they_go():
    assert of_refused("yss", AT, DAY, AT + DAY).level is Level.WARNING


def test_a_staged_return_that_is_overdue_is_still_a_matter_of_uploading():
    standing = Standing(
        transfer=ONE, route="census", partner="officer", stage=Stage.OVERDUE, since=AT, rows=None, released=None
    )
    concern = of_standing(standing, STAGING, AT)
    assert (concern.kind, concern.level) == ("staged", Level.ALARM)
    assert f"gateway uploaded {ONE}" in concern.to_do


@pytest.mark.parametrize(
    ("options", "told"),
    [('namespaces="approve.yss@x.example"', []), ('namespaces="approve.other@x.example"', ["first"]),
     ('namespaces="approve.yss@x.example",valid-before="20261201Z"', ["second"]),
     ('namespaces="approve.yss@x.example",valid-before="20261120Z"', ["first"])],
)  # fmt: skip
def test_of_one_persons_keys_the_one_that_goes_on_longest_is_told_of(options, told):
    second = SigningKey.generate_ed25519()
    lines = (
        f'a@x.example namespaces="approve.yss@x.example",valid-before="20261124093000Z" {KEY.public_line()}\n'
        f"a@x.example {options} {second.public_line()}\n"
    )
    names = {KEY.fingerprint: "first", second.fingerprint: "second"}
    found = of_signers("approve", Signers.parse(lines, source="x"), AT)
    assert [names[concern.about] for concern in found] == told
