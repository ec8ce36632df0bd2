"""The children of the demonstration: the same story each time, and each thing that can be true of a child in it."""

import re
from collections import Counter
from datetime import date, timedelta
from random import Random
from typing import get_args

import pytest

from gateway.contract.fields import IN_RETURNS, FieldName
from gateway.demo.cast import BAD_ROWS, CAST
from gateway.demo.children import population
from gateway.demo.states import FROM_16, UNDER_16
from tests.unit.demo.test_numbers import uln_is_valid, upn_is_valid

TODAY = date(2026, 11, 24)
DAYS = [TODAY, *(date(year, month, day) for year in (2026, 2027, 2028) for month, day in ((2, 28), (3, 1), (12, 31))),
        date(2028, 2, 29), date(2032, 2, 29)]  # fmt: skip
NOBODY_HAS = {"reference", "preferred_forename", "preferred_surname", "former_forename", "address_line_3",
              "address_line_4", "address_line_5"}  # fmt: skip
SPOILT = {part.situation for part in BAD_ROWS}


class OnlyRandom:
    """All that every Python promises to draw alike: anything else that is asked for is not there."""

    def __init__(self, seed):
        self.random = Random(seed).random


@pytest.fixture(scope="module")
def town():
    return population(Random(7), today=TODAY, rows=3000)


def born(child):
    return date.fromisoformat(child.fields["date_of_birth"])


def age_on(day, birth):
    """Whole years: counted day by day, not as the product counts them."""
    age = day.year - birth.year
    return age - ((day.month, day.day) < (birth.month, birth.day))


def sound(children):
    return [child for child in children if child.situation.removesuffix("-again") not in SPOILT]


def test_the_same_seed_tells_the_same_story():
    assert population(Random(1), today=TODAY) == population(Random(1), today=TODAY)


def test_another_seed_tells_another():
    assert population(Random(1), today=TODAY).children != population(Random(2), today=TODAY).children


def test_nothing_is_drawn_that_another_python_might_draw_otherwise():
    assert population(OnlyRandom(1), today=TODAY) == population(Random(1), today=TODAY)


@pytest.mark.parametrize("rows", [0, 100, 401, 2000])
def test_there_are_as_many_rows_as_were_wanted_or_the_cast_and_a_household_more(rows):
    count = len(population(Random(3), today=TODAY, rows=rows).children)
    assert max(rows, len(CAST)) <= count <= max(rows, len(CAST)) + 4


def test_every_part_of_the_cast_is_there_and_named_once():
    situations = [member.situation for part in CAST for member in (part, *part.siblings)]
    assert len(set(situations)) == len(situations)
    told = {child.situation for child in population(Random(1), today=TODAY, rows=0).children}
    assert told == {*situations, "twice-again"}


def test_a_larger_town_has_the_same_cast():
    few, many = (population(Random(1), today=TODAY, rows=rows) for rows in (0, 500))
    assert set(map(str, few.children)) < set(map(str, many.children))
    assert few.held == many.held


@pytest.mark.parametrize("today", DAYS)
@pytest.mark.parametrize(
    ("situation", "age", "tomorrow"),
    [
        ("thirteen-tomorrow", 12, None),
        ("thirteen-today", 13, None),
        ("thirteen-yesterday", 13, None),
        ("sixteen-tomorrow", 15, 16),
        ("sixteen-today", 16, None),
        ("sixteen-yesterday", 16, None),
        ("twenty-tomorrow", 19, 20),
        ("twenty-today", 20, None),
        ("twenty-yesterday", 20, None),
    ],
)
def test_birthdays_fall_around_the_ages_that_matter(today, situation, age, tomorrow):
    child = population(Random(1), today=today, rows=0).in_situation(situation)
    assert age_on(today, born(child)) == age
    assert tomorrow is None or age_on(today + timedelta(1), born(child)) == tomorrow


@pytest.mark.parametrize("today", DAYS)
def test_somebody_in_scope_was_born_on_a_leap_day(today):
    child = population(Random(1), today=today, rows=0).in_situation("leap-day")
    assert (born(child).month, born(child).day) == (2, 29)
    assert 13 <= age_on(today, born(child)) < 20


@pytest.mark.parametrize("today", DAYS)
def test_who_is_too_young_or_too_old_is_told_apart(today):
    for child in sound(population(Random(5), today=today, rows=600).children):
        in_scope = 13 <= age_on(today, born(child)) < 20
        assert (child.outcome != "outside-ages") is in_scope, child.situation


def test_numbers_are_valid_and_nobody_shares_one(town):
    children = sound(town.children)
    assert all(upn_is_valid(child.fields["upn"]) and uln_is_valid(child.fields["uln"]) for child in children)
    for field in ("upn", "uln", "local_id"):
        assert len({child.fields[field] for child in children}) == len(children)


def test_nobody_shares_name_and_date_of_birth(town):
    known = Counter(
        (child.fields["forename"].casefold(), child.fields["surname"].casefold(), child.fields["date_of_birth"])
        for child in sound(town.children)
    )
    assert max(known.values()) == 1


def test_brothers_and_sisters_live_at_one_address(town):
    homes = Counter(child.fields["uprn"] for child in town.children)
    assert {1, 2, 3} <= set(homes.values())


def test_names_have_accents_apostrophes_hyphens_and_spaces(town):
    for field in ("forename", "surname"):
        names = " / ".join(child.fields[field] for child in town.children)
        assert all(re.search(pattern, names) for pattern in ("[^\x00-\x7f]", r"\w'\w", r"\w-\w", r"\w \w"))


def test_some_addresses_are_flats_and_no_postcode_or_telephone_is_anybodys(town):
    assert any(child.fields["address_line_1"].startswith("Flat ") for child in town.children)
    for child in sound(town.children):
        assert re.fullmatch(r"NM[0-9] [0-9][ABD-HJLNP-UW-Z]{2}", child.fields["postcode"])
        assert re.fullmatch(r"01632 960\d{3}", child.fields["phone"])
        assert re.fullmatch(r"07700 900\d{3}", child.fields["mobile"])
        assert child.fields["email"].endswith("@example.org")


def test_fields_have_standard_names_and_all_that_a_council_holds_are_there(town):
    names = {name for child in town.children for name in child.fields}
    assert names == set(get_args(FieldName)) - NOBODY_HAS - IN_RETURNS


def test_every_state_of_consent_occurs_in_a_town_and_not_only_in_the_cast(town):
    told = Counter(child.situation for child in town.children)
    assert [state.slug for state in (*UNDER_16, *FROM_16) if told[state.slug] < 2] == []


def test_decisions_are_about_children_of_the_extract_and_lie_between_birth_and_today(town):
    birthdays = {child.fields["upn"]: born(child) for child in sound(town.children)}
    for decision in town.decisions:
        assert birthdays[decision.upn] < decision.given <= TODAY
        assert decision.expires is None or decision.expires > decision.given


def test_decisions_use_the_words_of_the_register_and_no_others(town):
    assert {decision.decided_by for decision in town.decisions} == {"parent", "guardian", "young-person"}
    assert {decision.decision for decision in town.decisions} == {
        "consent", "refuse", "withdraw", "unsought", "no-reply", "object",
    }  # fmt: skip
    assert all(bool(decision.tiers) is (decision.decision == "consent") for decision in town.decisions)
    assert {tier for decision in town.decisions for tier in decision.tiers} == {"consented", "special"}


def test_a_consent_that_counts_from_sixteen_was_given_at_sixteen(town):
    given = {(decision.upn, decision.decision): decision.given for decision in town.decisions}
    for child in town.children:
        if child.situation == "own-yes":
            assert age_on(given[child.fields["upn"], "consent"], born(child)) >= 16
        if child.situation == "own-yes-too-early":
            assert age_on(given[child.fields["upn"], "consent"], born(child)) == 15


def test_the_held_are_known_by_one_thing_each_and_that_is_in_the_extract(town):
    by_upn, by_name, by_address = town.held
    assert by_upn.known_by == {"upn": town.in_situation("held-by-upn").fields["upn"]}
    assert set(by_name.known_by) == {"forename", "surname", "date_of_birth"}
    assert by_name.known_by["date_of_birth"] == town.in_situation("held-by-name").fields["date_of_birth"]
    assert by_address.known_by["postcode"] == town.in_situation("held-by-address").fields["postcode"]


def test_whoever_lives_with_the_held_is_withheld_and_nobody_else_lives_there(town):
    address = town.in_situation("held-by-address").fields["address_line_1"]
    there = [child for child in town.children if child.fields["address_line_1"] == address]
    assert {child.situation for child in there} == {"held-by-address", "lives-with-one-held"}
    assert {child.outcome for child in there} == {"withheld"}


def test_bad_rows_are_bad_in_the_way_they_say(town):
    assert not upn_is_valid(town.in_situation("bad-check-letter").fields["upn"])
    assert town.in_situation("missing-surname").fields["surname"] == ""
    assert town.in_situation("no-such-postcode").fields["postcode"] == "NM1"
    with pytest.raises(ValueError, match="day"):
        born(town.in_situation("impossible-date"))
    assert town.in_situation("twice").fields["upn"] == town.in_situation("twice-again").fields["upn"]


def test_a_temporary_upn_is_sound(town):
    upn = town.in_situation("temporary-upn").fields["upn"]
    assert upn_is_valid(upn)
    assert upn[-1].isalpha()


def test_what_is_fit_for_a_return_has_no_bad_row_and_nobody_held(town):
    fit = town.fit_for_a_return()
    assert not {child.situation.removesuffix("-again") for child in fit} & SPOILT
    assert {child.outcome for child in fit} == {"floor", "consented", "special", "outside-ages"}
