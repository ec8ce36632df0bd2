"""The outbox and what it is decided by: each concern once, whatever it lacks; what was sent stays sent."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.footing.ledger import alerts
from gateway.footing.ledger.alerts import DECIDED, FAILED, POSTED, SENT, UNSENT, AlertRow, ConcernRow
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
PLAIN = ConcernRow(kind="log", route="", transfer="", about="", level="alarm", since=AT, seen=AT)
FULL = replace(PLAIN, route="yss", transfer="0" * 26, about="SHA256:" + "a" * 43, told=AT, told_level="alarm")


def a_row(number, state=DECIDED, decided=AT):
    return AlertRow(
        id=TransferId.new(AT + timedelta(seconds=number), bytes), body=b"{}\n", state=state, decided=decided
    )  # fmt: skip


def states(tx):
    return [row.state for row in alerts.in_state(tx, *UNSENT, SENT)]


def test_concerns_read_back_by_what_they_are_about(tx):
    for row in (PLAIN, FULL):
        alerts.keep_concern(tx, row)
    assert alerts.concerns(tx) == {PLAIN.key: PLAIN, FULL.key: FULL}


def test_a_concern_is_kept_as_it_is_now(tx):
    alerts.keep_concern(tx, PLAIN)
    alerts.keep_concern(tx, replace(PLAIN, level="warning", told=AT))
    assert [row.level for row in alerts.concerns(tx).values()] == ["warning"]


def test_one_that_is_over_is_forgotten_and_no_other(tx):
    alerts.keep_concern(tx, PLAIN)
    alerts.keep_concern(tx, FULL)
    alerts.forget_concern(tx, PLAIN.key)
    alerts.forget_concern(tx, PLAIN.key)
    assert list(alerts.concerns(tx)) == [FULL.key]


def test_alerts_come_oldest_first_by_their_state(tx):
    alerts.add(tx, [a_row(2), a_row(1), a_row(3, POSTED)])
    assert alerts.in_state(tx, DECIDED) == [a_row(1), a_row(2)]
    assert alerts.in_state(tx, SENT) == []


def test_an_alert_is_added_once(ledger):
    with pytest.raises(StorageError), ledger.writing() as tx:
        alerts.add(tx, [a_row(1), a_row(1)])


def test_what_was_sent_stays_sent_and_what_failed_may_still_be_sent(tx):
    alerts.add(tx, [a_row(1), a_row(2)])
    alerts.move(tx, [a_row(1).id, a_row(2).id], FAILED)
    alerts.move(tx, [a_row(1).id, TransferId.new(AT, lambda count: b"\x09" * count)], SENT)
    alerts.move(tx, [a_row(1).id], FAILED)
    assert states(tx) == [SENT, FAILED]


def test_only_what_was_sent_is_forgotten(tx):
    alerts.add(tx, [a_row(1, SENT), a_row(2, FAILED), a_row(3, SENT, AT + timedelta(days=1))])
    alerts.forget(tx, AT + timedelta(hours=1))
    assert states(tx) == [FAILED, SENT]
