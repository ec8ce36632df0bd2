"""Alerts from the mailbox to people: one batch a burst, each channel by itself, twice at most after a crash, never not at all."""

import io
import json
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.alerts.remembered import GATHER, MOST, Remembered
from gateway.deliver.alerts.sending import PATIENCE, AlertSender, send_alerts
from gateway.deliver.store import Store
from gateway.footing import alert_box
from gateway.footing.telemetry import Telemetry
from gateway.vocabulary.errors import AlertUndelivered, KeyUnavailable
from tests.unit.deliver.alerts.batches import AT, an_alert

KEY, DOMAIN = SigningKey.generate_ed25519(), "handoff.council.example"
MINUTE = timedelta(minutes=1)


class PowerCut(BaseException):
    """The machine stops here."""


@dataclass
class Listener:
    """A channel to somebody who hears, or does not."""

    name: str = "email"
    kind: str = "email"
    error: Exception | None = None
    cut: bool = False
    """The power goes as soon as it was heard."""
    heard: list = field(default_factory=list)

    def send(self, batch, at):
        if self.error:
            raise self.error
        self.heard.append(batch)
        if self.cut:
            raise PowerCut

    def numbers(self):
        return [len(batch.alerts) for batch in self.heard]


class Desk:
    """Deliver's side with its mailbox, store and clock."""

    def __init__(self, folder, *channels):
        self.to, self.back = folder / "to", folder / "from"
        self.to.mkdir()
        self.back.mkdir()
        self.path, self.channels, self.at, self.log = folder / "store", channels, AT, io.StringIO()
        self.store = Store(self.path)

    def restart(self):
        self.store.close()
        self.store = Store(self.path)

    def post(self, *numbers):
        for number in numbers:
            alert_box.post(self.to, an_alert(number))

    def round(self, after=timedelta(0)):
        self.at += after
        return send_alerts(
            AlertSender(
                domain=DOMAIN, to_deliver=self.to, from_deliver=self.back, key=KEY, remembered=Remembered(self.store),
                channels=self.channels, telemetry=Telemetry(self.log, lambda: self.at), clock=lambda: self.at,
                random=lambda: 1.0,
            )
        )  # fmt: skip

    def said(self):
        """What prepare reads, and takes away."""
        found = []
        for path in alert_box.reports(self.back):
            said = alert_box.read_report(path, key=KEY.public, domain=DOMAIN)
            found.append((said.outcome, said.code))
            alert_box.discard_report(path)
            if said.outcome == "alert-sent":
                alert_box.withdraw(self.to, said.alert)
        return found

    def lines(self):
        return [json.loads(line) for line in self.log.getvalue().splitlines()]


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path, Listener())
    yield made
    made.store.close()


AWAY = AlertUndelivered("unreachable", "away")


def test_an_alert_is_sent_once_and_reported_once(desk):
    desk.post(1)
    assert desk.round() == 1
    assert desk.round(after=10 * MINUTE) == 0
    assert desk.said() == [("alert-sent", "none")]
    assert desk.round(after=10 * MINUTE) == 0
    assert desk.channels[0].numbers() == [1]


def test_a_burst_is_one_message(desk):
    desk.post(*range(1, 21))
    desk.round()
    assert desk.channels[0].numbers() == [20]


def test_what_comes_soon_after_is_gathered_into_one_more(desk):
    desk.post(1)
    desk.round()
    for number in (2, 3, 4):
        desk.post(number)
        desk.round(after=MINUTE)
    desk.round(after=GATHER)
    assert desk.channels[0].numbers() == [1, 3]


def test_no_message_is_longer_than_so_many(desk):
    desk.post(*range(1, MOST + 6))
    desk.round()
    desk.round(after=GATHER)
    assert desk.channels[0].numbers() == [MOST, 5]


def test_after_a_crash_the_same_batch_goes_under_the_same_name_whatever_came_meanwhile(desk):
    desk.post(1, 2)
    desk.channels[0].cut = True
    with pytest.raises(PowerCut):
        desk.round()
    desk.channels[0].cut = False
    desk.restart()
    desk.post(3)
    desk.round()
    first, second = desk.channels[0].heard
    assert first == second
    desk.round(after=GATHER)
    assert desk.channels[0].numbers() == [2, 2, 1]


def test_after_a_crash_before_the_report_it_is_only_reported(desk):
    desk.post(1)
    batch, members = Remembered(desk.store).begin("email", [an_alert(1).id])
    Remembered(desk.store).sent("email", batch, AT)
    desk.restart()
    assert members
    assert desk.round() == 1
    assert desk.channels[0].heard == []


def test_what_fails_is_tried_again_later_and_later(desk):
    desk.channels[0].error = AWAY
    desk.post(1)
    desk.round()
    tries = [len(desk.lines())]
    for _ in range(40):
        desk.round(after=timedelta(seconds=15))
        tries.append(len(desk.lines()))
    assert tries[-1] == 6  # after 0, 15, 45, 105, 225 and 465 seconds
    assert {(line["event"], line["code"], line["kind"]) for line in desk.lines()} == {
        ("alert-failed", "unreachable", "email")
    }


def test_after_some_tries_prepare_is_told_once_and_again_when_it_got_out(desk):
    desk.channels[0].error = AlertUndelivered("login-refused", "no")
    desk.post(1)
    reports = [desk.round(after=timedelta(hours=1)) for _ in range(PATIENCE + 3)]
    assert reports == [0] * (PATIENCE - 1) + [1, 0, 0, 0]
    assert desk.said() == [("alert-failed", "login-refused")]
    desk.channels[0].error = None
    assert desk.round(after=timedelta(hours=1)) == 1
    assert desk.said() == [("alert-sent", "none")]


def test_a_key_that_cannot_be_read_is_a_failure_like_any_other(desk):
    desk.channels[0].error = KeyUnavailable("the key smtp cannot be read")
    desk.post(1)
    for _ in range(PATIENCE):
        desk.round(after=timedelta(hours=1))
    assert desk.said() == [("alert-failed", "key-unavailable")]


def test_one_channel_that_fails_keeps_nothing_from_the_other_and_it_is_not_called_sent(tmp_path):
    desk = Desk(tmp_path, Listener("email", error=AWAY), Listener("webhook"))
    desk.post(1)
    assert desk.round() == 0
    assert desk.channels[1].numbers() == [1]
    desk.channels[0].error = None
    assert desk.round(after=timedelta(hours=1)) == 1
    assert [channel.numbers() for channel in desk.channels] == [[1], [1]]
    desk.store.close()


def test_without_a_channel_nothing_is_called_sent(tmp_path):
    desk = Desk(tmp_path)
    desk.post(1)
    assert desk.round() == 0
    assert desk.said() == []
    desk.store.close()


def test_a_message_that_is_no_alert_is_told_about_and_keeps_nobody_elses(desk):
    desk.post(1)
    (desk.to / f"alert-{an_alert(2).id}.json").write_bytes(b"{}\n")
    assert desk.round() == 1
    assert desk.channels[0].numbers() == [1]
    assert [line["code"] for line in desk.lines()] == ["format-invalid"]


def test_what_prepare_has_taken_away_is_forgotten(desk):
    desk.post(1)
    desk.round()
    desk.said()
    desk.round(after=GATHER)
    assert desk.store.rows("select id from alert union select id from alert_told") == []


def test_an_alert_that_is_taken_away_between_two_tries_is_not_sent(desk):
    desk.channels[0].error = AWAY
    desk.post(1, 2)
    desk.round()
    alert_box.withdraw(desk.to, an_alert(1).id)
    desk.channels[0].error = None
    desk.round(after=timedelta(hours=1))
    assert [[one.id for one in batch.alerts] for batch in desk.channels[0].heard] == [[an_alert(2).id]]
