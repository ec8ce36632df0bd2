"""A proposal names columns and guesses shapes; no cell of the file is ever in it."""

import io
import tomllib

import pytest

from gateway.contract.schema import Schema
from gateway.story.drafting import LOOKED_AT, SYNONYMS, draft_schema, in_toml
from gateway.vocabulary.errors import ExtractInvalid
from tests.unit.formats.test_text import workbook
from tests.unit.minimise.ground import upn

CANARY = "Canaryname"
HEADER = ("UPN", "First Name", "LAST_NAME", "D.O.B.", "Post Code", "Hair Colour", "Start Date")


def table(delimiter: str = ",", header=HEADER, rows: int = 3) -> str:
    lines = [
        [upn(n), f"{CANARY}{n}", "Tarn", f"2012-03-0{n}", "E17 4PP", "green", f"0{n}/09/2024"]
        for n in range(1, rows + 1)
    ]
    return "\n".join(delimiter.join(row) for row in [header, *lines, ""])


def drafted(text: str | bytes):
    return draft_schema(io.BytesIO(text if isinstance(text, bytes) else text.encode()))


def page(text: str | bytes) -> str:
    return "\n".join(in_toml(drafted(text), "b2b-student")) + "\n"


def test_headers_are_matched_with_the_standard_names_however_they_are_spelled():
    fields = [column.field for column in drafted(table()).columns]
    assert fields == ["upn", "forename", "surname", "date_of_birth", "postcode", None, "entry_date"]


def test_shapes_are_guessed_where_every_cell_has_them():
    assert [column.shape for column in drafted(table()).columns] == [
        "upn", "text", "text", "date", "postcode", "text", "text"
    ]  # fmt: skip
    spoilt = table().replace("2012-03-02", "2 March")
    assert drafted(spoilt).columns[3].shape == "text"


def test_days_in_another_spelling_are_told_and_not_taken_for_days():
    assert drafted(table()).columns[6].british
    assert "31/05/2010" in page(table())


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_the_delimiter_is_guessed(delimiter):
    assert drafted(table(delimiter)).delimiter == delimiter
    assert Schema.model_validate(tomllib.loads(page(table(delimiter)))).delimiter == delimiter


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encoding_is_guessed_for_a_person_to_confirm(encoding):
    assert drafted(table().replace("Tarn", "Muñoz").encode(encoding)).encoding == encoding.removesuffix("-sig")


def test_the_page_is_one_that_the_gateway_reads_and_unknown_columns_wait_for_a_person():
    schema = Schema.model_validate(tomllib.loads(page(table())))
    assert [column.field for column in schema.columns] == [
        "upn", "forename", "surname", "date_of_birth", "postcode", "entry_date"
    ]  # fmt: skip
    assert '# header = "Hair Colour"' in page(table())
    assert "# Column 6 has no field yet" in page(table())


def test_two_columns_for_one_field_leave_the_second_to_a_person():
    text = "UPN,Forename,First Name\nx,y,z\n"
    assert '# header = "First Name"' in page(text)
    Schema.model_validate(tomllib.loads(page(text)))


def test_no_cell_of_the_file_is_in_the_page():
    text = page(table(rows=9))
    for word in (CANARY, "Tarn", "2012", "E17", "green", upn(1)):
        assert word not in text


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(table().split("\n")[1:]),
        f"{CANARY},Tarn,High Road\n",
        f"UPN,Forename,{CANARY}@home.example\n",
        f"UPN,Forename,020 7946 0000 {CANARY}\n",
        "UPN,,Forename\n",
        "UPN\n",
        "",
        f"<CTfile><Pupil>{CANARY}</Pupil></CTfile>",
        workbook(),
        b"%PDF-1.7",
    ],
)
def test_what_has_no_header_is_refused_and_not_repeated(text):
    with pytest.raises(ExtractInvalid) as refused:
        drafted(text)
    assert CANARY not in refused.value.message + refused.value.remedy
    assert refused.value.remedy


def test_no_two_fields_are_called_by_the_same_name():
    names = [name for names in SYNONYMS.values() for name in names.split()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_whether_the_last_row_is_ended_is_proposed_as_the_extract_has_it(encoding):
    text = table(rows=3)
    assert drafted(text.encode(encoding)).ended
    assert not drafted(text.rstrip("\n").encode(encoding)).ended
    assert tomllib.loads(page(text))["last_row"] == "ended"


def test_the_end_of_an_extract_is_looked_at_however_long_it_is():
    longer = table(rows=3) + "x,y,z,a,b,c,d\n" * (LOOKED_AT // 10)
    assert drafted(longer).ended
    assert not drafted(longer.rstrip("\n")).ended
