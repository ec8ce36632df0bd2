"""The census' two columns: what Yes, No, UNS and SNR become, and what refuses the extract."""

from datetime import date

import pytest

from gateway.minimise.consent import opened as open_to
from gateway.minimise.consent import standing
from gateway.minimise.identifiers import subject
from gateway.minimise.register_file import opened
from gateway.minimise.yssa import EXPECTED, agreements_of
from gateway.vocabulary.errors import RegisterInvalid
from tests.unit.minimise.ground import AT, REGISTER_KEY, TODAY, upn

CANARY = "Canaryname"
CENSUS = date(2026, 10, 1)
FOURTEEN, SIXTEEN = date(2012, 6, 1), date(2010, 6, 1)


def told(folder, *lines, header="upn,forename,yssa", census=CENSUS):
    (folder / "census.csv").write_text("\n".join([header, *lines]) + "\n")
    with opened(folder / "census.csv", expected=EXPECTED) as file:
        return list(
            agreements_of(file, purpose="youth-support", census=census, key=REGISTER_KEY, recorded=AT)
        )  # fmt: skip


def opens(rows, born) -> set[str]:
    return set(open_to(standing(rows, TODAY), born=born, day=TODAY).tiers)


@pytest.mark.parametrize(
    ("code", "decision", "named"),
    [
        ("Yes", "consent", {"consented"}),
        ("No", "refuse", set()),
        ("UNS", "unsought", set()),
        ("SNR", "no-reply", set()),
    ],
)
def test_each_code_is_a_parents_decision_of_the_census_day(tmp_path, code, decision, named):
    (row,) = told(tmp_path, f"{upn(1)},{CANARY},{code}")
    assert (row.subject, row.purpose, row.decided_by) == (subject(upn(1), key=REGISTER_KEY), "youth-support", "parent")
    assert (row.decision, row.tiers, row.given, row.expires) == (decision, named, CENSUS, None)
    assert (row.notice, row.evidence, row.recorded) == ("School Census", "YSSA 2026-10-01", AT)
    assert CANARY not in repr(row)


def test_yes_opens_the_consented_tier_until_16_and_no_special_category(tmp_path):
    rows = told(tmp_path, f"{upn(1)},x,Yes")
    assert opens(rows, FOURTEEN) == {"consented"}
    assert opens(rows, SIXTEEN) == set()


def test_no_closes_what_was_open_before_the_census(tmp_path):
    before, after = told(tmp_path, f"{upn(1)},x,Yes", census=date(2026, 5, 1)), told(tmp_path, f"{upn(1)},x,No")
    assert opens([*before, *after], FOURTEEN) == set()


@pytest.mark.parametrize("code", ["UNS", "SNR"])
@pytest.mark.parametrize(("earlier", "opened"), [("Yes", {"consented"}), ("No", set())])
def test_unsought_and_no_reply_supersede_nothing(tmp_path, code, earlier, opened):
    before = told(tmp_path, f"{upn(1)},x,{earlier}", census=date(2026, 5, 1))
    assert opens([*before, *told(tmp_path, f"{upn(1)},x,{code}")], FOURTEEN) == opened


def test_a_blank_is_nothing(tmp_path):
    assert told(tmp_path, f"{upn(1)},x,", "not-a-upn,x,") == []


def test_columns_are_found_by_name_wherever_they_stand(tmp_path):
    (row,) = told(tmp_path, f"No,x,{upn(1)}", header="YSSA,Forename,UPN")
    assert row.decision == "refuse"


@pytest.mark.parametrize("code", ["yes", "NO", "Y", "Unsought", " Yes", "Yes;No", CANARY])
def test_an_unknown_code_refuses_the_extract_by_row_and_column(tmp_path, code):
    with pytest.raises(RegisterInvalid) as refused:
        told(tmp_path, f"{upn(1)},x,Yes", f"{upn(2)},x,{code}")
    assert refused.value.message == "row 3: yssa is not one that is known here"
    assert CANARY not in refused.value.message + refused.value.remedy


@pytest.mark.parametrize("bad", ["", CANARY, upn(1)[:-1]])
def test_a_pupil_without_a_sound_upn_refuses_the_extract(tmp_path, bad):
    with pytest.raises(RegisterInvalid, match="row 2: upn ") as refused:
        told(tmp_path, f"{bad},x,No")
    assert CANARY not in refused.value.message + refused.value.remedy


@pytest.mark.parametrize("header", ["upn,forename,agreement", "upn,upn,yssa", "UPN,yssa,YSSA", CANARY])
def test_a_header_without_both_columns_once_is_refused(tmp_path, header):
    with pytest.raises(RegisterInvalid, match="row 1") as refused:
        told(tmp_path, header=header)
    assert CANARY not in refused.value.message + refused.value.remedy


def test_a_ragged_row_and_a_census_of_the_future_are_refused(tmp_path):
    with pytest.raises(RegisterInvalid, match="row 2: has 2 cells"):
        told(tmp_path, f"{upn(1)},Yes")
    with pytest.raises(RegisterInvalid, match="future"):
        told(tmp_path, census=date(2026, 11, 25))
