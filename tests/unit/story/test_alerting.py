"""What is told, when, and when again: appeared, worse, still, cleared; and never a word that is not on a list."""

import secrets
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.footing.ledger.alerts import FAILED, POSTED, AlertRow
from gateway.story.alerting import ALERTS, COMMANDS, Rules, decide, of_unsent
from gateway.story.concerns import CLOCKS, Concern
from gateway.vocabulary.alert import Level, News
from gateway.vocabulary.transfer import TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TRANSFER = TransferId.new(AT, bytes)
RULES = Rules()


def a_concern(kind="failed", level=Level.ALARM, *, since=AT, route="yss", transfer=TRANSFER, about=""):
    return Concern(
        level=level, kind=kind, sentence="a sentence that nobody outside may read", to_do="and what to do",
        since=since, route=route, transfer=transfer, about=about,
    )  # fmt: skip


class Told:
    """Looks that follow each other, with what was told by each."""

    def __init__(self, rules=RULES):
        self.rules, self.known, self.alerts = rules, {}, []

    def look(self, *concerns, after=timedelta(0)):
        at = AT + after
        decision = decide(self.known, concerns, self.rules, at, new_id=lambda: TransferId.new(at, secrets.token_bytes))
        for key in decision.over:
            del self.known[key]
        self.known |= {row.key: row for row in decision.kept}
        self.alerts += decision.alerts
        return [(alert.news, alert.kind) for alert in decision.alerts]


def test_an_alarm_is_told_at_once_and_once():
    told = Told()
    assert told.look(a_concern()) == [(News.APPEARED, "failed")]
    assert told.look(a_concern(), after=HOUR) == told.look(a_concern(), after=23 * HOUR) == []


def test_a_warning_is_told_once_it_has_stood_for_a_while():
    told, warning = Told(), a_concern("waiting", Level.WARNING)
    assert told.look(warning) == told.look(warning, after=4 * HOUR - timedelta(seconds=1)) == []
    assert told.look(warning, after=4 * HOUR) == [(News.APPEARED, "waiting")]


def test_a_warning_that_went_away_before_it_was_told_is_not_told():
    told = Told()
    told.look(a_concern("waiting", Level.WARNING))
    assert told.look(after=HOUR) == []
    assert told.known == {}


def test_a_warning_that_becomes_an_alarm_is_told_again_at_once():
    told = Told()
    told.look(a_concern("delivered", Level.WARNING))
    told.look(a_concern("delivered", Level.WARNING), after=5 * HOUR)
    assert told.look(a_concern("delivered"), after=6 * HOUR) == [(News.WORSE, "delivered")]
    assert told.look(a_concern("delivered"), after=7 * HOUR) == []


def test_what_is_still_there_is_told_once_a_day():
    told = Told()
    told.look(a_concern())
    days = [told.look(a_concern(), after=DAY * number / 2) for number in range(1, 7)]
    assert days == [[], [(News.STILL, "failed")]] * 3


def test_what_is_over_is_told_once_and_can_come_again():
    told = Told()
    told.look(a_concern())
    assert told.look(after=HOUR) == [(News.CLEARED, "failed")]
    assert told.look(after=2 * HOUR) == []
    assert told.look(a_concern(), after=3 * HOUR) == [(News.APPEARED, "failed")]


def test_since_is_what_was_said_first():
    told = Told()
    told.look(a_concern("suspended", since=AT, transfer=None))
    told.look(a_concern("suspended", since=AT + DAY, transfer=None), after=DAY)
    assert [alert.since for alert in told.alerts] == [AT, AT]


def test_two_of_a_kind_are_told_apart_by_what_they_are_about():
    told = Told()
    two = [a_concern("key", route=None, transfer=None, about=about) for about in ("SHA256:one", "SHA256:two")]
    assert len(told.look(*two)) == 2
    assert len(told.look(two[0], after=HOUR)) == 1


def test_of_two_that_nothing_tells_apart_the_alarm_counts():
    told = Told()
    assert told.look(a_concern("people", Level.WARNING), a_concern("people"), a_concern("people", Level.WARNING))
    assert told.alerts[0].level is Level.ALARM


def test_where_only_alarms_are_wanted_warnings_are_told_to_nobody():
    told = Told(Rules(least=Level.ALARM, patience=timedelta(0)))
    assert told.look(a_concern("waiting", Level.WARNING)) == []
    assert told.look(a_concern("waiting")) == [(News.APPEARED, "waiting")]


def test_that_alerts_reach_nobody_is_told_by_no_alert():
    assert Told().look(a_concern(ALERTS, route=None, transfer=None)) == []


@pytest.mark.parametrize("kind", sorted({*map(str, CLOCKS), *COMMANDS, "staged", "something-new", "log-broken"}))
@pytest.mark.parametrize("transfer", [TRANSFER, None])
def test_every_kind_has_a_command_and_no_sentence_leaves_the_building(kind, transfer):
    if transfer is None and "{transfer}" in COMMANDS.get(kind, ""):
        transfer = TRANSFER
    told = Told()
    told.look(a_concern(kind, transfer=transfer))
    (alert,) = told.alerts
    assert alert.command.startswith("gateway ")
    assert "{" not in alert.command
    assert "sentence" not in repr(alert)
    assert "what to do" not in repr(alert)


@given(st.lists(st.tuples(st.sampled_from(["", "warning", "alarm"]), st.integers(1, 40)), max_size=40))
def test_whatever_comes_and_goes_each_appearance_has_one_end_and_nothing_is_told_twice(looks):
    told, after, open_now = Told(), timedelta(0), False
    for level, hours in looks:
        after += hours * HOUR
        for news, _ in told.look(*([a_concern(level=Level(level))] if level else []), after=after):
            assert (news is News.APPEARED) is not open_now
            open_now = news is not News.CLEARED
    times = [alert.id for alert in told.alerts]
    assert len(times) == len(set(times))
    assert len(told.known) <= 1


@pytest.mark.parametrize(
    ("minutes", "state", "level"),
    [(14, POSTED, None), (15, POSTED, Level.WARNING), (59, POSTED, Level.WARNING), (60, POSTED, Level.ALARM),
     (0, FAILED, Level.ALARM)],
)  # fmt: skip
def test_an_alert_that_reaches_nobody_is_warned_of_and_then_an_alarm(minutes, state, level):
    row = AlertRow(id=TRANSFER, body=b"", state=state, decided=AT)
    concern = of_unsent([row], AT + timedelta(minutes=minutes), failed=FAILED)
    assert (concern and concern.level) is level
    assert of_unsent([], AT, failed=FAILED) is None
