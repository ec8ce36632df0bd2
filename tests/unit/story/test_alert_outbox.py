"""Prepare's side of alerts, cut off at every line: posted once, marked by what deliver signed, never lost."""

import io
import secrets
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import alert_box
from gateway.footing.alert_box import AlertReport
from gateway.footing.ledger import Ledger, alerts, sqlite_url
from gateway.footing.telemetry import Telemetry
from gateway.footing.workspace import Workspace
from gateway.story import alert_outbox
from gateway.story.alerting import Rules
from gateway.story.concerns import Concern
from gateway.vocabulary.alert import Level

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
KEY, DOMAIN = SigningKey.generate_ed25519(), "handoff.council.example"
FAILED = Concern(level=Level.ALARM, kind="suspended", sentence="x", to_do="y", since=AT, route="yss")
EXPIRED = Concern(level=Level.ALARM, kind="agreement", sentence="x", to_do="y", since=AT, route="yss")


@pytest.fixture
def prepare(tmp_path):
    workspace = Workspace(home=tmp_path, outbox=tmp_path / "outbox", state=tmp_path / "state", keys=tmp_path / "keys")
    workspace.make_folders(())
    ledger = Ledger.create_or_upgrade(sqlite_url(workspace.ledger))
    yield SimpleNamespace(
        workspace=workspace, ledger=ledger, observer=KEY.public, domain=DOMAIN, random=secrets.token_bytes,
        telemetry=Telemetry(io.StringIO(), lambda: AT),
    )  # fmt: skip
    ledger.close()


def tell(prepare, *concerns, after=timedelta(0)):
    return alert_outbox.tell(prepare, concerns, Rules(), AT + after)


def states(prepare):
    with prepare.ledger.reading() as tx:
        return [row.state for row in alerts.in_state(tx, *alerts.UNSENT, alerts.SENT)]


def posted(prepare):
    return [alert_box.read_alert(path) for path in alert_box.pending(prepare.workspace.to_deliver)]


def say(prepare, outcome="alert-sent", key=KEY, after=HOUR):
    for alert in posted(prepare):
        said = AlertReport(alert=alert.id, outcome=outcome, at=AT + after)
        alert_box.report(prepare.workspace.from_deliver, said, key=key, domain=DOMAIN)


def test_what_is_decided_is_posted_and_marked_when_deliver_has_sent_it(prepare):
    assert tell(prepare, FAILED, EXPIRED) == 2
    assert tell(prepare, FAILED, EXPIRED, after=HOUR) == 0
    assert states(prepare) == ["posted", "posted"]
    say(prepare)
    assert alert_outbox.take_reports(prepare) == 2
    assert (states(prepare), posted(prepare)) == (["sent", "sent"], [])
    assert alert_outbox.take_reports(prepare) == 0


def test_a1_what_was_decided_and_not_posted_is_posted_at_the_next_look(prepare):
    to = prepare.workspace.to_deliver
    to.rmdir()
    with pytest.raises(FileNotFoundError):
        tell(prepare, FAILED)
    assert states(prepare) == ["decided"]
    to.mkdir()
    assert tell(prepare, FAILED) == 1
    assert len(posted(prepare)) == 1


def test_a2_what_was_posted_and_not_marked_is_posted_once(prepare):
    tell(prepare, FAILED)
    with prepare.ledger.writing() as tx:
        alerts.move(tx, [alert.id for alert in posted(prepare)], alerts.DECIDED)
    before = posted(prepare)
    tell(prepare, FAILED)
    assert posted(prepare) == before
    assert states(prepare) == ["posted"]


def test_a3_what_was_taken_away_and_not_marked_is_marked_by_the_report_that_is_still_there(prepare):
    tell(prepare, FAILED)
    say(prepare)
    alert_box.withdraw(prepare.workspace.to_deliver, posted(prepare)[0].id)
    alert_outbox.take_reports(prepare)
    assert states(prepare) == ["sent"]


def test_what_the_mailbox_has_lost_is_posted_again(prepare):
    """As after a ledger was restored from its backup."""
    tell(prepare, FAILED)
    before = posted(prepare)
    alert_box.withdraw(prepare.workspace.to_deliver, before[0].id)
    assert tell(prepare, FAILED) == 1
    assert posted(prepare) == before


def test_one_that_failed_is_an_alarm_until_it_is_sent(prepare):
    tell(prepare, FAILED)
    say(prepare, "alert-failed")
    alert_outbox.take_reports(prepare)
    assert (states(prepare), len(posted(prepare))) == (["failed"], 1)
    assert alert_outbox.unsent(prepare, AT).level is Level.ALARM
    say(prepare, after=2 * HOUR)
    alert_outbox.take_reports(prepare)
    assert states(prepare) == ["sent"]
    assert alert_outbox.unsent(prepare, AT + 9 * HOUR) is None


def test_reports_that_come_late_or_twice_change_nothing(prepare):
    tell(prepare, FAILED)
    say(prepare, "alert-failed", after=HOUR)
    say(prepare, "alert-sent", after=2 * HOUR)
    say(prepare, "alert-failed", after=3 * HOUR)
    say(prepare, "alert-sent", after=4 * HOUR)
    assert alert_outbox.take_reports(prepare) == 4
    assert states(prepare) == ["sent"]


def test_a_report_about_an_alert_that_is_not_known_is_passed_over(prepare):
    tell(prepare, FAILED)
    say(prepare)
    with prepare.ledger.writing() as tx:
        alerts.move(tx, [alert.id for alert in posted(prepare)], alerts.SENT)
        alerts.forget(tx, AT + HOUR)
    assert alert_outbox.take_reports(prepare) == 1
    assert states(prepare) == []


def test_a_report_that_another_key_signed_marks_nothing_and_goes(prepare):
    tell(prepare, FAILED)
    say(prepare, key=SigningKey.generate_ed25519())
    assert alert_outbox.take_reports(prepare) == 1
    assert states(prepare) == ["posted"]
    assert alert_box.reports(prepare.workspace.from_deliver) == []


def test_what_was_sent_is_known_for_ninety_days(prepare):
    tell(prepare, FAILED)
    say(prepare)
    alert_outbox.take_reports(prepare)
    tell(prepare, EXPIRED, after=timedelta(days=91))
    assert len(states(prepare)) == 2  # what became of the one, and the other: the first is forgotten


def test_who_wants_none_any_more_is_waited_for_no_longer(prepare):
    tell(prepare, FAILED)
    alert_outbox.drop_unsent(prepare)
    assert (posted(prepare), alert_outbox.unsent(prepare, AT + 9 * HOUR)) == ([], None)
