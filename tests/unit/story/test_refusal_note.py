"""The note beside a refused file: what it says about just this refusal."""

from datetime import UTC, datetime

import pytest

from gateway.approval.rules import Reason
from gateway.contract.schema import Schema
from gateway.story.refusal_note import in_runs, refusal_note

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
HEADER = "the first row is not the header that the schema asks for"


def schema(**changes):
    columns = [{"header": "UPN", "field": "upn", "shape": "upn"}, {"header": "Family Name", "field": "surname"}]
    return Schema.model_validate({"schema_name": "s", "version": 1, "columns": columns} | changes)


def note(*reasons, places=(), **changes):
    reasons = tuple(Reason(slug, "why") for slug in reasons)
    return refusal_note("t" * 26, schema(**changes), reasons, places, AT, route="yss", days=7)


@pytest.mark.parametrize("slug", ["header", "structure", "empty-file"])
@pytest.mark.parametrize(("delimiter", "words"), [(",", "commas"), ("\t", "tabs"), (";", "semicolons")])
def test_who_dropped_another_table_reads_which_header_it_must_have(slug, delimiter, words):
    told = note(slug, delimiter=delimiter)
    assert f"\n  UPN{delimiter}Family Name\n" in told
    assert f"with {words} between" in told


@pytest.mark.parametrize("slug", ["handed-over-before", "nothing-to-release", "unknown-key", "no-table"])
def test_a_refusal_about_something_else_does_not_speak_of_headers(slug):
    assert "Family Name" not in note(slug)


def test_who_dropped_a_file_twice_is_not_told_to_drop_it_again():
    assert "drop the file again" not in note("handed-over-before")
    assert "gateway resend" in note("handed-over-before")
    assert "drop the file again" in note("handed-over-before", "header")


def test_rows_in_a_row_with_one_fault_share_a_line_and_no_others():
    wrong, other = '"Date of birth" is not a date', '"Surname" is empty'
    places = (*(f"row {n}: {wrong}" for n in (2, 3, 4)), f"row 5: {other}", f"row 7: {other}", "and 252 more")
    assert list(in_runs(places)) == [
        f"rows 2 to 4: {wrong}", f"row 5: {other}", f"row 7: {other}", "and 252 more",
    ]  # fmt: skip
    assert list(in_runs(())) == []
