"""Statutory returns: whole or not at all, and nobody is asked."""

import pytest

from tests.unit.minimise.ground import FLOOR, SCHEMA, STATUTORY, WHOLE, a_child, judged, says


def test_everybody_leaves_with_the_allowed_fields(tmp_path):
    children = [a_child(1), a_child(2, date_of_birth="2021-01-01", address_line_1="", postcode="")]
    result = judged(tmp_path, children, policy=STATUTORY, schema=WHOLE)
    assert (result.outcome.rows_out, result.outcome.refusals) == (2, ())
    assert set(result.rows[0]) == {"upn", *FLOOR, "sen_provision"}
    assert result.row_of(children[0])["sen_provision"] == "K"
    assert result.outcome.fields == {}


def test_no_decision_of_anybody_matters(tmp_path):
    child = a_child()
    decisions = [says(child, "parent", "refuse"), says(child, "parent", "object")]
    assert judged(tmp_path, [child], policy=STATUTORY, decisions=decisions).outcome.rows_out == 1


@pytest.mark.parametrize("schema", [SCHEMA, WHOLE])
def test_a_bad_row_refuses_the_file(tmp_path, schema):
    outcome = judged(tmp_path, [a_child(1), a_child(2, surname="")], policy=STATUTORY, schema=schema).outcome
    assert [refusal.reason for refusal in outcome.refusals] == ["bad-rows"]
    assert outcome.places == ('row 3: "SURNAME" is empty',)


def test_a_child_who_stands_twice_refuses_the_file(tmp_path):
    outcome = judged(tmp_path, [a_child(1), a_child(1)], policy=STATUTORY, schema=WHOLE).outcome
    assert [refusal.reason for refusal in outcome.refusals] == ["duplicates"]


def test_a_held_child_refuses_the_file_and_nobody_learns_why_or_who(tmp_path):
    outcome = judged(tmp_path, [a_child(1), a_child(2)], policy=STATUTORY, schema=WHOLE, holds=[a_child(1)]).outcome
    assert [refusal.reason for refusal in outcome.refusals] == ["review-needed"]
    words = outcome.refusals[0].sentence.lower()
    assert not [word for word in ("hold", "address", "refuge", "row", "child", "1") if word in words]
    assert outcome.places == ()


def test_a_row_that_does_not_say_who_it_is_about_refuses_the_file(tmp_path):
    outcome = judged(tmp_path, [a_child(1, forename="'", surname="-")], policy=STATUTORY, schema=WHOLE).outcome
    assert [refusal.reason for refusal in outcome.refusals] == ["too-few-identifiers"]
    assert outcome.places == ("row 2: too little says who this child is",)
