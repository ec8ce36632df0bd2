"""Numbers of children who do not exist pass the checks that real ones pass."""

import pytest

from gateway.demo import numbers

VALUES = "ABCDEFGHJKLMNPQRTUVWXYZ"


def upn_is_valid(upn):
    places = [VALUES.index(place) if place.isalpha() else int(place) for place in upn[1:]]
    total = 0
    for position, value in enumerate(places):
        total += value * (position + 2)
    return len(upn) == 13 and VALUES[total % 23] == upn[0]


def uln_is_valid(uln):
    total = sum(int(digit) * (10 - position) for position, digit in enumerate(uln[:9]))
    return len(uln) == 10 and total % 11 != 0 and int(uln[9]) == 10 - total % 11


@pytest.mark.parametrize("upn", ["R674123101121", "M320400024001", "Y32040002400A"])
def test_the_check_used_here_accepts_published_upns(upn):
    assert upn_is_valid(upn)
    assert numbers.check_letter(upn[1:]) == upn[0]


@pytest.mark.parametrize("uln", ["1000000043", "9999999998", "1234567899"])
def test_the_check_used_here_accepts_published_ulns(uln):
    assert uln_is_valid(uln)


@pytest.mark.parametrize("number", ["R674123101122", "A674123101121", "R67412310112"])
def test_the_check_used_here_refuses_wrong_upns(number):
    assert not upn_is_valid(number)


@pytest.mark.parametrize("temporary", [False, True])
def test_every_upn_is_valid_and_its_last_place_tells_a_temporary_one(temporary):
    for child in range(0, 300_000, 97):
        upn = numbers.upn(child, 2015, temporary=temporary)
        assert upn_is_valid(upn)
        assert upn[-1].isalpha() is temporary


def test_every_uln_is_valid():
    assert all(uln_is_valid(numbers.uln(child)) for child in range(5000))


def test_no_two_children_share_a_number():
    children = range(40_000)
    assert len({numbers.upn(child, child % 7)[1:] for child in children}) == len(children)
    assert len({numbers.uln(child) for child in children}) == len(children)


def test_a_few_children_are_spread_over_several_schools():
    assert len({numbers.school_number(child) for child in range(20)}) == numbers.SCHOOLS_AT_A_TIME


def test_the_local_authority_is_one_that_does_not_exist():
    assert {numbers.upn(child, 12)[1:4] for child in range(1000)} == {"990"}
