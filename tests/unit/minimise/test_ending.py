"""What is disclosed says when it must end, to whoever has the register's key: a birthday, and no date of birth."""

import tempfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.contract.policy import LongerArm
from gateway.minimise.ages import attained_on
from gateway.minimise.disclosed import DisclosedFile
from gateway.minimise.ending import HORIZON, ended
from gateway.minimise.identifiers import subject
from gateway.vocabulary.moment import LONDON
from tests.unit.minimise.ground import AT, POLICY, REGISTER_KEY, TODAY, a_child, a_job, as_csv, carried_out, says

SOON = [TODAY + timedelta(days) for days in range(HORIZON.days + 1)]


def endings(folder, *children, days=SOON, key=REGISTER_KEY, **rest):
    """By child's number in the file: the day, and whether it is the whole child."""
    job = a_job(folder, as_csv(children), **rest)
    meta = carried_out(job).outcome.disclosures_meta
    file = DisclosedFile(transfer="t", path=job.disclosures, meta=meta, key=key)
    names = {subject(child["upn"], key=REGISTER_KEY): number for number, child in enumerate(children)}
    ending = [(found, whole) for found, whole in ended(file, days)]
    return {(names[found], _day(file, found, days), whole) for found, whole in ending}


def _day(file, wanted, days):
    """By halves, as whoever has the key could."""
    while len(days) > 1:
        half = days[: len(days) // 2]
        days = half if wanted in dict(ended(file, half)) else days[len(half) :]
    return days[0]


def yes_to(child):
    return [says(child, "parent", "consent", "consented")]


def test_the_day_of_the_twentieth_birthday_ends_the_whole_child_and_the_sixteenth_what_parents_opened(tmp_path):
    nineteen, fifteen = a_child(1, date_of_birth="2007-01-31"), a_child(2, date_of_birth="2011-02-28")
    found = endings(tmp_path, nineteen, fifteen, a_child(3), decisions=yes_to(fifteen))
    assert found == {(0, date(2027, 1, 31), True), (1, date(2027, 2, 28), False)}


def test_single_fields_that_a_parent_opened_end_at_sixteen_too(tmp_path):
    fifteen = a_child(1, date_of_birth="2011-02-28")
    found = endings(tmp_path, fifteen, decisions=[says(fifteen, "parent", "consent", "phone")])
    assert found == {(0, date(2027, 2, 28), False)}


@pytest.mark.parametrize(
    "child",
    [
        a_child(1, date_of_birth="2011-02-28"),
        a_child(1, date_of_birth="2013-06-01"),
        a_child(1, date_of_birth="2006-11-24"),
        a_child(1, date_of_birth="2007-01-31", postcode=""),
    ],
    ids=["15 with nothing opened", "13", "20 today, and not there", "withheld"],
)
def test_nobody_else_ends(tmp_path, child):
    assert endings(tmp_path, child) == set()


def test_a_child_on_hold_was_not_given_and_does_not_end(tmp_path):
    child = a_child(1, date_of_birth="2007-01-31")
    assert endings(tmp_path, child, holds=[{"upn": child["upn"]}]) == set()


def test_what_lies_beyond_the_horizon_is_not_written_down(tmp_path):
    child = a_child(1, date_of_birth=(TODAY + HORIZON + timedelta(1)).replace(year=2008).isoformat())
    later = [TODAY + timedelta(days) for days in range(HORIZON.days, HORIZON.days + 10)]
    assert endings(tmp_path, child, days=later) == set()


def test_without_the_registers_key_no_day_can_be_read_out_of_it(tmp_path):
    child = a_child(1, date_of_birth="2007-01-31")
    assert endings(tmp_path, child, key=bytes(32)) == set()
    assert b"2027-01-31" not in (tmp_path / "disclosures.parquet").read_bytes()


def test_who_stays_longer_ends_with_the_longer_arm(tmp_path):
    arm = LongerArm(until_age=25, evidence="sen_provision", codes=("E",), condition="Article 9(2)(g)")
    ages = POLICY.eligibility.model_copy(update={"longer": arm})
    policy = POLICY.model_copy(update={"eligibility": ages})
    old, young = a_child(1, date_of_birth="2002-03-01"), a_child(2, date_of_birth="2007-03-01")
    plain = a_child(3, date_of_birth="2007-03-02")
    children = [{**old, "sen_provision": "E"}, {**young, "sen_provision": "E"}, plain]
    found = endings(tmp_path, *children, policy=policy)
    assert found == {(0, date(2027, 3, 1), True), (2, date(2027, 3, 2), True)}


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    born=st.one_of(st.dates(date(2006, 11, 20), date(2008, 1, 5)), st.sampled_from([date(2008, 2, 29), date(2007, 2, 28)])),
    at=st.sampled_from([AT, datetime.combine(date(2027, 2, 28), time(23, 59), LONDON)]),
)  # fmt: skip
def test_a_twentieth_birthday_is_the_day_that_the_plain_rule_says(born, at):
    birthday, today = attained_on(born, 20), at.astimezone(LONDON).date()
    around = [birthday + timedelta(days) for days in (-1, 0, 1)]
    with tempfile.TemporaryDirectory() as folder:
        found = endings(Path(folder), a_child(1, date_of_birth=born.isoformat()), days=around, at=at)
    assert found == ({(0, birthday, True)} if today < birthday <= today + HORIZON else set())
