"""Whole extracts in each declared form, judged by the worker as prepare does it."""

import pytest

from tests.unit.formats.test_text import workbook
from tests.unit.minimise.ground import SCHEMA, a_child, a_job, as_csv, carried_out

CANARY = "Canaryname"
NAMES = [a_child(1, forename="Zoë", surname="Muñoz"), a_child(2, forename="Łukasz", surname="O'Neil")]
WESTERN = [a_child(1, forename="Zoë", surname="Muñoz"), a_child(2, forename="Renée", surname="Señor € Müller")]


def declared(**form: str):
    return SCHEMA.model_copy(update=form)


def tab_separated(children) -> bytes:
    return as_csv(children).replace(b",", b"\t")


def test_tabs_separate_cells_where_the_schema_says_so(tmp_path):
    result = carried_out(a_job(tmp_path, tab_separated(NAMES), schema=declared(delimiter="\t")))
    assert [row["surname"] for row in sorted(result.rows, key=lambda row: row["surname"])] == ["Muñoz", "O'Neil"]


@pytest.mark.parametrize(
    ("encoding", "children", "mark"),
    [("utf-8", NAMES, b""), ("utf-8", NAMES, b"\xef\xbb\xbf"), ("utf-16", NAMES, b""), ("cp1252", WESTERN, b"")],
)
def test_names_come_out_in_utf_8_whatever_encoding_was_declared(tmp_path, encoding, children, mark):
    extract = mark + as_csv(children).decode().encode(encoding)
    result = carried_out(a_job(tmp_path, extract, schema=declared(encoding=encoding)))
    assert {row["surname"] for row in result.rows} == {child["surname"] for child in children}
    assert result.outcome.rows_in == 2


@pytest.mark.parametrize(
    ("encoding", "extract", "reason"),
    [
        ("utf-8", as_csv(WESTERN).decode().encode("cp1252"), "not-utf-8"),
        ("utf-8", as_csv(NAMES).decode().encode("utf-16"), "encoding"),
        ("utf-8", as_csv(NAMES).decode().encode("utf-16-le"), "encoding"),
        ("cp1252", as_csv(NAMES).decode().encode("utf-16-be"), "encoding"),
        ("cp1252", b"\xef\xbb\xbf" + as_csv(WESTERN), "encoding"),
        ("cp1252", as_csv(NAMES).decode().encode("utf-16"), "encoding"),
        ("utf-16", as_csv(NAMES), "encoding"),
        ("utf-16", as_csv(NAMES).decode().encode("utf-16") + b"\x00", "encoding"),
        ("utf-8", workbook(), "no-table"),
        ("utf-8", b"%PDF-1.4 " + CANARY.encode(), "no-table"),
    ],
)
def test_another_encoding_than_the_declared_one_refuses_the_file(tmp_path, encoding, extract, reason):
    outcome = carried_out(a_job(tmp_path, extract, schema=declared(encoding=encoding))).outcome
    (refusal,) = outcome.refusals
    assert reason in (None, refusal.reason)
    assert outcome.rows_out == 0
    assert CANARY not in refusal.sentence


@pytest.mark.parametrize(
    ("encoding", "written", "words"),
    [
        ("utf-8", "utf-16", "looks like UTF-16, such as Excel's 'Unicode Text', which is not expected here: save it as CSV UTF-8, or"),
        ("cp1252", "utf-16", "save it as CSV in Windows-1252 (ANSI), or have the encoding that it has declared in"),
        ("utf-8", "cp1252", "row 2 is not UTF-8: apostrophes and accents that were saved as Windows-1252 (ANSI) look so; save"),
    ],
)  # fmt: skip
def test_another_encoding_is_told_with_what_to_do_about_it(tmp_path, encoding, written, words):
    children = [a_child(1, surname="O\u2019Testmann")]
    extract = as_csv(children).decode().encode(written)
    (refusal,) = carried_out(a_job(tmp_path, extract, schema=declared(encoding=encoding))).outcome.refusals
    assert words in refusal.sentence
    assert "have the encoding that it has declared in config/schemas/" in refusal.sentence
    assert "Testmann" not in refusal.sentence


def test_a_workbook_s_refusal_says_why_and_what_to_do(tmp_path):
    (refusal,) = carried_out(a_job(tmp_path, workbook())).outcome.refusals
    assert "workbook" in refusal.sentence
    assert "save the one sheet as CSV UTF-8" in refusal.sentence


def test_an_extract_that_grows_as_utf_8_still_fits_the_slices_that_were_counted_on(tmp_path):
    many = [a_child(n, forename="€" * 40, notes="€" * 400) for n in range(1, 999)]
    extract = as_csv(many).decode().encode("cp1252")
    job = a_job(tmp_path, extract, schema=declared(encoding="cp1252"), slice_bytes=1 << 18)
    assert carried_out(job).outcome.rows_in == 998
