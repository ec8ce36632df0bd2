"""A return that leaves with a child on hold in it: without the fields that the policy keeps back, and nobody else's."""

import pytest
from pydantic import ValidationError

from gateway.contract.policy import Holds, Policy
from gateway.minimise.disclosed import DisclosedFile, disclosed
from gateway.minimise.identifiers import subject
from tests.unit.minimise.ground import (
    POLICY,
    REGISTER_KEY,
    SCHEMA,
    STATUTORY,
    WHOLE,
    a_child,
    a_job,
    as_csv,
    carried_out,
    judged,
)

HOME = ("address_line_1", "address_line_2", "postcode")
BY_FIELD = STATUTORY.model_copy(update={"holds": Holds(rule="by-field", fields=HOME)})
CHILDREN = [a_child(1), a_child(2), a_child(3)]
HELD = {"upn": CHILDREN[0]["upn"]}


def released(folder, children=CHILDREN, held=(HELD,), **rest):
    return judged(folder, children, policy=BY_FIELD, schema=WHOLE, holds=held, **rest)


def home_of(row):
    return tuple(row[field] for field in HOME)


def test_the_row_leaves_without_what_is_kept_back_and_all_others_as_they_are(tmp_path):
    result = released(tmp_path)
    assert (result.outcome.refusals, result.outcome.rows_out, result.outcome.kept_back) == ((), 3, 1)
    assert home_of(result.row_of(CHILDREN[0])) == ("", "", "")
    assert result.row_of(CHILDREN[0])["sen_provision"] == "K"
    for child in CHILDREN[1:]:
        assert home_of(result.row_of(child)) == (child["address_line_1"], "", child["postcode"])


@pytest.mark.parametrize(
    "known",
    [
        {"upn": CHILDREN[0]["upn"]},
        {"former_upn": CHILDREN[0]["upn"]},
        {"forename": CHILDREN[0]["forename"], "surname": "TESTMANN", "date_of_birth": "2012-03-04"},
        {"address_line_1": "1 High Rd", "postcode": "E174PP"},
    ],
)
def test_whatever_the_child_is_recognised_by(tmp_path, known):
    result = released(tmp_path, held=(known,))
    assert [row["upn"] for row in result.rows if not row["postcode"]] == [CHILDREN[0]["upn"]]


def test_everybody_at_a_held_address_is_kept_back(tmp_path):
    siblings = [a_child(1), a_child(2, address_line_1="1 High Road"), a_child(3)]
    held = {"address_line_1": "1 High Road", "postcode": "E17 4PP"}
    assert released(tmp_path, siblings, (held,)).outcome.kept_back == 2


def test_what_the_officer_lets_out_leaves_and_nothing_beside(tmp_path):
    row = released(tmp_path, approved=frozenset({"postcode"})).row_of(CHILDREN[0])
    assert home_of(row) == ("", "", "E17 4PP")


def test_what_was_let_out_for_a_return_without_anybody_on_hold_changes_nothing(tmp_path):
    assert released(tmp_path, held=()).output == released(tmp_path, held=(), approved=frozenset(HOME)).output


def test_counts_tell_one_total_and_no_ceiling_gives_the_number_on_hold_away(tmp_path):
    with_hold, without = released(tmp_path).outcome, released(tmp_path, held=()).outcome
    assert (with_hold.rows_out, with_hold.fields, with_hold.withheld) == (without.rows_out, without.fields, {})
    assert with_hold.facts() == without.facts()
    assert (with_hold.places, without.places) == ((), ())


def test_a_row_too_poor_to_be_tested_refuses_the_file_all_the_same(tmp_path):
    poor = a_child(2, forename="'", surname="-")
    outcome = released(tmp_path, [CHILDREN[0], poor]).outcome
    assert [refusal.reason for refusal in outcome.refusals] == ["too-few-identifiers"]


def test_a_child_on_hold_who_stands_twice_refuses_the_file_all_the_same(tmp_path):
    outcome = released(tmp_path, [CHILDREN[0], CHILDREN[0], CHILDREN[1]]).outcome
    assert [refusal.reason for refusal in outcome.refusals] == ["duplicates"]


def test_disclosures_say_of_the_child_what_was_kept_back_and_why(tmp_path):
    job = a_job(tmp_path, as_csv(CHILDREN), policy=BY_FIELD, schema=WHOLE, holds=(HELD,))
    outcome = carried_out(job).outcome
    file = DisclosedFile(transfer="t", path=job.disclosures, meta=outcome.disclosures_meta, key=REGISTER_KEY)
    one, other = (disclosed([file], frozenset({subject(c["upn"], key=REGISTER_KEY)}))[0] for c in CHILDREN[:2])
    assert one.withheld == dict.fromkeys(HOME, "hold")
    assert "surname" in one.released
    assert not one.released.intersection(HOME)
    assert set(HOME) <= other.released


def page(**holds):
    return Policy(**{**STATUTORY.model_dump(), "holds": holds})


@pytest.mark.parametrize(
    "holds",
    [
        {"rule": "withhold", "fields": ("postcode",)},
        {"rule": "by-field", "fields": ("phone",)},
        {"rule": "by-field", "fields": ("address_line_1", "address_line_2")},
        {"rule": "by-name", "fields": ()},
        {"rule": "by-field", "fields": ("no_such_field",)},
    ],
)
def test_a_policy_that_would_keep_back_nothing_of_its_output_is_refused(holds):
    with pytest.raises(ValidationError):
        page(**holds)


def test_where_consent_decides_a_child_on_hold_is_withheld_and_nothing_else_can_be_said():
    with pytest.raises(ValidationError, match="statutory routes only"):
        Policy(**{**POLICY.model_dump(), "holds": {"rule": "by-field", "fields": ("postcode",)}})


def test_a_policy_that_says_nothing_of_holds_keeps_the_hash_that_was_signed():
    assert "holds" not in STATUTORY.model_dump(mode="json")
    assert page(rule="withhold").digest() == STATUTORY.digest()
    assert page(rule="by-field").digest() != STATUTORY.digest()


def test_a_return_of_which_nothing_is_kept_back_is_released_whole_once_it_is_approved(tmp_path):
    nothing = STATUTORY.model_copy(update={"holds": Holds(rule="by-field")})
    result = judged(tmp_path, CHILDREN, policy=nothing, schema=SCHEMA, holds=(HELD,))
    assert result.output == judged(tmp_path, CHILDREN, policy=nothing, schema=SCHEMA).output
