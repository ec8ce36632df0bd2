"""How a record is written: RFC 4180, byte for byte, and harmless in a spreadsheet where the policy says so."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.contract.policy import OutputColumn
from tests.unit.minimise.ground import POLICY, SCHEMA, a_child, a_job, as_csv, carried_out, judged, says

NEUTRALISED = POLICY.model_copy(update={"spreadsheet_cells": "neutralised"})


@pytest.mark.parametrize("cell", ["=1+1", "+44 20 7946 0000", "-1", "@SUM(A1)", '=HYPERLINK("x","y")'])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe_where_the_policy_says_so(tmp_path, cell):
    child = a_child(address_line_2=cell)
    assert judged(tmp_path, [child], policy=NEUTRALISED).rows[0]["address_line_2"] == f"'{cell}"
    assert judged(tmp_path, [child]).rows[0]["address_line_2"] == cell


@pytest.mark.parametrize("cell", ["", "Flat 1-2", "a=b", "'quoted", "me@home"])
def test_other_cells_stay_as_they_are(tmp_path, cell):
    assert judged(tmp_path, [a_child(address_line_2=cell)], policy=NEUTRALISED).rows[0]["address_line_2"] == cell


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cells=st.lists(st.text(st.sampled_from("ab,\"'\x1e\x1f ;#\u00e9\n"), max_size=6), min_size=2, max_size=2))
def test_cells_come_out_of_the_file_as_they_went_in(tmp_path, cells):
    child = a_child(address_line_1=f"1 {cells[0]}", phone=cells[1])
    row = judged(tmp_path, [child], decisions=[says(child, "parent", "consent", "consented")]).rows[0]
    assert (row["address_line_1"], row["phone"]) == (child["address_line_1"], cells[1])


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_a_comma_that_needs_no_quotes_in_the_extract_needs_them_in_what_leaves(tmp_path, delimiter):
    apart = SCHEMA.model_copy(update={"delimiter": delimiter})
    child = a_child(address_line_1="Flat 1, 2 High Road")
    extract = as_csv([child, a_child(2)], apart)
    assert b'"' not in extract
    judged = carried_out(a_job(tmp_path, extract, schema=apart))
    assert judged.row_of(child)["address_line_1"] == child["address_line_1"]
    assert judged.output.count(b'"') == 2


def test_of_rows_with_quotes_and_without_each_is_written_as_it_came(tmp_path):
    children = [a_child(n, address_line_2='The "Old" Mill, left' if n % 7 == 3 else "") for n in range(40)]
    judged_ = judged(tmp_path, children)
    assert {row["address_line_2"] for row in judged_.rows} == {"", 'The "Old" Mill, left'}
    assert all(judged_.row_of(child)["address_line_2"] == child["address_line_2"] for child in children)


def test_a_file_of_one_column_has_no_blank_lines(tmp_path):
    one = POLICY.model_copy(update={"output": (OutputColumn(header="Phone", field="phone"),)})
    children = [a_child(1), a_child(2)]
    result = judged(tmp_path, children, policy=one, decisions=[says(children[0], "parent", "consent", "consented")])
    assert sorted(result.output.decode().splitlines()[1:]) == ['""', children[0]["phone"]]
