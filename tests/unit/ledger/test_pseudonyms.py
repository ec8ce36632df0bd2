"""When a key is rotated every pseudonym in the ledger changes, in one transaction, and nothing else does."""

import hashlib
from datetime import date

import pytest
from sqlalchemy import select

from gateway.footing.ledger import decisions, holds, pseudonyms, register_version, retention, subjects
from gateway.footing.ledger.schema import PSEUDONYM, ledger
from tests.unit.ledger.rows import AT, pseudonym
from tests.unit.ledger.test_register import a_decision


def follow(recorded: bytes) -> bytes:
    return hashlib.sha256(recorded).digest()[:PSEUDONYM]


def fill(tx):
    decisions.append(tx, [a_decision(1), a_decision(2), a_decision(1, decision="refused")])
    holds.add(tx, [("upn", pseudonym(3)), ("uln", pseudonym(4))], at=AT, reviewer="uid-0", reason="refuge")
    subjects.add_link(tx, pseudonym(5), pseudonym(1), at=AT)
    subjects.add_nameless(tx, [pseudonym(6)])
    retention.record_contacts(tx, {pseudonym(7): date(2026, 9, 1)})
    retention.keep_subjects(tx, frozenset({pseudonym(8)}), at=AT)


def test_every_column_that_holds_a_pseudonym_is_found_by_its_size():
    named = {column.name for column in pseudonyms.columns()}
    assert named == {"subject", "pseudonym"}
    tables = {column.table.name for column in pseudonyms.columns()}
    assert tables == {table.name for table in ledger.sorted_tables if named & set(table.columns.keys())}


def test_all_of_them_become_what_follows_and_all_else_stays(tx):
    fill(tx)
    before = list(decisions.of_purpose(tx, "youth-support"))
    count = pseudonyms.rewrite(tx, follow)
    assert count == 2 + 2 + 2 + 1 + 1 + 1
    after = list(decisions.of_purpose(tx, "youth-support"))
    key = lambda row: (row.subject, row.decision)  # noqa: E731 - a sort key
    assert sorted(after, key=key) == sorted((_moved(row) for row in before), key=key)
    assert set(holds.live_identifiers(tx)) == {("upn", follow(pseudonym(3))), ("uln", follow(pseudonym(4)))}
    assert subjects.links(tx) == ((follow(pseudonym(5)), follow(pseudonym(1))),)
    assert subjects.nameless(tx) == (follow(pseudonym(6)),)
    assert retention.contacts_after(tx, date(2026, 1, 1)) == {follow(pseudonym(7)): date(2026, 9, 1)}
    assert retention.kept_subjects(tx) == {follow(pseudonym(8))}


def _moved(row):
    from dataclasses import replace

    return replace(row, subject=follow(row.subject))


def test_a_snapshot_of_the_register_from_before_is_current_no_more(tx):
    fill(tx)
    before = register_version.version(tx)
    pseudonyms.rewrite(tx, follow)
    assert register_version.version(tx) > before


def test_what_breaks_in_the_middle_changes_nothing(ledger):
    with ledger.writing() as tx:
        fill(tx)
        before = _all(tx)
    done = []

    def breaks(recorded: bytes) -> bytes:
        done.append(recorded)
        if len(done) == 6:
            raise ZeroDivisionError
        return follow(recorded)

    with pytest.raises(ZeroDivisionError), ledger.writing() as tx:
        pseudonyms.rewrite(tx, breaks)
    with ledger.reading() as tx:
        assert _all(tx) == before


def _all(tx):
    return {str(column): sorted(map(bytes, tx.execute(select(column)).scalars())) for column in pseudonyms.columns()}
