"""Matching a population with one transfer's disclosures: also of children whose UPN has changed since, or before."""

import pytest

from gateway.footing.ledger.subjects import Aliases
from gateway.minimise.disclosed import DisclosedFile
from gateway.minimise.identifiers import subject
from gateway.story.incident import Matching
from tests.unit.minimise.ground import FLOOR, REGISTER_KEY, a_child, judged, upn


def of(number: int) -> bytes:
    return subject(upn(number), key=REGISTER_KEY)


@pytest.fixture
def matched(tmp_path):
    """Two children were released; `links` say who is whom."""
    outcome = judged(tmp_path, [a_child(1), a_child(2)]).outcome
    file = DisclosedFile(
        transfer="t1", path=tmp_path / "disclosures.parquet", meta=outcome.disclosures_meta, key=REGISTER_KEY
    )

    def match(*links: tuple[bytes, bytes]) -> Matching:
        return Matching(file, children=outcome.rows_out, key=REGISTER_KEY, aliases=Aliases(links))

    return match


def test_rows_are_told_by_their_place_and_with_what_was_released(matched):
    found = matched()
    assert list(found.among([upn(3), upn(1)])) == [(1, ("reference", *FLOOR))]
    assert (found.rows, found.matched, found.unmatched, found.strangers) == (2, 1, 0, 1)


def test_a_child_is_found_under_the_new_upn_and_under_the_old_one(matched):
    for links in ([(of(9), of(1))], [(of(1), of(9))], [(of(9), of(8)), (of(1), of(8))]):
        found = matched(*links)
        assert [place for place, _ in found.among([upn(9)])] == [0]
        assert found.strangers == 1


def test_a_link_to_somebody_else_finds_nobody(matched):
    assert list(matched((of(9), of(8))).among([upn(9)])) == []


def test_the_same_child_twice_in_a_population_is_two_rows_and_one_child(matched):
    found = matched()
    assert [place for place, _ in found.among([upn(1), upn(1)])] == [0, 1]
    assert list(found.among([upn(2)])) != []
    assert (found.matched, found.strangers) == (3, 0)


@pytest.mark.parametrize("text", ["", "nonsense", upn(1)[:-1], upn(1).lower()])
def test_what_is_no_upn_matches_nobody(matched, text):
    found = matched()
    assert list(found.among([text])) == []
    assert found.unmatched == 1
