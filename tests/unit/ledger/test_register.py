"""Decisions and holds: added, never changed, and every change raises the register's version."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text

from gateway.footing.ledger import decisions, holds, register_version
from gateway.footing.ledger.decisions import DecisionRow
from gateway.footing.ledger.holds import HoldRow
from gateway.vocabulary.errors import StorageError
from tests.unit.ledger.rows import AT, pseudonym


def a_decision(subject: int = 1, **changes) -> DecisionRow:
    row = DecisionRow(
        subject=pseudonym(subject), purpose="youth-support", decided_by="parent", decision="given",
        tiers=frozenset({"contact", "special"}), given=date(2026, 9, 1), expires=None, notice="PN-2026", evidence="F-1",
        recorded=AT,
    )  # fmt: skip
    return replace(row, **changes)


def of_purpose(tx, purpose: str = "youth-support") -> list[DecisionRow]:
    return list(decisions.of_purpose(tx, purpose))


def test_decisions_read_back_as_they_were_written(tx):
    rows = [a_decision(), a_decision(tiers=frozenset()), a_decision(expires=date(2027, 1, 31), decision="refused")]
    assert decisions.append(tx, rows) == 3
    assert of_purpose(tx) == rows


def test_single_fields_are_kept_with_their_decision_whatever_stands_around_it(tx):
    phone, two = frozenset({"phone"}), frozenset({"email", "mobile"})
    rows = [
        a_decision(),
        a_decision(fields=phone),
        a_decision(fields=two, tiers=frozenset()),
        a_decision(evidence="last"),
    ]
    assert decisions.append(tx, rows) == 4
    assert of_purpose(tx) == decisions.of_subject(tx, pseudonym(1)) == rows


def test_what_is_judged_is_read_in_the_same_order(tx):
    decisions.append(
        tx, [a_decision(2, fields=frozenset({"phone"})), a_decision(1, expires=date(2027, 1, 31)), a_decision(2)]
    )
    decisions.append(tx, [a_decision(1, purpose="other")])
    judged = list(decisions.judged(tx, "youth-support"))
    assert judged == [
        (row.subject, row.decided_by, row.decision, row.tiers, row.given, row.expires, row.fields)
        for row in of_purpose(tx)
    ]
    assert len(judged) == 3


def test_decisions_come_by_subject_then_as_they_were_recorded(tx):
    written = [
        a_decision(2, evidence="A"),
        a_decision(1, evidence="B"),
        a_decision(2, evidence="C", given=date(2020, 1, 1)),
    ]
    decisions.append(tx, written)
    assert [row.evidence for row in of_purpose(tx)] == ["B", "A", "C"]


def test_decisions_of_another_purpose_or_subject_stay_apart(tx):
    decisions.append(tx, [a_decision(1), a_decision(1, purpose="other"), a_decision(2)])
    assert of_purpose(tx) == [a_decision(1), a_decision(2)]
    assert decisions.of_subject(tx, pseudonym(1)) == [a_decision(1), a_decision(1, purpose="other")]
    assert decisions.of_subject(tx, pseudonym(3)) == []


def test_an_import_larger_than_a_batch_is_kept_whole_and_raises_the_version_once(tx):
    count = decisions.BATCH + 3
    assert decisions.append(tx, (a_decision(number) for number in range(count))) == count
    assert sum(1 for _ in decisions.of_purpose(tx, "youth-support")) == count
    assert decisions.version(tx) == 1


def test_an_import_that_breaks_off_leaves_nothing(ledger):
    def rows():
        yield a_decision()
        raise StorageError("the import broke off")

    def write() -> None:
        with ledger.writing() as tx:
            decisions.append(tx, rows())

    with pytest.raises(StorageError, match="broke off"):
        write()
    with ledger.reading() as tx:
        assert of_purpose(tx) == []
        assert decisions.version(tx) == 0


def test_recording_no_decision_leaves_the_version(tx):
    assert decisions.append(tx, []) == 0
    assert decisions.version(tx) == 0


@pytest.mark.parametrize("subject", [b"", b"short", bytes(11), bytes(13), b"Ada Lovelace, 2011-02-28"])
def test_a_subject_is_a_pseudonym_and_nothing_longer_or_shorter(ledger, subject):
    def write() -> None:
        with ledger.writing() as tx:
            decisions.append(tx, [a_decision(subject=1), replace(a_decision(), subject=subject)])

    with pytest.raises(StorageError):
        write()
    with ledger.reading() as tx:
        assert of_purpose(tx) == []


def add(tx, *identifiers, at=AT) -> int:
    return holds.add(tx, identifiers or [("upn", pseudonym(1))], at=at, reviewer="SHA256:" + "A" * 43, reason="refuge")


def test_a_hold_is_listed_with_who_decided_and_why(tx):
    number = add(tx)
    row = HoldRow(id=number, added=AT, lifted=None, reviewer="SHA256:" + "A" * 43, reason="refuge")
    assert holds.listed(tx) == holds.listed(tx, live_only=True) == [row]


def test_a_hold_is_recognised_by_each_of_its_identifiers_once(tx):
    add(tx, ("upn", pseudonym(1)), ("address", pseudonym(2)), ("upn", pseudonym(1)))
    add(tx, ("address", pseudonym(2)), ("uln", pseudonym(3)))
    assert holds.live_identifiers(tx) == [("address", pseudonym(2)), ("uln", pseudonym(3)), ("upn", pseudonym(1))]


def test_the_kinds_of_each_hold_are_told_and_lifted_ones_too(tx):
    first = add(tx, ("upn", pseudonym(1)), ("upn", pseudonym(2)), ("address", pseudonym(3)))
    second = add(tx, ("uln", pseudonym(4)))
    holds.lift(tx, second, at=AT)
    assert holds.kinds(tx) == {first: ("address", "upn"), second: ("uln",)}


def test_a_hold_that_would_hold_nobody_is_refused(tx):
    with pytest.raises(StorageError, match="at least one identifier"):
        holds.add(tx, iter([]), at=AT, reviewer="x", reason="refuge")
    assert holds.listed(tx) == []
    assert register_version.version(tx) == 0


@pytest.mark.parametrize("identifier", [b"", bytes(11), bytes(13), b"1 Acacia Avenue"])
def test_an_identifier_is_a_pseudonym(ledger, identifier):
    def write() -> None:
        with ledger.writing() as tx:
            add(tx, ("address", identifier))

    with pytest.raises(StorageError):
        write()
    with ledger.reading() as tx:
        assert holds.listed(tx) == []


def test_a_lifted_hold_holds_no_more_and_stays_on_record(tx):
    number = add(tx)
    holds.lift(tx, number, at=AT + timedelta(days=1))
    assert holds.live_identifiers(tx) == []
    assert holds.listed(tx, live_only=True) == []
    assert [row.lifted for row in holds.listed(tx)] == [AT + timedelta(days=1)]


def test_lifting_one_hold_leaves_the_other_that_knows_the_same_child(tx):
    first, _second = add(tx), add(tx)
    holds.lift(tx, first, at=AT)
    assert holds.live_identifiers(tx) == [("upn", pseudonym(1))]


def test_a_hold_is_lifted_once_and_the_first_time_stands(tx):
    number = add(tx)
    holds.lift(tx, number, at=AT)
    version = register_version.version(tx)
    with pytest.raises(StorageError, match="no hold 1 in force") as caught:
        holds.lift(tx, number, at=AT + timedelta(days=1))
    assert caught.value.remedy
    assert [row.lifted for row in holds.listed(tx)] == [AT]
    assert register_version.version(tx) == version


@pytest.mark.parametrize("number", [0, -1, 2])
def test_a_hold_that_is_not_there_is_not_lifted(tx, number):
    add(tx)
    with pytest.raises(StorageError, match="in force"):
        holds.lift(tx, number, at=AT)
    assert len(holds.live_identifiers(tx)) == 1


def test_every_change_raises_the_version_by_one(tx):
    versions = [register_version.version(tx)]
    for change in (
        lambda: decisions.append(tx, [a_decision()]),
        lambda: add(tx),
        lambda: holds.lift(tx, 1, at=AT),
        lambda: register_version.bump(tx),
    ):
        change()
        versions.append(register_version.version(tx))
    assert versions == [0, 1, 2, 3, 4]
    assert decisions.version(tx) == 4


def test_a_version_that_is_missing_is_an_alarm_and_never_zero(tx):
    tx.execute(text("delete from register_version"))
    with pytest.raises(StorageError, match="version is missing") as caught:
        register_version.version(tx)
    assert caught.value.remedy
