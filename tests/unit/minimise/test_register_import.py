from datetime import date

import pytest

from gateway.minimise.identifiers import pseudonyms, subject
from gateway.minimise.register_file import opened
from gateway.minimise.register_import import FULL_HEADER, HEADER, NAMED_HEADER, decisions_of, read_decisions
from gateway.vocabulary.errors import RegisterInvalid
from tests.unit.minimise.ground import AT, REGISTER_KEY, upn

CANARY = "Canaryname"
ROW = {
    "upn": upn(1), "purpose": "youth-support", "decided_by": "parent", "decision": "consent", "tiers": "consented;special",
    "given": "2026-06-01", "expires": "2027-06-01", "notice": "PN 3", "evidence": "form 12",
}  # fmt: skip
CLOSED = {"decision": "refuse", "tiers": "", "expires": "", "evidence": ""}


TITLES = ",".join(HEADER)


def imported(folder, *rows, header=TITLES, end="\n"):
    lines = [header, *(",".join(row[column] for column in HEADER) if isinstance(row, dict) else row for row in rows)]
    (folder / "consents.csv").write_bytes(end.join(lines).encode() + end.encode())
    return list(read_decisions(folder / "consents.csv", key=REGISTER_KEY, recorded=AT))


def test_a_row_becomes_a_decision_that_names_nobody(tmp_path):
    (row,) = imported(tmp_path, ROW)
    assert row.subject == subject(upn(1), key=REGISTER_KEY)
    assert (row.purpose, row.decided_by, row.decision) == ("youth-support", "parent", "consent")
    assert (row.tiers, row.given, row.expires) == ({"consented", "special"}, date(2026, 6, 1), date(2027, 6, 1))
    assert (row.notice, row.evidence, row.recorded) == ("PN 3", "form 12", AT)


@pytest.mark.parametrize("decision", ["refuse", "withdraw", "unsought", "no-reply", "object"])
def test_what_closes_or_decides_nothing_needs_no_evidence(tmp_path, decision):
    assert imported(tmp_path, ROW | CLOSED | {"decision": decision})[0].decision == decision


@pytest.mark.parametrize("who", ["parent", "parent-2", "guardian", "guardian-9", "young-person"])
def test_everybody_who_may_decide_is_known(tmp_path, who):
    assert imported(tmp_path, ROW | {"decided_by": who})[0].decided_by == who


def test_rows_keep_their_order_and_may_be_many(tmp_path):
    rows = [ROW | {"upn": upn(n)} for n in range(20_000)]
    found = imported(tmp_path, *rows, end="\r\n")
    assert [row.subject for row in found] == [subject(upn(n), key=REGISTER_KEY) for n in range(20_000)]


@pytest.mark.parametrize(
    ("column", "changes"),
    [
        ("upn", {"upn": CANARY}),
        ("upn", {"upn": upn(1)[:-1] + "9"}),
        ("upn", {"upn": ""}),
        ("purpose", {"purpose": f"Youth {CANARY}"}),
        ("purpose", {"purpose": ""}),
        ("decided_by", {"decided_by": CANARY}),
        ("decided_by", {"decided_by": "parent-0"}),
        ("decided_by", {"decided_by": "young-person-2"}),
        ("decision", {"decision": CANARY}),
        ("decision", {"decision": "Consent"}),
        ("decision", {"decision": ""}),
        ("tiers", {"tiers": CANARY}),
        ("tiers", {"tiers": ""}),
        ("tiers", {"tiers": "consented,special"}),
        ("tiers", CLOSED | {"tiers": "special"}),
        ("given", {"given": CANARY}),
        ("given", {"given": "01/06/2026"}),
        ("given", {"given": "2026-02-30"}),
        ("given", {"given": "2026-11-25"}),
        ("given", {"given": "1926-06-01"}),
        ("expires", {"expires": CANARY}),
        ("expires", {"expires": "2026-06-01"}),
        ("evidence", {"evidence": ""}),
        ("evidence", CLOSED | {"decision": "lift-objection"}),
        ("notice", {"notice": CANARY * 20}),
    ],
)
def test_a_wrong_cell_refuses_the_import_by_row_and_column_and_never_by_value(tmp_path, column, changes):
    row = ROW | changes
    quoted = {name: f'"{cell}"' if "," in cell else cell for name, cell in row.items()}
    with pytest.raises(RegisterInvalid) as refused:
        imported(tmp_path, ROW, ROW, quoted)
    assert refused.value.message.startswith(f"row 4: {column} ")
    assert CANARY not in refused.value.message + refused.value.remedy


@pytest.mark.parametrize(
    ("row", "rows", "header"),
    [
        ("row 1", [ROW], ",".join(HEADER).upper()),
        ("row 1", [ROW], ",".join(reversed(HEADER))),
        ("row 1", [ROW], ",".join(HEADER[:-1])),
        ("row 1", [ROW], CANARY),
        ("row 2", [CANARY], ",".join(HEADER)),
        ("row 3", [ROW, ""], ",".join(HEADER)),
        ("row 3", [ROW, f'{CANARY}"x,y'], ",".join(HEADER)),
        ("row 2", ["\x00"], ",".join(HEADER)),
    ],
)
def test_a_broken_file_is_refused_by_row(tmp_path, row, rows, header):
    with pytest.raises(RegisterInvalid) as refused:
        imported(tmp_path, *rows, header=header)
    assert refused.value.message.startswith(row)
    assert CANARY not in str(refused.value.__cause__) + refused.value.message + refused.value.remedy


@pytest.mark.parametrize(
    ("encode", "message"),
    [
        (lambda text: text.encode("utf-16"), "the file looks like UTF-16"),
        (lambda text: text.encode("utf-16-be"), "the file looks like UTF-16"),
        (lambda text: b"PK\x03\x04" + text.encode(), "the file is no text: workbook-or-archive"),
    ],
)
def test_a_file_that_is_no_csv_in_utf_8_is_told_as_what_it_is(tmp_path, encode, message):
    (tmp_path / "consents.csv").write_bytes(encode(f"{TITLES}\n{CANARY}\n"))
    with pytest.raises(RegisterInvalid) as refused:
        list(read_decisions(tmp_path / "consents.csv", key=REGISTER_KEY, recorded=AT))
    assert refused.value.message == message
    assert "save it as comma-separated UTF-8 text" in refused.value.remedy


def test_a_missing_file_is_refused_without_its_name(tmp_path):
    with pytest.raises(RegisterInvalid) as refused:
        list(read_decisions(tmp_path / f"{CANARY}.csv", key=REGISTER_KEY, recorded=AT))
    assert CANARY not in refused.value.message + refused.value.remedy


FULL = ",".join(FULL_HEADER)


def in_full(folder, *rows, **rest):
    lines = [FULL, *(",".join(row.get(column, "") for column in FULL_HEADER) for row in rows)]
    (folder / "consents.csv").write_text("\n".join(lines) + "\n")
    return list(read_decisions(folder / "consents.csv", key=REGISTER_KEY, recorded=AT, **rest))


def test_a_consent_may_name_single_fields_beside_or_instead_of_tiers(tmp_path):
    first, second = in_full(tmp_path, ROW | {"fields": "phone;email"}, ROW | {"tiers": "", "fields": "phone"})
    assert (first.tiers, first.fields) == ({"consented", "special"}, {"phone", "email"})
    assert (second.tiers, second.fields) == (set(), {"phone"})


def test_a_consent_that_was_withdrawn_is_two_decisions(tmp_path):
    first, second = in_full(tmp_path, ROW | {"withdrawn": "2026-07-01", "fields": "phone"})
    assert (first.decision, first.given, first.expires) == ("consent", date(2026, 6, 1), date(2027, 6, 1))
    assert (second.decision, second.given, second.expires) == ("withdraw", date(2026, 7, 1), None)
    assert (second.tiers, second.fields, second.evidence) == (set(), set(), "form 12")
    assert (second.subject, second.purpose, second.decided_by) == (first.subject, first.purpose, first.decided_by)


@pytest.mark.parametrize(
    ("column", "changes"),
    [
        ("fields", {"fields": CANARY}),
        ("fields", {"fields": "phone;reference"}),
        ("fields", {"fields": "Phone"}),
        ("tiers", CLOSED | {"fields": "phone"}),
        ("tiers", {"tiers": "", "fields": ""}),
        ("withdrawn", {"withdrawn": CANARY}),
        ("withdrawn", {"withdrawn": "2026-05-31"}),
        ("withdrawn", {"withdrawn": "2026-11-25"}),
        ("withdrawn", {"withdrawn": "2026-02-30"}),
        ("withdrawn", CLOSED | {"withdrawn": "2026-07-01"}),
    ],
)
def test_a_wrong_cell_of_the_longer_kind_refuses_the_import_too(tmp_path, column, changes):
    with pytest.raises(RegisterInvalid) as refused:
        in_full(tmp_path, ROW, ROW | changes)
    assert refused.value.message.startswith(f"row 3: {column} ")
    assert CANARY not in refused.value.message + refused.value.remedy


def test_a_purpose_that_no_route_has_refuses_the_import(tmp_path):
    assert in_full(tmp_path, ROW, purposes=frozenset({"youth-support"}))
    with pytest.raises(RegisterInvalid, match="row 2: purpose is not one that a route has"):
        in_full(tmp_path, ROW | CLOSED, purposes=frozenset({"youth-suport"}))


NAMED = {"forename": "Zoë", "surname": "O'Neill", "date_of_birth": "2012-03-04"}


def with_names(folder, *rows):
    """What it says, and of whom by name."""
    lines = [",".join(NAMED_HEADER), *(",".join(row.get(column, "") for column in NAMED_HEADER) for row in rows)]
    (folder / "consents.csv").write_text("\n".join(lines) + "\n", "utf-8")
    with opened(folder / "consents.csv", expected="") as file:
        found = list(decisions_of(file, key=REGISTER_KEY, recorded=AT, purposes=None))
    return [(said.row.subject, said.by_name) for said in found]


def named(**changes) -> bytes:
    return dict(pseudonyms(NAMED | changes, key=REGISTER_KEY))["name_dob"]


def test_a_child_without_a_upn_is_named_by_name_and_birthday_as_at_a_desk(tmp_path):
    rows = [ROW | {"upn": ""} | NAMED, ROW, ROW | {"upn": ""} | NAMED | {"forename": "ZOE", "surname": "oneill"}]
    assert with_names(tmp_path, *rows) == [(named(), True), (subject(upn(1), key=REGISTER_KEY), False), (named(), True)]


def test_a_row_with_a_upn_uses_it_whatever_else_it_says(tmp_path):
    rows = [ROW | NAMED, ROW | NAMED | {"date_of_birth": CANARY, "surname": ""}]
    assert with_names(tmp_path, *rows) == [(subject(upn(1), key=REGISTER_KEY), False)] * 2


def test_many_names_are_looked_up_as_one_is(tmp_path):
    letters = "abcdefghijklmnopqrstuvwxyz"
    called = [f"{a}{b}{c}" for a in letters for b in letters for c in letters][:5_003]
    found = with_names(tmp_path, *(ROW | {"upn": ""} | NAMED | {"forename": name} for name in called))
    assert len({child for child, _ in found}) == len(called)
    for place in (0, 1, 4_998, 4_999, 5_000, 5_002):
        assert found[place] == (named(forename=called[place]), True)


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("upn is missing", {"forename": ""}),
        ("upn is missing", {"surname": " "}),
        ("upn is missing", {"date_of_birth": ""}),
        ("upn is missing", dict.fromkeys(NAMED, "")),
        ("upn is missing", {"forename": "-", "surname": "'"}),
        ("upn is not one", {"upn": CANARY}),
        ("upn is not one", {"upn": upn(1)[:-1] + "9"}),
        ("date_of_birth is not", {"date_of_birth": "2012-02-30"}),
        ("date_of_birth is not", {"date_of_birth": "04/03/2012"}),
        ("date_of_birth is not", {"date_of_birth": "20120304"}),
        ("date_of_birth is not", {"date_of_birth": CANARY}),
        ("decision is not", {"decision": CANARY}),
    ],
)
def test_a_row_that_names_nobody_is_refused_by_its_number_and_no_value_is_repeated(tmp_path, what, changes):
    with pytest.raises(RegisterInvalid) as refused:
        with_names(tmp_path, ROW, ROW | {"upn": ""} | NAMED, ROW | {"upn": ""} | NAMED | {"surname": CANARY} | changes)
    assert refused.value.message.startswith(f"row 4: {what}")
    assert CANARY not in f"{refused.value.__cause__}{refused.value.message}{refused.value.remedy}"


def test_without_the_columns_for_it_nobody_is_known_by_name(tmp_path):
    with pytest.raises(RegisterInvalid, match="row 2: upn is not one that is known here"):
        in_full(tmp_path, ROW | {"upn": ""} | NAMED)
