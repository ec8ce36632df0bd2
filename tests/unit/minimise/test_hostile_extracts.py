"""Whatever staff or an attacker drop: a reasoned refusal, and never a word of the file in it."""

import pytest

from gateway.minimise.engine import minimising
from tests.unit.minimise.ground import SCHEMA, STATUTORY, WHOLE, a_child, a_job, as_csv, carried_out, judged

CANARY = "Canaryname"
HEADERS = [column.header for column in SCHEMA.columns]
GOOD = as_csv([a_child(1), a_child(2)])


def header(*names: str) -> bytes:
    return (",".join(names) + "\n" + ",".join(["x"] * len(names)) + "\n").encode()


def swapped(names, first, second):
    names = list(names)
    names[first], names[second] = names[second], names[first]
    return names


REFUSED = {
    "nothing": (b"", "empty-file", "the file is empty"),
    "a byte order mark alone": (b"\xef\xbb\xbf", "empty-file", "the file is empty"),
    "no header": (b"\n".join(GOOD.split(b"\n")[1:]), "header", "the first row is not the header that the schema asks for"),
    "another file's header": (header(CANARY, "B"), "header", "the first row is not the header that the schema asks for"),
    "a column too few": (header(*HEADERS[:3], *HEADERS[4:]), "header", 'the column "LOCAL_ID" is missing'),
    "a column too many": (header(*HEADERS, CANARY), "header", f"column {len(HEADERS) + 1} is not one of the schema's"),
    "a column twice": (header(*HEADERS, HEADERS[0]), "header", 'the column "UPN" is there 2 times'),
    "another order": (header(*swapped(HEADERS, 4, 5)), "header", 'column 5 is "SURNAME" where "FORENAME" is expected'),
    "another case": (header("upn", *HEADERS[1:]), "header", 'column 1 is not spelled as "UPN" is: capitals or blanks differ'),
    "a padded header": (header(" UPN", *HEADERS[1:]), "header", 'column 1 is not spelled as "UPN" is: capitals or blanks differ'),
    "another delimiter": (GOOD.replace(b",", b";"), "header", "the first row is not the header that the schema asks for"),
    "a cell too few": (GOOD + b"x,y\n", "structure", f"row 4 has 2 cells where {len(HEADERS)} are expected"),
    "a cell too many": (GOOD.replace(b"never to leave\n", b"a,b\n", 1), "structure", f"row 2 has {len(HEADERS) + 1} cells where {len(HEADERS)} are expected"),
    "one row more, the next less": (
        GOOD + b",".join([b"x"] * 17) + b"\n" + b",".join([b"x"] * 15) + b"\n", "structure", "row 4 has 17 cells where 16 are expected"),
    "a quote that never closes": (GOOD + b'"' + CANARY.encode() + b"\n" + GOOD, "structure", "row 4 opens a quote that is never closed"),
    "a bare quote": (GOOD.replace(b"Testmann", b'Test"mann"'), "structure", "row 2 has a quote inside a cell that is not quoted as a whole"),
    "a NUL": (GOOD.replace(b"Testmann", b"Test\0mann", 1), "nul-byte", "row 2 holds a byte that is no text"),
    "a NUL in a column that is not read": (GOOD.replace(b"never", b"ne\0er", 1), "nul-byte", "row 2 holds a byte that is no text"),
    "latin-1": (GOOD.replace(b"never", "né".encode("latin-1"), 1), "not-utf-8", None),
    "utf-16": (GOOD.decode().encode("utf-16"), "encoding", None),
    "mixed newlines": (GOOD + GOOD.split(b"\n")[1] + b"\r\n", "structure", None),
    "old Macintosh newlines": (GOOD.replace(b"\n", b"\r"), "structure", None),
    "a blank line": (GOOD + b"\n", "structure", "row 4 is blank"),
    "ten megabytes in a cell": (GOOD.replace(b"never", b"x" * (10 << 20), 1), "structure", "row 2 is longer than a megabyte: a quote may not be closed"),
    "a workbook": (b"PK\x03\x04" + bytes(range(256)) * 40, None, None),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_broken_extract_is_refused(tmp_path, case):
    extract, reason, sentence = REFUSED[case]
    result = carried_out(a_job(tmp_path, extract))
    assert result.outcome.refusals
    assert result.outcome.rows_out == 0
    for refusal in result.outcome.refusals:
        assert CANARY not in refusal.sentence
        assert reason in (None, refusal.reason)
    if sentence:
        assert sentence in [refusal.sentence for refusal in result.outcome.refusals]
    assert not (tmp_path / "disclosures.parquet").exists()


def test_all_that_is_wrong_with_a_header_is_told_not_the_first(tmp_path):
    outcome = carried_out(a_job(tmp_path, header(*HEADERS[1:6], CANARY, HEADERS[1]))).outcome
    sentences = [refusal.sentence for refusal in outcome.refusals]
    assert 'the column "UPN" is missing' in sentences
    assert 'the column "FORMER_UPN" is there 2 times' in sentences
    assert "column 6 is not one of the schema's" in sentences


def test_a_column_that_is_spelled_otherwise_is_not_told_as_missing_too(tmp_path):
    outcome = carried_out(a_job(tmp_path, header(HEADERS[0], HEADERS[1].lower(), *HEADERS[2:]))).outcome
    (refusal,) = outcome.refusals
    assert refusal.sentence == 'column 2 is not spelled as "FORMER_UPN" is: capitals or blanks differ'


@pytest.mark.parametrize(
    "extract",
    [
        GOOD,
        GOOD.removesuffix(b"\n"),
        b"\xef\xbb\xbf" + GOOD,
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"\n", b"\r\n").removesuffix(b"\r\n"),
        GOOD.replace(b"never to leave", b'"never\nto\r\nleave, ""never"""'),
        GOOD.replace(b"UPN,FORMER_UPN", b'"UPN","FORMER_UPN"'),
        GOOD.replace(b"Testmann", b'"Testmann"'),
    ],
    ids=["plain", "no last newline", "bom", "crlf", "crlf without the last", "newlines in cells", "quoted header", "quoted cells"],
)  # fmt: skip
def test_other_ways_to_write_the_same_file_are_the_same_file(tmp_path, extract):
    result = carried_out(a_job(tmp_path, extract))
    assert (result.outcome.refusals, result.outcome.rows_in, result.outcome.rows_out) == ((), 2, 2)
    assert {row["surname"] for row in result.rows} == {"Testmann"}


@pytest.mark.parametrize("cut", [1, 2, 9], ids=["its line end", "a letter", "half of the last cell"])
def test_a_file_that_broke_off_within_its_last_row_is_refused_where_the_schema_says_that_rows_are_ended(tmp_path, cut):
    schema = SCHEMA.model_copy(update={"last_row": "ended"})
    outcome = carried_out(a_job(tmp_path, GOOD[:-cut], schema=schema)).outcome
    (refusal,) = outcome.refusals
    assert (refusal.reason, outcome.rows_out) == ("structure", 0)
    assert refusal.sentence.startswith("row 3 is the last and has no line end")
    assert carried_out(a_job(tmp_path, GOOD, schema=schema)).outcome.rows_out == 2


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_a_header_alone_is_a_file_of_no_rows(tmp_path, end):
    outcome = carried_out(a_job(tmp_path, GOOD.split(b"\n")[0] + end)).outcome
    assert (outcome.rows_in, outcome.rows_out, outcome.refusals) == (0, 0, ())


def test_newlines_in_a_released_cell_come_out_as_they_went_in(tmp_path):
    child = a_child(1, surname="Smith\r\nJones\nBrown")
    assert judged(tmp_path, [child]).rows[0]["surname"] == child["surname"]


def test_too_many_rows_and_too_many_bytes_are_refused(tmp_path):
    for limit, reason in (({"max_rows": 1}, "too-large"), ({"max_bytes": 100}, "too-large")):
        schema = SCHEMA.model_copy(update=limit)
        outcome = carried_out(a_job(tmp_path, GOOD, schema=schema)).outcome
        assert [refusal.reason for refusal in outcome.refusals] == [reason]


def test_words_of_the_engine_are_only_words_in_a_cell(tmp_path):
    for text in (
        "'; DROP TABLE judged; --",
        "<slice>",
        "$outer_pad",
        "/dev/fd/1",
        '{"status": "done"}',
        "=cmd|' /C calc'!A0",
    ):
        child = a_child(1, surname=text)
        result = judged(tmp_path, [child, a_child(2)])
        assert result.outcome.rows_out == 2
        assert result.row_of(child)["surname"] == text


def test_words_of_the_engine_are_only_words_in_a_header(tmp_path):
    columns = [
        c.model_copy(update={"header": "\"x'; -- $salt<slice>"}) if c.field == "notes" else c for c in SCHEMA.columns
    ]
    schema = SCHEMA.model_copy(update={"columns": tuple(columns)})
    extract = as_csv([a_child(1)], schema)
    assert carried_out(a_job(tmp_path, extract, schema=schema)).outcome.rows_out == 1


@pytest.mark.parametrize("policy", [None, STATUTORY])
@pytest.mark.parametrize("field", [column.field for column in SCHEMA.columns])
def test_what_stands_in_a_cell_stands_in_nothing_that_people_see(tmp_path, field, policy, capfd):
    folder = tmp_path / CANARY
    folder.mkdir()
    rest = {"policy": policy, "schema": WHOLE} if policy else {}
    twice = [a_child(1, **{field: CANARY}), a_child(1), a_child(2), a_child(2)]
    outcome = judged(folder, twice, holds=[a_child(3)], **rest).outcome
    seen = f"{outcome.refusals}{outcome.places}{outcome.withheld}{outcome.rejected}{outcome.facts().plain()}{outcome.disclosures_meta}"
    assert CANARY not in seen + "".join(capfd.readouterr())
    kept = folder / "disclosures.parquet"
    assert not kept.exists() or CANARY.encode() not in kept.read_bytes()


def test_an_extract_that_is_gone_is_an_error_without_its_name(tmp_path):
    job = a_job(tmp_path, GOOD)
    job.extract.rename(tmp_path / CANARY)
    from gateway.vocabulary.errors import StorageError

    with pytest.raises(StorageError) as failed, minimising(job):
        pass
    assert "extract" not in failed.value.message + failed.value.remedy


def test_a_cell_that_is_written_to_look_like_rows_is_one_cell(tmp_path):
    """Threads that begin in the middle of it would take it for rows, and release whoever it names."""
    forged = GOOD.decode().split("\n")[1].replace("Testmann", CANARY)
    filler = a_child(3, notes=f"{forged}\n" * 9000)
    children = [a_child(n, upn=a_child(n)["upn"], forename=f"N{n}", notes=filler["notes"]) for n in range(1, 25)]
    result = judged(tmp_path, children)
    assert (result.outcome.rows_in, result.outcome.rows_out) == (24, 24)
    assert CANARY not in result.output.decode()
