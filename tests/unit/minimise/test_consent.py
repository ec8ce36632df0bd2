"""Whose word counts, case by case. A child is 14 or 16 today; every line reads: who said what, then what may leave."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.minimise.ages import attained_on
from gateway.minimise.consent import TIERS, of_all, standing
from gateway.minimise.consent import opened as open_to

TODAY = date(2026, 11, 24)
BORN_14, BORN_16 = date(2012, 6, 1), date(2010, 6, 1)
SIXTEENTH = date(2026, 6, 1)


@dataclass(frozen=True, kw_only=True)
class Said:
    decided_by: str
    decision: str
    tiers: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    given: date
    expires: date | None = None


def line(text: str) -> Said:
    """`parent consent consented+special 2026-01-31 until 2026-12-31`; single fields stand among the tiers"""
    words = text.split()
    named = frozenset(words.pop(2).split("+")) if words[1] == "consent" else frozenset()
    expires = date.fromisoformat(words[4]) if "until" in words else None
    return Said(
        decided_by=words[0], decision=words[1], tiers=named & TIERS, fields=named - TIERS,
        given=date.fromisoformat(words[2]), expires=expires,
    )  # fmt: skip


def tiers(standing_, *, born: date, day: date) -> frozenset[str]:
    """And single fields."""
    found = open_to(standing_, born=born, day=day)
    return found.tiers | found.fields


def opened(born: date, *lines: str, day: date = TODAY) -> set[str]:
    return set(tiers(standing([line(text) for text in lines], day), born=born, day=day))


BOTH = {"consented", "special"}
UNDER_16 = {
    "nothing on record": ((), set()),
    "a parent says yes": (("parent consent consented 2026-01-10",), {"consented"}),
    "a guardian says yes to all": (("guardian consent consented+special 2026-01-10",), BOTH),
    "a parent says no": (("parent refuse 2026-01-10",), set()),
    "a parent says yes, then withdraws": (("parent consent consented 2026-01-10", "parent withdraw 2026-02-10"), set()),
    "a parent says no, then yes": (("parent refuse 2026-01-10", "parent consent consented 2026-02-10"), {"consented"}),
    "an older yes is recorded late and changes nothing": (
        ("parent refuse 2026-02-10", "parent consent consented 2026-01-10"), set()),
    "yes and no on one day: the one recorded last": (
        ("parent refuse 2026-01-10", "parent consent consented 2026-01-10"), {"consented"}),
    "no and yes on one day, the no recorded last": (
        ("parent consent consented 2026-01-10", "parent refuse 2026-01-10"), set()),
    "parents disagree": (("parent consent consented 2026-03-10", "parent-2 refuse 2026-01-10"), set()),
    "a guardian withdraws what a parent gave": (
        ("parent consent consented 2026-03-10", "guardian withdraw 2026-03-11"), set()),
    "two parents open a tier each": (
        ("parent consent consented 2026-03-10", "parent-2 consent special 2026-03-10"), BOTH),
    "the young person says no": (("parent consent consented 2026-03-10", "young-person refuse 2026-01-10"), set()),
    "the young person's own yes opens nothing yet": (("young-person consent consented 2026-03-10",), set()),
    "the young person's no, then yes: the parent's yes counts again": (
        ("parent consent consented 2026-03-10", "young-person refuse 2026-03-11",
         "young-person consent special 2026-03-12"), {"consented"}),
    "a parent was asked and nobody has decided": (("parent unsought 2026-03-10",), set()),
    "no reply": (("parent no-reply 2026-03-10",), set()),
    "asked again after a yes: the yes stands": (
        ("parent consent consented 2026-03-10", "parent unsought 2026-04-10", "parent no-reply 2026-05-10"), {"consented"}),
    "asked again after a no: the no stands": (
        ("parent consent consented 2026-01-10", "parent refuse 2026-03-10", "parent no-reply 2026-05-10"), set()),
    "a yes that ends tomorrow": (("parent consent consented 2026-03-10 until 2026-11-25",), {"consented"}),
    "a yes on the day it expires": (("parent consent consented 2026-03-10 until 2026-11-24",), set()),
    "an expired yes does not bring an older one back": (
        ("parent consent consented+special 2026-01-10", "parent consent consented 2026-03-10 until 2026-05-01"), set()),
    "a yes given today": (("parent consent consented 2026-11-24",), {"consented"}),
    "a yes given tomorrow": (("parent consent consented 2026-11-25",), set()),
    "a no dated tomorrow is a no today": (
        ("parent consent consented 2026-03-10", "parent refuse 2026-11-25"), set()),
    "an objection ends its decider's earlier yes, even once it is lifted": (
        ("parent consent consented 2026-01-10", "parent object 2026-02-10", "parent lift-objection 2026-03-10"), set()),
    "a yes after the objection was lifted": (
        ("parent object 2026-02-10", "parent lift-objection 2026-03-10", "parent consent consented 2026-04-10"), {"consented"}),
    "a yes to single fields opens these and no tier": (("parent consent phone+sen_need 2026-03-10",), {"phone", "sen_need"}),
    "a yes to a tier and to a field beside it": (("parent consent consented+sen_need 2026-03-10",), {"consented", "sen_need"}),
    "a yes to single fields takes the place of the yes to a tier": (
        ("parent consent consented 2026-03-10", "parent consent phone 2026-04-10"), {"phone"}),
    "a yes to a tier after that to single fields": (
        ("parent consent phone 2026-03-10", "parent consent consented 2026-04-10"), {"consented"}),
    "a no after a yes to single fields": (("parent consent phone 2026-03-10", "parent refuse 2026-04-10"), set()),
    "the other parent's no": (("parent consent phone 2026-03-10", "parent-2 refuse 2026-01-10"), set()),
    "a yes to single fields ends a no for these and not for the other parent's yes": (
        ("parent refuse 2026-01-10", "parent-2 consent consented 2026-02-10", "parent consent phone 2026-03-10"), {"phone"}),
    "who says yes to single fields refuses the rest, whoever says yes to it": (
        ("parent consent consented+special 2026-04-10", "parent-2 consent phone 2026-03-10"), {"phone"}),
    "two who name single fields: what both name": (
        ("parent consent phone+email 2026-03-10", "parent-2 consent phone+mobile 2026-03-10"), {"phone"}),
    "two who name different fields": (("parent consent phone 2026-03-10", "parent-2 consent email 2026-03-10"), set()),
    "a yes to single fields that has ended opens nothing and goes on refusing": (
        ("parent consent phone 2026-03-10 until 2026-04-10", "parent-2 consent consented 2026-03-10"), set()),
    "a yes to single fields given tomorrow": (
        ("parent consent consented 2026-03-10", "parent consent phone 2026-11-25"), {"consented"}),
    "the young person's own yes to single fields opens nothing yet": (("young-person consent phone 2026-03-10",), set()),
    "and refuses the rest": (("parent consent consented 2026-03-10", "young-person consent phone 2026-03-11"), set()),
    "but not what a parent names too": (
        ("parent consent phone+email 2026-03-10", "young-person consent phone 2026-03-11"), {"phone"}),
    "an objection does not undo a refusal": (
        ("parent refuse 2026-01-10", "parent object 2026-02-10", "parent lift-objection 2026-03-10",
         "parent-2 consent consented 2026-04-10"), set()),
}  # fmt: skip
FROM_16 = {
    "a parent's yes has ended": (("parent consent consented+special 2026-01-10",), set()),
    "a parent's yes given after the birthday opens nothing": (("parent consent consented 2026-08-10",), set()),
    "the young person says yes on the birthday": (("young-person consent consented 2026-06-01",), {"consented"}),
    "the young person said yes the day before": (("young-person consent consented 2026-05-31",), set()),
    "the young person says no": (("young-person refuse 2026-07-01",), set()),
    "the young person says yes to all, then withdraws": (
        ("young-person consent consented+special 2026-07-01", "young-person withdraw 2026-08-01"), set()),
    "a parent's no ends with the young person's own yes": (
        ("parent refuse 2026-01-10", "young-person consent consented 2026-07-01"), {"consented"}),
    "a parent's no goes on blocking until then": (
        ("parent refuse 2026-01-10", "young-person consent consented 2026-05-01"), set()),
    "a no by anyone after the young person's yes closes it again": (
        ("young-person consent consented 2026-07-01", "parent refuse 2026-08-01"), set()),
    "and the young person may open it once more": (
        ("young-person consent consented 2026-07-01", "parent refuse 2026-08-01",
         "young-person consent special 2026-09-01"), {"special"}),
    "the young person's yes has expired, and the parent's does not come back": (
        ("parent consent consented 2026-01-10", "young-person consent consented 2026-07-01 until 2026-11-24"), set()),
    "asked again after the own yes": (
        ("young-person consent consented 2026-07-01", "young-person no-reply 2026-09-01"), {"consented"}),
    "a parent's yes adds nothing to the own yes": (
        ("young-person consent consented 2026-07-01", "parent consent special 2026-07-02"), {"consented"}),
    "an own yes to single fields opens these and no tier": (("young-person consent phone 2026-07-01",), {"phone"}),
    "an own yes to single fields the day before the birthday": (("young-person consent phone 2026-05-31",), set()),
    "a parent's yes to single fields has ended": (("parent consent phone 2026-01-10",), set()),
    "an own yes to single fields takes the place of the own yes to a tier": (
        ("young-person consent consented 2026-07-01", "young-person consent phone 2026-08-01"), {"phone"}),
    "a parent's earlier yes to single fields does not narrow the own yes": (
        ("parent consent phone 2026-01-10", "young-person consent consented 2026-07-01"), {"consented"}),
    "a later one refuses the rest": (
        ("young-person consent consented 2026-07-01", "parent consent phone 2026-08-01"), set()),
    "but not what the young person named": (
        ("young-person consent phone+email 2026-07-01", "parent consent phone 2026-08-01"), {"phone"}),
    "the own objection ends the own yes": (
        ("young-person consent consented 2026-07-01", "young-person object 2026-08-01",
         "young-person lift-objection 2026-09-01"), set()),
}  # fmt: skip


@pytest.mark.parametrize("case", UNDER_16)
def test_until_16_somebody_else_decides(case):
    lines, expected = UNDER_16[case]
    assert opened(BORN_14, *lines) == expected


@pytest.mark.parametrize("case", FROM_16)
def test_from_16_the_young_person_decides(case):
    lines, expected = FROM_16[case]
    assert opened(BORN_16, *lines) == expected


@pytest.mark.parametrize(
    ("lines", "objected"),
    [
        ((), False),
        (("parent object 2026-01-10",), True),
        (("young-person object 2026-01-10", "young-person lift-objection 2026-02-10"), False),
        (("parent object 2026-01-10", "young-person lift-objection 2026-02-10"), True),
        (("parent object 2026-01-10", "parent consent consented 2026-02-10"), True),
        (("parent lift-objection 2026-01-10", "parent object 2026-02-10"), True),
        (("parent object 2026-01-10", "parent lift-objection 2026-11-25"), True),
        (("parent object 2026-11-25",), True),
        (("parent object 2026-01-10", "parent no-reply 2026-02-10"), True),
    ],
)
def test_an_objection_stands_until_the_same_decider_has_it_lifted(lines, objected):
    assert standing([line(text) for text in lines], TODAY).objected is objected


SAID = st.builds(
    Said,
    decided_by=st.sampled_from(["parent", "parent-2", "guardian", "young-person"]),
    decision=st.sampled_from(["consent", "refuse", "withdraw", "unsought", "no-reply", "object", "lift-objection"]),
    tiers=st.sampled_from([frozenset({"consented"}), frozenset({"special"}), TIERS]),
    given=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
    expires=st.one_of(st.none(), st.dates(date(2026, 1, 2), date(2027, 12, 31))),
)
NAMED = st.sampled_from([frozenset({"phone"}), frozenset({"phone", "email"}), frozenset({"sen_need", "phone"})])
SAID = st.one_of(
    SAID,
    st.builds(replace, SAID, fields=NAMED),
    st.builds(replace, SAID, fields=NAMED, tiers=st.just(frozenset())),
)
BORN = st.dates(date(2009, 1, 1), date(2013, 12, 31))


@given(said=st.lists(SAID, max_size=8), born=BORN, extra=SAID, place=st.integers(0, 8))
def test_what_closes_never_opens(said, born, extra, place):
    before = standing(said, TODAY)
    for closing in ("refuse", "withdraw", "object"):
        more = [*said[:place], replace(extra, decision=closing), *said[place:]]
        after = standing(more, TODAY)
        if extra.given >= max((one.given for one in said), default=extra.given):
            assert tiers(after, born=born, day=TODAY) <= tiers(before, born=born, day=TODAY)
        assert after.objected or not before.objected or closing == "object"


@given(said=st.lists(SAID, max_size=8), born=BORN)
def test_nothing_opens_that_nobody_consented_to(said, born):
    named = {name for one in said if one.decision == "consent" for name in one.tiers | one.fields}
    assert tiers(standing(said, TODAY), born=born, day=TODAY) <= named


@given(said=st.lists(SAID, max_size=8), born=BORN)
def test_who_never_decided_at_16_has_nothing_open_from_16(said, born):
    birthday = attained_on(born, 16)
    day = birthday + timedelta(1)
    early = [one for one in said if one.decided_by != "young-person" or one.given < birthday]
    assert tiers(standing(early, day), born=born, day=day) == set()


@given(said=st.lists(SAID, max_size=8), born=BORN)
def test_over_the_16th_birthday_no_yes_of_anybody_elses_is_kept(said, born):
    birthday = attained_on(born, 16)
    own = [
        one for one in said if one.decided_by == "young-person" and one.decision == "consent" and one.given >= birthday
    ]
    after = tiers(standing(said, birthday), born=born, day=birthday)
    assert after <= {name for one in own for name in one.tiers | one.fields}


@given(said=st.lists(SAID, max_size=6, unique_by=lambda one: one.given), order=st.randoms())
def test_in_which_order_days_are_recorded_does_not_matter(said, order):
    mixed = list(said)
    order.shuffle(mixed)
    assert standing(mixed, TODAY) == standing(said, TODAY)


@given(said=st.lists(SAID, max_size=4))
def test_what_is_no_decision_changes_nothing(said):
    deciding = [one for one in said if one.decision not in ("unsought", "no-reply")]
    assert standing(said, TODAY) == standing(deciding, TODAY)


@given(said=st.lists(SAID, max_size=8), only=SAID, born=BORN)
def test_beside_a_yes_to_single_fields_that_counts_nothing_else_opens_under_16(said, only, born):
    last = max((one.given for one in said), default=only.given)
    only = replace(only, decision="consent", tiers=frozenset(), fields=frozenset({"phone"}), given=last)
    found = standing([*said, only], max(last, TODAY)).minor
    assert found.tiers == frozenset()
    assert found.fields <= {"phone"}


OF_THE_TIERS = {"consented": {"phone", "email"}, "special": {"sen_need"}}


def leaving(standing_, born: date) -> set[str]:
    found = open_to(standing_, born=born, day=TODAY)
    return set(found.fields.union(*(OF_THE_TIERS[tier] for tier in found.tiers)))


@given(histories=st.lists(st.lists(SAID, max_size=4), min_size=1, max_size=3), born=BORN)
def test_a_child_of_several_pseudonyms_has_open_what_each_of_them_lets_out(histories, born):
    each = [standing(said, TODAY) for said in histories]
    together = of_all(each)
    assert leaving(together, born) <= set.intersection(*(leaving(one, born) for one in each))
    assert leaving(together, date(2013, 1, 1)) == set.intersection(*(leaving(one, date(2013, 1, 1)) for one in each))
    assert together.objected is any(one.objected for one in each)


def test_one_pseudonym_alone_is_what_it_is_and_none_is_the_floor():
    one = standing(
        [line("parent consent consented 2026-01-10"), line("young-person consent special 2026-07-01")], TODAY
    )
    assert of_all([one]) == one
    assert of_all([]) == standing([], TODAY)


def test_different_deciders_may_come_in_any_order():
    lines = [
        "parent consent consented 2026-01-10",
        "parent-2 consent special 2026-01-11",
        "guardian no-reply 2026-01-12",
    ]
    results = {frozenset(opened(BORN_14, *order)) for order in permutations(lines)}
    assert results == {frozenset(BOTH)}
