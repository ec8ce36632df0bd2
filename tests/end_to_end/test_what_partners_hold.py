"""What a partner holds is not always what the last full parcel gave: it may not have arrived, or told of changes only."""

import sqlite3
from contextlib import closing

import pytest

from gateway.demo import tables
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS
from tests.end_to_end.test_answers import answer_instead
from tests.end_to_end.test_endings import a_morning, birthday, next_to_be, removals
from tests.end_to_end.test_overtaken import refused
from tests.end_to_end.test_subjects import approve, called, hand_over, instead, somebody
from tests.end_to_end.test_withdrawal import handed_over, rounds, upn_of

__all__ = ["handed_over"]


def in_doubt(world, children):
    """A next parcel: delivered, swept away, and nobody said so."""
    approve(world, children, "next.csv")
    world.run("prepare")
    transfer, workspace = world.transfers()[-1], world.council.configuration.workspace
    world.run("deliver")
    for path in (*(world.partners[YSS].files / "inbox").iterdir(), *workspace.from_deliver.iterdir()):
        path.unlink()
    with closing(sqlite3.connect(workspace.attempts)) as store, store:
        store.execute("update transfer set state = 'open'")
    world.clock.turn(minutes=1)
    world.run()
    assert world.stages()[-1] is Stage.IN_DOUBT
    return transfer


def listed(world):
    """What removals that nobody has delivered yet ask for."""
    arrivals = world.council.configuration.workspace.arrivals
    return [line for path in arrivals.glob("*/removal") for line in path.read_text().splitlines()[1:]]


@pytest.mark.parametrize("verdict", ["", "absent", "abandoned"])
def test_a_hold_reaches_what_the_partner_has_from_before_a_parcel_that_may_not_have_arrived(
    world, handed_over, type_in, verdict
):
    _, rows = handed_over
    upn = upn_of(world, rows[3])
    transfer = in_doubt(world, [child for child in world.people.children if child.fields["upn"] != upn])
    if verdict:
        assert type_in("resolve", transfer, verdict, "--reason", "asked").code == 0
    world.hold({"upn": upn})
    assert listed(world) == [f"{rows[3]['Reference']},whole"]


def test_a_parcel_that_the_partner_rejected_replaced_nothing_though_somebody_has_seen_to_it(
    world, handed_over, type_in
):
    _, rows = handed_over
    upn = upn_of(world, rows[3])
    approve(world, [child for child in world.people.children if child.fields["upn"] != upn], "next.csv")
    world.run()
    transfer = world.transfers()[-1]
    world.partners[YSS].receive(world.clock())
    rejection = {"disposition": "rejected", "code": "file-hash", "manifest": None, "rows": None, "checkpoint": None}
    answer_instead(world, of=transfer, **rejection)
    world.run()
    assert type_in("resolve", transfer, "abandoned", "--reason", "seen-to").code == 0
    world.hold({"upn": upn})
    assert listed(world) == [f"{rows[3]['Reference']},whole"]


def test_a_parcel_that_certainly_arrived_replaced_what_was_there_before(world, handed_over, type_in):
    _, rows = handed_over
    upn = upn_of(world, rows[3])
    transfer = in_doubt(world, [child for child in world.people.children if child.fields["upn"] != upn])
    assert type_in("resolve", transfer, "delivered", "--reason", "asked").code == 0
    world.hold({"upn": upn})
    assert listed(world) == []


def of_changes(world):
    page = world.council.home / "config" / "routes" / "yss.toml"
    page.write_text(page.read_text().replace('scope = "full"', 'scope = "changes"'))


@pytest.fixture
def changes(world):
    """Two parcels of changes: all children but one, then that one. What the partner was given first, and last."""
    of_changes(world)
    one = world.people.in_situation("parent-yes")
    first, last = [child for child in world.people.children if child is not one], [one]
    return [[*hand_over(world, some, name).values()] for some, name in ((first, "first.csv"), (last, "last.csv"))]


def test_a_hold_takes_back_what_any_parcel_of_changes_gave(world, changes):
    row = changes[0][3]
    world.hold({"upn": upn_of(world, row)})
    rounds(world)
    assert removals(world) == [{"Reference": row["Reference"], "Remove": "whole"}]


def test_a_refusal_takes_back_what_any_parcel_of_changes_gave(world, changes):
    row = next(row for row in changes[0] if row["Mobile"])
    world.record(refused(upn_of(world, row)))
    rounds(world)
    (removal,) = removals(world)
    assert removal["Reference"] == row["Reference"]
    assert "Mobile" in removal["Remove"].split()


def test_on_the_twentieth_birthday_goes_who_stood_in_any_parcel_of_changes(world, changes):
    row = next_to_be(world, changes[0], 20)
    a_morning(world, birthday(row, 20))
    rounds(world)
    assert {"Reference": row["Reference"], "Remove": "whole"} in removals(world)


def test_a_date_of_birth_that_was_corrected_since_ends_nothing(world):
    of_changes(world)
    children = list(world.people.children)
    first = hand_over(world, children, "first.csv")
    row = next_to_be(world, first.values(), 20)
    child = next(child for child in children if child.fields["upn"] == upn_of(world, row))
    corrected = child.but("corrected", date_of_birth="2011-05-05")
    hand_over(world, [corrected], "corrected.csv")
    a_morning(world, birthday(row, 20))
    rounds(world)
    assert row["Reference"] not in [one["Reference"] for one in removals(world) if one["Remove"] == "whole"]


def test_a_refusal_under_a_former_upn_takes_back_what_was_given_before_both_were_known_to_be_one(world):
    children = list(world.people.children)
    place, child, later = somebody(children, hand_over(world, children, "first.csv"))
    header = "upn,purpose,decided_by,decision,tiers,given,expires,notice,evidence"
    consents = [
        f"{later.fields['upn']},youth-support,{by},consent,consented,2026-11-24,,PN-1,F-1"
        for by in ("parent", "young-person")
    ]
    world.record("\n".join([header, *consents, ""]).encode())
    row = hand_over(world, instead(children, place, later), "second.csv")[called(child)]
    told = later.but("told", former_upn=child.fields["upn"])
    world.drop(tables.extract(instead(children, place, told), world.council.schema(YSS)), name="third.csv")
    world.run("prepare")
    world.record(refused(child.fields["upn"]))
    assert [line.split(",")[0] for line in listed(world)] == [row["Reference"]]
