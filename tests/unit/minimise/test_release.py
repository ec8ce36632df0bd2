"""One rule a test, judged by a real worker: who leaves, with what, and what is said about the rest."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from gateway.contract.policy import Eligibility
from gateway.minimise.engine import minimising
from gateway.vocabulary.errors import ConfigError, GatewayError
from tests.unit.minimise.ground import (
    AT,
    FLOOR,
    OUTPUT,
    POLICY,
    SCHEMA,
    WHOLE,
    a_child,
    a_job,
    as_csv,
    carried_out,
    judged,
    says,
    upn,
)  # fmt: skip

EVERYTHING = ("consented", "special")


def test_without_consent_the_floor_leaves_and_nothing_else(tmp_path):
    child = a_child()
    row = judged(tmp_path, [child]).row_of(child)
    assert {field: row[field] for field in FLOOR} == {field: child.get(field, "") for field in FLOOR}
    assert (row["phone"], row["sen_provision"]) == ("", "")


def test_with_consent_to_all_the_optional_fields_leave(tmp_path):
    child = a_child()
    row = judged(tmp_path, [child], decisions=[says(child, "parent", "consent", *EVERYTHING)]).row_of(child)
    assert (row["phone"], row["sen_provision"]) == (child["phone"], child["sen_provision"])


def test_each_tier_opens_its_own_fields_only(tmp_path):
    first, second = a_child(1), a_child(2)
    result = judged(
        tmp_path,
        [first, second],
        decisions=[says(first, "parent", "consent", "consented"), says(second, "parent", "consent", "special")],
    )
    assert [bool(result.row_of(first)[field]) for field in ("phone", "sen_provision")] == [True, False]
    assert [bool(result.row_of(second)[field]) for field in ("phone", "sen_provision")] == [False, True]
    assert result.outcome.tiers == {"floor": 2, "consented": 1, "special": 1}
    assert result.outcome.fields == {"phone": 1, "sen_provision": 1}


def test_a_tier_that_the_policy_does_not_switch_on_opens_nothing_and_is_not_counted(tmp_path):
    child = a_child()
    without = POLICY.model_copy(update={"special": (), "output": POLICY.output[:-1]})
    result = judged(tmp_path, [child], decisions=[says(child, "parent", "consent", *EVERYTHING)], policy=without)
    assert "sen_provision" not in result.rows[0]
    assert result.outcome.tiers == {"floor": 1, "consented": 1}


def test_fields_are_counted_by_the_rule_and_not_by_the_cell(tmp_path):
    child = a_child(phone="")
    result = judged(tmp_path, [child], decisions=[says(child, "parent", "consent", "consented")])
    assert result.outcome.fields == {"phone": 1, "sen_provision": 0}


def test_a_withheld_cell_and_an_empty_one_look_the_same(tmp_path):
    bare, rich = a_child(1, phone="", sen_provision=""), a_child(2, phone="x", sen_provision="y")
    consents = [says(bare, "parent", "consent", *EVERYTHING)]
    extract = as_csv([bare, rich]).replace(b",,", b',"",')
    lines = carried_out(a_job(tmp_path, extract, decisions=consents)).output.decode().splitlines()
    assert [line.endswith(",E17 4PP,,") for line in lines[1:]] == [True, True]
    assert '"' not in "".join(lines)


def test_the_output_is_the_policy_s_columns_in_its_order_with_lf(tmp_path):
    output = judged(tmp_path, [a_child()]).output
    assert output.startswith(",".join(OUTPUT).encode() + b"\n")
    assert b"\r" not in output
    assert output.endswith(b"\n")


def test_cells_that_need_quotes_have_them(tmp_path):
    child = a_child(surname='O"Neill, the\n2nd; "quoted"')
    assert judged(tmp_path, [child]).rows[0]["surname"] == child["surname"]


def test_dates_are_written_as_the_partner_reads_them(tmp_path):
    british = POLICY.model_copy(update={"date_format": "dd/mm/yyyy"})
    assert judged(tmp_path, [a_child()], policy=british).rows[0]["date_of_birth"] == "04/03/2012"


def test_a_reference_stays_the_same_for_one_partner_and_differs_for_another(tmp_path):
    child = a_child()
    first, again, other = (
        judged(tmp_path, [child], **key).rows[0]["reference"] for key in ({}, {}, {"reference_key": bytes(32)})
    )
    assert first == again != other
    assert len(first) == 26
    assert first.isalnum()
    assert not {upn(1), upn(1)[1:]} & {first}


@pytest.mark.parametrize(
    ("born", "leaves"),
    [("2013-11-24", True), ("2013-11-25", False), ("2006-11-25", True), ("2006-11-24", False)],
)
def test_children_leave_from_their_13th_birthday_until_the_day_before_their_20th(tmp_path, born, leaves):
    outcome = judged(tmp_path, [a_child(date_of_birth=born)]).outcome
    assert outcome.withheld == ({} if leaves else {"age": 1})


def test_a_leap_day_s_birthday_is_1_march(tmp_path):
    child = a_child(date_of_birth="2012-02-29")
    for day, leaves in ((date(2025, 2, 28), 0), (date(2025, 3, 1), 1)):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        assert judged(tmp_path, [child], at=at).outcome.rows_out == leaves


def test_the_day_is_london_s(tmp_path):
    child = a_child(date_of_birth="2013-07-01")
    before, after = (datetime(2026, 6, 30, hour, 30, tzinfo=UTC) for hour in (22, 23))
    assert judged(tmp_path, [child], at=before).outcome.rows_out == 0
    assert judged(tmp_path, [child], at=after).outcome.rows_out == 1


BAD_ROWS = [
    ("bad-upn", '"UPN" is not a UPN', {"upn": upn(1)[:-1] + "8"}),
    ("bad-upn", '"UPN" is not a UPN', {"upn": upn(1).lower()}),
    ("bad-upn", '"UPN" is not a UPN', {"upn": upn(1) + " "}),
    ("bad-upn", '"FORMER_UPN" is not a UPN', {"former_upn": "B123456789012"}),
    ("bad-uln", '"ULN" is not a ULN', {"uln": "1234567890"}),
    ("bad-uln", '"ULN" is not a ULN', {"uln": "12345678"}),
    ("bad-date", '"DATE_OF_BIRTH" is not a date', {"date_of_birth": "2012-02-30"}),
    ("bad-date", '"DATE_OF_BIRTH" is not a date', {"date_of_birth": "2012-3-4"}),
    ("bad-date", '"DATE_OF_BIRTH" is not a date', {"date_of_birth": " 2012-03-04"}),
    ("bad-date", '"DATE_OF_BIRTH" is not a date', {"date_of_birth": "04/03/2012"}),
    ("bad-date", '"DATE_OF_BIRTH" is not a date', {"date_of_birth": "infinity"}),
    ("bad-date", '"DATE_OF_BIRTH" is not a date', {"date_of_birth": "epoch"}),
    ("bad-date", '"DATE_OF_BIRTH" is not a date', {"date_of_birth": "2012-03-04 00:00"}),
    ("impossible-date", '"DATE_OF_BIRTH" lies in the future or too long ago', {"date_of_birth": "2026-11-25"}),
    ("impossible-date", '"DATE_OF_BIRTH" lies in the future or too long ago', {"date_of_birth": "1012-03-04"}),
    ("bad-postcode", '"POSTCODE" is not a postcode', {"postcode": "NOWHERE"}),
    ("bad-postcode", '"POSTCODE" is not a postcode', {"postcode": "E17  4PP"}),
    ("empty-cell", '"UPN" is empty', {"upn": ""}),
    ("empty-cell", '"SURNAME" is empty', {"surname": ""}),
    ("empty-cell", '"DATE_OF_BIRTH" is empty', {"date_of_birth": ""}),
]


@pytest.fixture(scope="module")
def bad_rows(tmp_path_factory):
    """All of them in one file, a good row before each."""
    children = [
        child
        for number, (_, _, cells) in enumerate(BAD_ROWS)
        for child in (a_child(2 * number, forename=f"Good{number}"), a_child(2 * number + 1, **cells))
    ]
    return judged(tmp_path_factory.mktemp("bad"), children).outcome


@pytest.mark.parametrize("number", range(len(BAD_ROWS)), ids=[f"{place}-{cells}" for _, place, cells in BAD_ROWS])
def test_a_bad_row_is_rejected_and_its_place_told(bad_rows, number):
    assert bad_rows.places[number] == f"row {2 * number + 3}: {BAD_ROWS[number][1]}"


def test_bad_rows_are_counted_by_reason_and_good_ones_leave(bad_rows):
    reasons = [reason for reason, _, _ in BAD_ROWS]
    assert bad_rows.rejected == {reason: reasons.count(reason) for reason in reasons}
    assert bad_rows.rows_out == len(BAD_ROWS)


@pytest.mark.parametrize(
    "good", [{"upn": upn(1, temporary=True)}, {"uln": "1000000043"}, {"postcode": "e174pp"}, {"former_upn": upn(7)}]
)
def test_a_good_row_is_not(tmp_path, good):
    assert judged(tmp_path, [a_child(1, **good)]).outcome.rows_out == 1


def test_places_are_told_in_the_file_s_order_and_at_most_fifty(tmp_path):
    children = [a_child(n % 90, upn=upn(n), forename=f"F{n}", surname="" if n % 2 else "X") for n in range(140)]
    places = judged(tmp_path, children).outcome.places
    assert places[:2] == ('row 3: "SURNAME" is empty', 'row 5: "SURNAME" is empty')
    assert places[49:] == ('row 101: "SURNAME" is empty', "and 20 more")


@pytest.mark.parametrize(
    "cells", [{"address_line_1": ""}, {"address_line_1": " "}, {"postcode": ""}, {"forename": "'", "surname": "-"}]
)
def test_who_cannot_be_tested_for_a_hold_is_withheld(tmp_path, cells):
    assert judged(tmp_path, [a_child(1, **cells), a_child(2)]).outcome.withheld == {"too-few-identifiers": 1}


def test_a_second_address_line_is_enough(tmp_path):
    assert judged(tmp_path, [a_child(1, address_line_1="", address_line_2="1 High Road")]).outcome.rows_out == 1


def test_a_child_who_stands_twice_is_withheld_twice(tmp_path):
    twice = [a_child(1), a_child(1, surname="Married")]
    outcome = judged(tmp_path, [*twice, a_child(2)]).outcome
    assert (outcome.withheld, outcome.rows_out) == ({"duplicate": 2}, 1)
    assert outcome.places == tuple(f"row {row}: this child stands in the file twice" for row in (2, 3))


def test_the_same_name_and_birthday_under_two_upns_is_one_child(tmp_path):
    twice = [a_child(1, forename="Zoë"), a_child(2, forename="ZOE")]
    assert judged(tmp_path, twice).outcome.withheld == {"duplicate": 2}


def test_twins_are_two_children(tmp_path):
    assert judged(tmp_path, [a_child(1, forename="Ann"), a_child(2, forename="Abe")]).outcome.rows_out == 2


@pytest.mark.parametrize("other", [{"date_of_birth": "1999-01-01"}, {"date_of_birth": "2012-02-30"}, {"surname": ""}])
def test_a_duplicate_is_one_even_if_its_other_row_would_not_leave(tmp_path, other):
    outcome = judged(tmp_path, [a_child(1), a_child(1, **other)]).outcome
    assert outcome.rows_out == 0
    assert outcome.withheld["duplicate"] == 1


def test_a_first_run_over_duplicates_does_not_stand_and_keeps_nothing(tmp_path):
    job = a_job(tmp_path, as_csv([a_child(1), a_child(1)]))
    assert len(carried_out(job).outcome.duplicates) == 2
    assert not (tmp_path / "disclosures.parquet").exists()


def test_a_second_run_finds_no_more(tmp_path):
    job = a_job(tmp_path, as_csv([a_child(1), a_child(1), a_child(2)]))
    again = carried_out(replace(job, exclude=carried_out(job).outcome.duplicates))
    assert again.outcome.duplicates == frozenset()


def test_an_objection_withholds_the_child(tmp_path):
    child = a_child()
    outcome = judged(tmp_path, [child], decisions=[says(child, "parent", "object")]).outcome
    assert outcome.withheld == {"objection": 1}


@pytest.mark.parametrize(
    ("verdict", "cells", "decisions", "held"),
    [
        ("empty-cell", {"surname": ""}, True, True),
        ("age", {"date_of_birth": "2020-01-01"}, True, True),
        ("hold", {"address_line_1": ""}, True, True),
        ("too-few-identifiers", {"address_line_1": ""}, True, False),
        ("objection", {}, True, False),
    ],
)
def test_the_first_verdict_that_holds_is_the_one_that_counts(tmp_path, verdict, cells, decisions, held):
    child = a_child(1, **cells)
    outcome = judged(
        tmp_path, [child], decisions=[says(child, "parent", "object")] if decisions else [],
        holds=[{"upn": child["upn"]}] if held else [],
    ).outcome  # fmt: skip
    assert {**outcome.withheld, **outcome.rejected} == {verdict: 1}


def test_facts_hold_counts_and_reasons_only(tmp_path):
    facts = judged(
        tmp_path, [a_child(1), a_child(2, surname=""), a_child(3, date_of_birth="2020-01-01")]
    ).outcome.facts()
    assert facts.plain() == {
        "rows": 3, "released": 1, "not_released": 2, "withheld": {"age": 1}, "rejected": {"empty-cell": 1},
        "fields": {"phone": 0, "sen_provision": 0}, "tiers": {"floor": 1, "consented": 0, "special": 0},
    }  # fmt: skip


def test_counting_says_the_same_and_puts_nothing_out(tmp_path):
    child = a_child()
    rest = {"decisions": [says(child, "parent", "consent", "consented")]}
    counted = judged(tmp_path, [child, a_child(2)], count_only=True, disclosures=None, **rest)
    released = judged(tmp_path, [child, a_child(2)], disclosures=None, **rest)
    assert counted.output == b""
    assert counted.outcome == released.outcome


def test_the_age_from_which_the_young_person_decides_is_the_policy_s(tmp_path):
    child = a_child(date_of_birth="2012-03-04")
    earlier = POLICY.model_copy(update={"right_holder_age": 14})
    yes = [says(child, "parent", "consent", "consented")]
    assert judged(tmp_path, [child], decisions=yes).rows[0]["phone"]
    assert not judged(tmp_path, [child], decisions=yes, policy=earlier).rows[0]["phone"]


@pytest.mark.parametrize(
    ("born", "age", "given", "counts"),
    [
        ("2010-06-01", 16, date(2026, 6, 1), True),
        ("2010-06-01", 16, date(2026, 5, 31), False),
        ("2012-02-29", 14, date(2026, 3, 1), True),
        ("2012-02-29", 14, date(2026, 2, 28), False),
        ("2010-02-28", 16, date(2026, 2, 28), True),
    ],
)
def test_the_young_person_s_word_counts_from_the_birthday_on(tmp_path, born, age, given, counts):
    child = a_child(date_of_birth=born)
    policy = POLICY.model_copy(update={"right_holder_age": age})
    own = [says(child, "young-person", "consent", "consented", given=given)]
    assert bool(judged(tmp_path, [child], decisions=own, policy=policy).rows[0]["phone"]) is counts


def test_other_ages_are_the_policy_s(tmp_path):
    wider = POLICY.model_copy(update={"eligibility": Eligibility(from_age=5, until_age=26)})
    assert judged(tmp_path, [a_child(date_of_birth="2020-01-01")], policy=wider).outcome.rows_out == 1


def test_the_outcome_cannot_be_asked_for_early(tmp_path):
    with minimising(a_job(tmp_path, as_csv([a_child()]))) as run, pytest.raises(GatewayError):
        run.outcome()


def test_a_schema_without_upns_is_refused_before_anything_is_read(tmp_path):
    blind = SCHEMA.model_copy(update={"columns": SCHEMA.columns[1:]})
    with pytest.raises(ConfigError), minimising(a_job(tmp_path, as_csv([a_child()]), schema=blind)):
        pass


def test_on_a_consent_route_a_schema_may_refuse_the_file_too(tmp_path):
    outcome = judged(tmp_path, [a_child(1), a_child(2, surname=""), a_child(3), a_child(3)], schema=WHOLE).outcome
    assert {refusal.reason for refusal in outcome.refusals} == {"bad-rows", "duplicates"}


def test_consents_begin_and_end_by_the_day_of_release(tmp_path):
    child = a_child()
    yes = says(child, "parent", "consent", "consented", given=date(2026, 11, 24), expires=date(2026, 11, 26))
    seen = [
        bool(judged(tmp_path, [child], decisions=[yes], at=AT + timedelta(days)).rows[0]["phone"])
        for days in (-1, 0, 1, 2)
    ]
    assert seen == [False, True, True, False]
