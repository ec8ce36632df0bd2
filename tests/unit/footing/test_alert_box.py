"""Alerts, reports and heartbeats between the halves: closed lists, signed where it matters, parsed as a stranger's."""

import json
import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import alert_box
from gateway.footing.alert_box import AlertReport
from gateway.vocabulary import canonical
from gateway.vocabulary.alert import Alert, Level, News
from gateway.vocabulary.errors import EvidenceError, FormatInvalid, GatewayError, SignatureInvalid
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.transfer import TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ONE, TRANSFER = (TransferId.new(AT, secrets.token_bytes) for _ in range(2))
ALERT = Alert(
    id=ONE, news=News.APPEARED, level=Level.ALARM, kind="failed", since=AT, route="yss", transfer=TRANSFER,
    command=f"gateway retry {TRANSFER}",
)  # fmt: skip
SAID = AlertReport(alert=ONE, outcome="alert-failed", at=AT, code="login-refused")
DOMAIN = "handoff.council.example"
KEY, STRANGER = SigningKey.generate_ed25519(), SigningKey.generate_ed25519()


def page_of(alert=ALERT):
    return json.loads(alert_box.encode(alert))


def test_an_alert_reads_back(boxes):
    alert_box.post(boxes[1], ALERT)
    (path,) = alert_box.pending(boxes[1])
    assert alert_box.read_alert(path) == ALERT
    assert path.stat().st_mode & 0o777 == 0o600


def test_an_alert_that_is_about_nothing_in_particular_reads_back():
    alert = replace(ALERT, route=None, transfer=None, command="gateway todo")
    assert alert_box.parse(alert_box.encode(alert)) == alert


def test_posting_again_after_a_crash_changes_nothing(boxes):
    alert_box.post(boxes[1], ALERT)
    alert_box.post(boxes[1], ALERT)
    assert len(alert_box.pending(boxes[1])) == 1


def test_half_a_report_goes_at_delivers_next_start_and_whole_ones_stay(boxes):
    alert_box.report(boxes[1], SAID, key=KEY, domain=DOMAIN)
    whole = sorted(path.name for path in boxes[1].iterdir())
    other = "alert-20261124T093100000000-x-alert-sent.json"
    for name in (f"{other}.sig", f".{other}.sig.0123abcd.tmp", f".{whole[0]}.0123abcd.tmp"):
        (boxes[1] / name).write_bytes(b"half")
    alert_box.sweep_reports(boxes[1])
    assert sorted(path.name for path in boxes[1].iterdir()) == whole
    alert_box.read_report(*alert_box.reports(boxes[1]), key=KEY.public, domain=DOMAIN)


def test_taking_it_away_again_after_a_crash_changes_nothing(boxes):
    alert_box.post(boxes[1], ALERT)
    alert_box.withdraw(boxes[1], ONE)
    alert_box.withdraw(boxes[1], ONE)
    assert alert_box.pending(boxes[1]) == []


def test_where_two_users_meet_their_group_reads_it(boxes):
    boxes[1].chmod(0o2750)
    alert_box.post(boxes[1], ALERT)
    alert_box.beat(boxes[1], AT)
    assert {path.stat().st_mode & 0o777 for path in boxes[1].iterdir()} == {0o640}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"command": "rm -rf /"}, {"command": "gateway todo; rm"}, {"command": "gateway todo\nX"}, {"command": ""},
        {"command": "gateway " + "a" * 200}, {"kind": "Zebedee Quillfeather"}, {"kind": ""}, {"route": "../x"},
        {"transfer": "Zebedee"}, {"id": "1"}, {"news": "new"}, {"level": "info"}, {"since": "yesterday"},
        {"type": "handoff-alert/v2"}, {"sentence": "x"}, {"kind": 5}, {"route": 5}, {"command": None}, {"since": None},
    ],
)  # fmt: skip
def test_an_alert_that_says_anything_else_is_refused(spoilt):
    with pytest.raises(FormatInvalid):
        alert_box.parse(canonical.encode(page_of() | spoilt))


@pytest.mark.parametrize("member", sorted(page_of()))
def test_an_alert_that_lacks_a_member_is_refused(member):
    page = page_of()
    del page[member]
    with pytest.raises(FormatInvalid):
        alert_box.parse(canonical.encode(page))


def test_an_alert_under_another_name_is_refused(boxes):
    path = boxes[1] / f"alert-{TRANSFER}.json"
    path.write_bytes(alert_box.encode(ALERT))
    with pytest.raises(FormatInvalid):
        alert_box.read_alert(path)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_alert_or_refused(data):
    with pytest.raises(FormatInvalid):
        alert_box.parse(data)


def reported(boxes, said=SAID, key=KEY):
    alert_box.report(boxes[2], said, key=key, domain=DOMAIN)
    return alert_box.reports(boxes[2])[-1]


def test_a_report_reads_back_once_its_signature_is_verified(boxes):
    path = reported(boxes)
    assert alert_box.read_report(path, key=KEY.public, domain=DOMAIN) == SAID
    alert_box.discard_report(path)
    assert list(boxes[2].iterdir()) == []


def test_a_report_that_somebody_else_signed_is_not_believed(boxes):
    with pytest.raises(SignatureInvalid):
        alert_box.read_report(reported(boxes, key=STRANGER), key=KEY.public, domain=DOMAIN)


def test_a_report_that_was_changed_is_not_believed(boxes):
    path = reported(boxes)
    path.write_bytes(path.read_bytes().replace(b"alert-failed", b"alert-sent"))
    with pytest.raises(EvidenceError):
        alert_box.read_report(path, key=KEY.public, domain=DOMAIN)


def test_a_report_without_its_signature_is_refused(boxes):
    path = reported(boxes)
    path.with_name(f"{path.name}.sig").unlink()
    with pytest.raises(FormatInvalid):
        alert_box.read_report(path, key=KEY.public, domain=DOMAIN)


@pytest.mark.parametrize(
    "spoilt", [{"outcome": "delivered"}, {"code": "Zebedee Q"}, {"alert": "x"}, {"at": "now"}, {"x": 1}]
)
def test_a_report_that_says_anything_else_is_refused_though_it_is_signed(boxes, spoilt):
    path = reported(boxes)
    body = canonical.encode(json.loads(path.read_bytes()) | spoilt)
    path.write_bytes(body)
    path.with_name(f"{path.name}.sig").write_text(KEY.sign(body, of_act("observation", DOMAIN)))
    with pytest.raises(FormatInvalid):
        alert_box.read_report(path, key=KEY.public, domain=DOMAIN)


def test_the_last_heartbeat_is_known(boxes):
    assert alert_box.last_beat(boxes[1]) is None
    for minutes in (0, 5):
        alert_box.beat(boxes[1], AT + timedelta(minutes=minutes))
    assert alert_box.last_beat(boxes[1]) == AT + timedelta(minutes=5)


@pytest.mark.parametrize("data", [b"", b"{}\n", b'{"at":"soon","type":"handoff-heartbeat/v1"}\n', b"x" * 5000])
def test_a_heartbeat_that_is_none_is_refused(boxes, data):
    (boxes[1] / alert_box.HEARTBEAT).write_bytes(data)
    with pytest.raises(GatewayError):
        alert_box.last_beat(boxes[1])
