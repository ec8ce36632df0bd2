"""A child is several identifiers: who has no UPN, who has another one than before, and whose register counts."""

import pytest

from gateway.contract.policy import OutputColumn
from gateway.contract.schema import Column, Schema
from gateway.minimise.identifiers import pseudonyms, reference, subject
from tests.unit.minimise.ground import (
    REFERENCE_KEY,
    REGISTER_KEY,
    SCHEMA,
    STATUTORY,
    a_child,
    a_job,
    as_csv,
    carried_out,
    judged,
    says,
    upn,
)

UNNUMBERED = SCHEMA.model_copy(
    update={
        "columns": tuple(c.model_copy(update={"required": c.required and c.field != "upn"}) for c in SCHEMA.columns)
    }
)


def of(child) -> bytes:
    return subject(child["upn"], key=REGISTER_KEY)


def named(child) -> bytes:
    known = {field: child[field] for field in ("forename", "surname", "date_of_birth")}
    return dict(pseudonyms(known, key=REGISTER_KEY))["name_dob"]


def the_reference(subject_: bytes) -> str:
    return reference(subject_, key=REFERENCE_KEY)


def test_the_reference_is_the_subjects_in_sql_and_in_python(tmp_path):
    child = a_child()
    assert judged(tmp_path, [child]).row_of(child)["reference"] == the_reference(of(child))


def test_a_child_without_a_upn_leaves_by_name_and_birthday_where_the_schema_lets_it(tmp_path):
    child = a_child(upn="")
    result = judged(tmp_path, [child, a_child(2)], schema=UNNUMBERED)
    assert result.row_of(child)["reference"] == the_reference(named(child))
    assert result.outcome.nameless == {named(child)}
    assert judged(tmp_path, [child, a_child(2)]).outcome.rejected == {"empty-cell": 1}


def test_two_without_a_upn_are_two_children_and_one_twice_is_one(tmp_path):
    first, second = a_child(1, upn=""), a_child(2, upn="")
    assert judged(tmp_path, [first, second], schema=UNNUMBERED).outcome.rows_out == 2
    assert judged(tmp_path, [first, first, a_child(3)], schema=UNNUMBERED).outcome.withheld == {"duplicate": 2}


def test_without_upn_and_name_nobody_can_be_recognised(tmp_path):
    lacking = UNNUMBERED.model_copy(
        update={"columns": tuple(c.model_copy(update={"required": False}) for c in UNNUMBERED.columns)}
    )
    result = judged(tmp_path, [a_child(upn="", surname="", forename=""), a_child(2)], schema=lacking)
    assert result.outcome.withheld == {"too-few-identifiers": 1}


@pytest.mark.parametrize("held_by", [("upn",), ("forename", "surname", "date_of_birth"), ("local_id",)])
def test_a_hold_sees_a_child_without_a_upn_by_what_there_is(tmp_path, held_by):
    child = a_child(local_id="L1")
    hold = {field: child[field] for field in held_by}
    result = judged(tmp_path, [child | {"upn": ""}, a_child(2)], holds=[hold], schema=UNNUMBERED)
    assert result.outcome.rows_out == (2 if held_by == ("upn",) else 1)


def test_a_former_upn_tells_of_a_pair_until_it_is_linked(tmp_path):
    child = a_child(1, former_upn=upn(77))
    pair = (of(child), subject(upn(77), key=REGISTER_KEY))
    assert judged(tmp_path, [child, a_child(2)]).outcome.pairs == (pair,)
    linked = judged(tmp_path, [child, a_child(2)], links=(pair,))
    assert linked.outcome.pairs == ()
    assert linked.row_of(child)["reference"] == the_reference(pair[1])


def test_a_child_known_by_name_alone_is_paired_once_it_has_a_upn(tmp_path):
    child = a_child(1)
    assert judged(tmp_path, [child]).outcome.pairs == ()
    assert judged(tmp_path, [child], nameless=(named(child),)).outcome.pairs == ((of(child), named(child)),)
    assert judged(tmp_path, [a_child(2)], nameless=(named(child),)).outcome.pairs == ()


def test_one_who_is_outside_the_ages_is_paired_with_nobody(tmp_path):
    assert (
        judged(tmp_path, [a_child(1, former_upn=upn(77), date_of_birth="2020-01-01"), a_child(2)]).outcome.pairs == ()
    )


CONSENT = ("parent", "consent", "consented")
REFUSAL = ("parent", "refuse")


@pytest.mark.parametrize(
    ("under_the_old", "under_the_new", "opens"),
    [
        (CONSENT, None, True),
        (None, CONSENT, True),
        (CONSENT, CONSENT, True),
        (REFUSAL, CONSENT, False),
        (CONSENT, REFUSAL, False),
        (REFUSAL, None, False),
        (None, None, False),
    ],
)
def test_what_was_decided_under_any_upn_of_a_child_counts(tmp_path, under_the_old, under_the_new, opens):
    child, before = a_child(1), a_child(1, upn=upn(77))
    decisions = [says(before, *under_the_old)] if under_the_old else []
    decisions += [says(child, *under_the_new)] if under_the_new else []
    result = judged(tmp_path, [child], decisions=decisions, links=((of(child), of(before)),))
    assert bool(result.row_of(child)["phone"]) is opens


def test_an_objection_under_a_former_upn_withholds(tmp_path):
    child, before = a_child(1), a_child(1, upn=upn(77))
    decisions = [says(before, "parent", "object"), says(child, *CONSENT)]
    result = judged(tmp_path, [child, a_child(2)], decisions=decisions, links=((of(child), of(before)),))
    assert result.outcome.withheld == {"objection": 1}


NUMBERED = Schema(
    schema_name="list", version=1, bad_rows="refuse", duplicates="refuse",
    columns=(
        Column(header="UPN", field="upn", shape="upn"), Column(header="ID", field="local_id", required=True),
        Column(header="DOB", field="date_of_birth", shape="date", required=True),
    ),
)  # fmt: skip
LISTED = STATUTORY.model_copy(
    update={
        "floor": STATUTORY.floor.model_copy(update={"fields": ("upn", "local_id", "date_of_birth")}),
        "output": tuple(OutputColumn(header=f, field=f) for f in ("upn", "local_id", "date_of_birth")),
    }
)


def a_return(tmp_path, *children, **rest):
    job = a_job(tmp_path, as_csv(children, NUMBERED), schema=NUMBERED, policy=LISTED, **rest)
    return carried_out(job).outcome


def test_where_there_are_no_names_the_councils_own_number_stands_in(tmp_path):
    born = {"date_of_birth": "2012-03-04"}
    children = [
        {"upn": "", "local_id": "L1", **born},
        {"upn": "", "local_id": "L2", **born},
        {"upn": upn(3), "local_id": "L3", **born},
    ]
    outcome = a_return(tmp_path, *children)
    assert (outcome.rows_out, outcome.refusals) == (3, ())
    assert {refusal.reason for refusal in a_return(tmp_path, *children, holds=[{"local_id": "L2"}]).refusals} == {
        "review-needed"
    }
    assert a_return(tmp_path, *children, children[0]).duplicates


@pytest.mark.parametrize("line", [" 1 High Road", "\u00c9ire House", "\u2116 1", "~", "\u00a01 High Road"])
def test_an_address_may_begin_with_anything_that_is_written(tmp_path, line):
    assert judged(tmp_path, [a_child(1, address_line_1=line)]).outcome.rows_out == 1


@pytest.mark.parametrize("counted", [False, True])
@pytest.mark.parametrize("forename", ["\u00c9va", "'t", "eve", "Eve", "9"])
def test_a_name_may_begin_with_anything_if_it_has_a_letter_or_a_digit(tmp_path, forename, counted):
    result = judged(tmp_path, [a_child(1, forename=forename, surname="'")], counted=counted)
    assert result.outcome.rows_out == 1


@pytest.mark.parametrize("counted", [False, True])
def test_a_name_of_signs_alone_is_none_whether_or_not_it_was_counted(tmp_path, counted):
    result = judged(tmp_path, [a_child(1, forename="'", surname="-"), a_child(2)], counted=counted)
    assert result.outcome.withheld == {"too-few-identifiers": 1}
