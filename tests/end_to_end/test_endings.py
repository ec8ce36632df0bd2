"""What a partner may hold no longer is taken back by itself: after a hold, on a birthday, when a consent ends."""

import csv
import io
from datetime import date, datetime, time, timedelta

import pytest

from gateway.minimise.ages import attained_on
from gateway.vocabulary.moment import LONDON
from tests.end_to_end.conftest import CENSUS, YSS
from tests.end_to_end.test_withdrawal import handed_over, rounds, upn_of

__all__ = ["handed_over"]


def removals(world):
    paths = [path for path in world.partners[YSS].received if "removal" in path.name]
    return [row for path in paths for row in csv.DictReader(io.StringIO(path.read_text("utf-8")))]


def given(world):
    (path,) = [path for path in world.partners[YSS].received if "removal" not in path.name]
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def birthday(row, age):
    return attained_on(date.fromisoformat(row["DateOfBirth"]), age)


def a_morning(world, day):
    world.clock.at = datetime.combine(day, time(0, 1), LONDON).astimezone(world.clock.at.tzinfo)


def next_to_be(world, rows, age):
    today = world.clock.at.date()
    return min((row for row in rows if birthday(row, age) > today), key=lambda row: birthday(row, age))


def test_a_hold_takes_back_the_whole_child_at_the_next_round(world, handed_over):
    _, rows = handed_over
    world.hold({"upn": upn_of(world, rows[3])})
    rounds(world)
    assert removals(world) == [{"Reference": rows[3]["Reference"], "Remove": "whole"}]


def test_a_hold_on_a_former_upn_or_on_a_stranger_takes_back_nobody_else(world, handed_over):
    world.hold({"uln": "1000000043"})
    world.hold({"forename": "Nobody", "surname": "Here", "date_of_birth": "2012-01-01"})
    rounds(world)
    assert removals(world) == []


def test_a_hold_takes_no_return_back(world):
    world.approved(route=CENSUS)
    world.run()
    world.hold({"upn": world.people.fit_for_a_return()[0].fields["upn"]})
    world.run()
    assert len(world.transfers(CENSUS)) == 1


def test_on_the_twentieth_birthday_the_whole_child_goes_and_once_only(world, handed_over):
    _, rows = handed_over
    row = next_to_be(world, rows, 20)
    a_morning(world, birthday(row, 20))
    rounds(world)
    rounds(world)
    assert {"Reference": row["Reference"], "Remove": "whole"} in removals(world)
    references = [one["Reference"] for one in removals(world)]
    assert len(references) == len(set(references))
    assert "acknowledged" in world.ladder(world.transfers()[-1])


def test_on_the_eve_nothing_goes(world, handed_over):
    _, rows = handed_over
    tomorrow = world.clock.at.date() + timedelta(1)
    row = next_to_be(world, [row for row in rows if birthday(row, 20) > tomorrow], 20)
    a_morning(world, birthday(row, 20) - timedelta(1))
    rounds(world)
    assert row["Reference"] not in [one["Reference"] for one in removals(world) if one["Remove"] == "whole"]


def test_on_the_sixteenth_birthday_what_a_parent_opened_goes_and_the_floor_stays(world, handed_over):
    _, rows = handed_over
    opened = [row for row in rows if row["Mobile"] or row["Telephone"] or row["Email"]]
    row = next_to_be(world, opened, 16)
    a_morning(world, birthday(row, 16))
    rounds(world)
    (removed,) = (one for one in removals(world) if one["Reference"] == row["Reference"])
    assert "Telephone" in removed["Remove"].split()
    assert "Surname" not in removed["Remove"].split()


@pytest.mark.parametrize(
    ("first", "later", "gone", "stays"),
    [
        (("consented", ""), None, {"Telephone", "Mobile"}, set()),
        (("consented", ""), ("consented", ""), set(), {"Telephone"}),
        (("", "phone;email"), None, {"Telephone", "Email"}, set()),
        (("consented;special", ""), ("consented", ""), {"SENProvision"}, {"Telephone", "Mobile"}),
        (("", "phone;email"), ("", "phone"), set(), {"Telephone"}),
    ],
    ids=["a tier", "a tier that another opens", "fields", "one of two tiers", "fields that another names"],
)
def test_when_a_consent_ends_what_it_opened_goes_unless_another_opens_it_still(world, first, later, gone, stays):
    child = world.people.in_situation("parent-yes")
    upn = child.fields["upn"]
    lines = ["upn,purpose,decided_by,decision,tiers,fields,given,expires,withdrawn,notice,evidence"]
    lines.append(f"{upn},youth-support,parent,consent,{','.join(first)},2026-11-23,2026-11-26,,PN-1,F-1")
    if later:
        lines.append(f"{upn},youth-support,guardian,consent,{','.join(later)},2026-11-23,,,PN-1,F-2")
    world.record("\n".join([*lines, ""]).encode())
    world.approved()
    rounds(world)
    (row,) = (row for row in given(world) if row["Forename"] == child.fields["forename"])
    world.clock.turn(days=2)
    rounds(world)
    removed = [set(one["Remove"].split()) for one in removals(world) if one["Reference"] == row["Reference"]]
    assert len(removed) == bool(gone)
    assert gone <= set().union(*removed)
    assert not stays & set().union(*removed)
