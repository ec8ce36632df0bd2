"""What a file adds to a register, case by case: `on record` and `the file` are one child's decisions."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.footing.ledger.decisions import DecisionRow
from gateway.minimise.ages import attained_on
from gateway.minimise.consent import opened as open_to
from gateway.minimise.consent import standing
from gateway.minimise.register_news import ABSENT, news
from tests.unit.minimise.ground import AT, TODAY

CHILD, OTHER = bytes(12), b"\1" * 12


def row(text: str, subject: bytes = CHILD) -> DecisionRow:
    """`parent consent consented 2026-01-31`"""
    who, decision, *rest = text.split()
    named = frozenset(rest.pop(0).split("+")) if decision == "consent" else frozenset()
    return DecisionRow(
        subject=subject, purpose="youth-support", decided_by=who, decision=decision, tiers=named,
        given=date.fromisoformat(rest[0]), expires=None, notice="PN 3", evidence=" ".join(rest[1:]), recorded=AT,
    )  # fmt: skip


def told(on_record, file, *, snapshot=False):
    return news(
        [row(text) for text in file], [row(text) for text in on_record], snapshot=snapshot, day=TODAY, recorded=AT
    )


def words(rows) -> list[str]:
    return [f"{one.decided_by} {one.decision} {one.given}" for one in rows]


YES, NO = "parent consent consented 2026-01-10", "parent refuse 2026-01-10"
CHANGES = {
    "what is new is added": ([], [YES, NO], [YES, NO]),
    "a consent that stands there word for word is not added again": ([YES], [YES], []),
    "not even after its withdrawal on the same day": ([YES, "parent withdraw 2026-01-10"], [YES], []),
    "with another evidence it is another consent": ([YES], [f"{YES} form-2"], [f"{YES} form-2"]),
    "with another tier too": ([YES], ["parent consent special 2026-01-10"], ["parent consent special 2026-01-10"]),
    "a refusal that is the last word is not added again": ([YES, NO], [NO], []),
    "a refusal that is not the last word any more closes again": ([NO, YES], [NO], [NO]),
    "the same said by another parent is another decision": ([NO], ["parent-2 refuse 2026-01-10"], ["parent-2 refuse 2026-01-10"]),
    "no decision is recorded once": (["parent unsought 2026-01-10", YES], ["parent unsought 2026-01-10"], []),
    "who is not in a file of changes stays as they are": ([YES], [], []),
}  # fmt: skip
SNAPSHOTS = {
    "an absent consent is withdrawn": ([YES], [], ["parent withdraw 2026-11-24"]),
    "an absent refusal stays": ([NO], [], []),
    "an absent objection stays, and ends no consent twice": (["parent object 2026-01-10"], [], []),
    "the consent before an absent objection is withdrawn": ([YES, "parent object 2026-02-10"], [], ["parent withdraw 2026-11-24"]),
    "a consent that was withdrawn already is left": ([YES, "parent withdraw 2026-02-10"], [], []),
    "a consent that the file has stays": ([YES], [YES], []),
    "one that the file has a newer one for stays": ([YES], ["parent consent special 2026-02-10"], []),
    "one that the file has an older one for is withdrawn": (["parent consent consented+special 2026-02-10"], [YES], ["parent withdraw 2026-11-24"]),
    "a child that only refuses in the file loses the consent on record": ([YES], [NO], ["parent withdraw 2026-11-24"]),
    "the other parent's consent does not stand for the absent one's": (
        [YES], ["parent-2 consent consented 2026-01-10"], ["parent withdraw 2026-11-24"]),
    "unsought in the file is no consent": ([YES], ["parent unsought 2026-02-10"], ["parent withdraw 2026-11-24"]),
    "each decider's absent consent is withdrawn": (
        [YES, "young-person consent consented 2026-02-10"], [], ["parent withdraw 2026-11-24", "young-person withdraw 2026-11-24"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CHANGES)
def test_a_file_of_changes_adds_what_is_new(case):
    on_record, file, added = CHANGES[case]
    found = told(on_record, file)
    assert found.added == tuple(row(text) for text in added)
    assert found.withdrawn == ()
    assert found.known == len(file) - len(added)


@pytest.mark.parametrize("case", SNAPSHOTS)
def test_a_snapshot_withdraws_what_it_leaves_out(case):
    on_record, file, withdrawn = SNAPSHOTS[case]
    found = told(on_record, file, snapshot=True)
    assert words(found.withdrawn) == withdrawn
    assert all(not one.tiers and one.evidence == ABSENT for one in found.withdrawn)


def test_children_are_told_apart():
    on_record = [row(YES), row(YES, OTHER)]
    found = news([row(YES, OTHER)], on_record, snapshot=True, day=TODAY, recorded=AT)
    assert [one.subject for one in found.withdrawn] == [CHILD]


UNDER_TWO = {
    "a consent that the file has under another pseudonym stays": ([YES], [YES], []),
    "one that it has an older one for is withdrawn": (
        [YES.replace("01-10", "02-10")], [YES], ["parent withdraw 2026-11-24"]),
    "one of another decider's is withdrawn": ([YES], [YES.replace("parent", "parent-2")], ["parent withdraw 2026-11-24"]),
    "an absent one is withdrawn": ([YES], [], ["parent withdraw 2026-11-24"]),
    "a refusal under the other stands for no consent": ([YES], [NO], ["parent withdraw 2026-11-24"]),
}  # fmt: skip


@pytest.mark.parametrize("case", UNDER_TWO)
@pytest.mark.parametrize("leads", [{CHILD: OTHER}, {OTHER: CHILD}, {CHILD: b"\2" * 12, OTHER: b"\2" * 12}])
def test_what_a_snapshot_says_under_one_pseudonym_it_says_of_the_child(case, leads):
    on_record, file, withdrawn = UNDER_TWO[case]
    record, told_of = [row(text) for text in on_record], [row(text, OTHER) for text in file]
    found = news(told_of, record, snapshot=True, day=TODAY, recorded=AT, leads=leads)
    assert words(found.withdrawn) == withdrawn
    assert all(one.subject == CHILD for one in found.withdrawn)
    assert found.added == tuple(told_of), "under its own pseudonym it is new, and counts with the other"


def test_pseudonyms_that_nothing_links_are_two_children():
    found = news([row(YES, OTHER)], [row(YES)], snapshot=True, day=TODAY, recorded=AT, leads={b"\3" * 12: b"\2" * 12})
    assert [one.subject for one in found.withdrawn] == [CHILD]


@pytest.mark.parametrize(
    ("file", "opens"),
    [
        ([YES], True),
        (["parent lift-objection 2026-01-10"], True),
        (["parent refuse 2026-01-10", "parent object 2026-01-10", "parent withdraw 2026-01-10"], False),
        (["parent unsought 2026-01-10", "parent no-reply 2026-01-10"], False),
        ([], False),
    ],
)
def test_only_what_opens_wants_two_signatures(file, opens):
    assert told([], file).opens is opens
    assert not told([row(text) and text for text in file], file).opens


ROWS = st.builds(
    DecisionRow, subject=st.just(CHILD), purpose=st.just("youth-support"),
    decided_by=st.sampled_from(["parent", "parent-2", "young-person"]),
    decision=st.sampled_from(["consent", "refuse", "withdraw", "unsought", "object", "lift-objection"]),
    tiers=st.just(frozenset()), given=st.dates(date(2026, 1, 1), TODAY), expires=st.none(), notice=st.just(""),
    evidence=st.sampled_from(["a", "b"]), recorded=st.just(AT),
).map(lambda one: replace(one, tiers=frozenset({"consented"})) if one.decision == "consent" else one)  # fmt: skip


def opened(rows, born):
    found = open_to(standing(rows, TODAY), born=born, day=TODAY)
    return found.tiers | found.fields


@given(
    record=st.lists(ROWS, max_size=6),
    file=st.lists(ROWS, max_size=4),
    born=st.dates(date(2009, 1, 1), date(2013, 1, 1)),
)
def test_the_same_file_a_second_time_opens_nothing_that_it_had_not_opened(record, file, born):
    first = news(file, record, snapshot=False, day=TODAY, recorded=AT)
    after = [*record, *first.added]
    again = news(file, after, snapshot=False, day=TODAY, recorded=AT)
    assert opened([*after, *again.added], born) <= opened(after, born)
    assert not again.opens


@given(
    record=st.lists(ROWS, max_size=6),
    file=st.lists(ROWS, max_size=4),
    born=st.dates(date(2009, 1, 1), date(2013, 1, 1)),
)
def test_a_snapshot_opens_no_more_than_the_same_file_as_changes(record, file, born):
    changes = news(file, record, snapshot=False, day=TODAY, recorded=AT)
    snapshot = news(file, record, snapshot=True, day=TODAY, recorded=AT)
    whole = [*record, *snapshot.added, *snapshot.withdrawn]
    assert opened(whole, born) <= opened([*record, *changes.added], born)


@given(record=st.lists(ROWS, max_size=6), closing=ROWS, born=st.dates(date(2009, 1, 1), date(2013, 1, 1)))
def test_a_refusal_in_a_file_never_opens_and_always_wins_if_it_is_the_newest(record, closing, born):
    refusal = replace(closing, decision="refuse", tiers=frozenset(), given=TODAY)
    found = news([refusal], record, snapshot=False, day=TODAY, recorded=AT)
    after = opened([*record, *found.added], born)
    assert after <= opened(record, born)
    if attained_on(born, 16) > TODAY:
        assert after == frozenset()
