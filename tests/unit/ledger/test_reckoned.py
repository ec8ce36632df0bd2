"""Up to where a route's partner was told, and what is newer."""

from datetime import timedelta

import pytest

from gateway.footing.ledger import decisions, holds, reckoned
from gateway.footing.ledger.reckoned import Reckoned
from tests.unit.ledger.rows import AT, pseudonym
from tests.unit.ledger.test_register import a_decision


def held(tx, number, *, at=AT):
    return holds.add(tx, [("upn", pseudonym(number))], at=at, reviewer="uid-0", reason="refuge")


def test_before_anything_was_recorded_there_is_nothing_to_tell(tx):
    assert reckoned.newest(tx) == (Reckoned(), None)
    assert reckoned.of_route(tx, "yss") == Reckoned()


def test_each_route_has_a_note_of_its_own_and_the_newest_counts(tx):
    for now in (Reckoned(1, 0), Reckoned(7, 2)):
        reckoned.record(tx, "yss", now)
    assert reckoned.of_route(tx, "yss") == Reckoned(7, 2)
    assert reckoned.of_route(tx, "ofsted") == Reckoned()


@pytest.mark.parametrize(("decided", "added"), [(0, 9), (9, 0)])
def test_the_newest_is_as_new_as_the_later_of_both(tx, decided, added):
    decisions.append(tx, [a_decision(recorded=AT + timedelta(minutes=decided))])
    number = held(tx, 2, at=AT + timedelta(minutes=added))
    now, recorded = reckoned.newest(tx)
    assert (now.hold, recorded) == (number, AT + timedelta(minutes=9))


def test_only_what_is_newer_and_of_the_purpose_is_still_to_be_told(tx):
    decisions.append(tx, [a_decision(1), a_decision(2, fields=frozenset({"phone"}))])
    before, _ = reckoned.newest(tx)
    later = [a_decision(1, fields=frozenset({"email"})), a_decision(3)]
    decisions.append(tx, [*later, a_decision(4, purpose="other")])
    assert list(decisions.since(tx, "youth-support", before.decision)) == later
    assert len(list(decisions.since(tx, "youth-support", 0))) == 4
    now, _ = reckoned.newest(tx)
    assert list(decisions.since(tx, "youth-support", now.decision)) == []


def test_a_hold_that_was_lifted_meanwhile_is_not_told(tx):
    first, second, third = (held(tx, number) for number in (1, 2, 3))
    holds.lift(tx, second, at=AT)
    assert holds.live_since(tx, first) == [("upn", pseudonym(3))]
    assert holds.live_since(tx, third) == []
