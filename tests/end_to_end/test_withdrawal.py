"""What a partner holds is taken back: without a second approver, over a real server, answered and receipted."""

import csv
import io

import pytest

from gateway.service.wiring import gates_of
from gateway.story.withdrawing import withdraw
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS


@pytest.fixture
def handed_over(world):
    """The transfer that the partner has answered for, and what it received."""
    world.approved()
    rounds(world)
    (transfer,) = world.transfers()
    (received,) = world.partners[YSS].received
    return transfer, list(csv.DictReader(io.StringIO(received.read_text("utf-8"))))


def rounds(world):
    world.run()
    world.partners[YSS].receive(world.clock())
    world.run()


def upn_of(world, row):
    names = (row["Forename"], row["Surname"], row["DateOfBirth"])
    (upn,) = {
        child.fields["upn"]
        for child in world.people.children
        if tuple(child.fields.get(field) for field in ("forename", "surname", "date_of_birth")) == names
    }
    return upn


def taken_back(world, child, route=None, *, consented_only=False):
    with world.opened() as gateway:
        gates = gates_of(gateway, world.council.configuration, world.clock())
        found = withdraw(gateway, gates, child, consented_only=consented_only, uid=0, only=route)
        assert found.unreached == ()
        return list(found.prepared)


def removal_at_the_partner(world):
    (path,) = [path for path in world.partners[YSS].received if "removal" in path.name]
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))


def test_a_child_is_removed_by_the_reference_that_the_partner_has(world, handed_over):
    _, rows = handed_over
    (removal,) = taken_back(world, {"upn": upn_of(world, rows[3])})
    rounds(world)
    assert removal_at_the_partner(world) == [{"Reference": rows[3]["Reference"], "Remove": "whole"}]
    assert world.ladder(removal.transfer) == ["withdrawn", "sealed", "delivered", "acknowledged"]
    assert world.facts(removal.transfer, Stage.SEALED)["scope"] == "removal"


def test_what_needs_a_consent_can_go_alone(world, handed_over):
    _, rows = handed_over
    taken_back(world, {"upn": upn_of(world, rows[0])}, consented_only=True)
    rounds(world)
    (removed,) = removal_at_the_partner(world)
    assert {"Telephone", "Mobile"} <= set(removed["Remove"].split())
    assert not {"Forename", "Surname", "Postcode", "Reference"} & set(removed["Remove"].split())


def test_a_child_of_whom_nothing_was_given_is_not_asked_back(world, handed_over):
    (stranger,) = {child.fields["upn"] for child in world.people.children if child.situation == "held-by-upn"}
    assert taken_back(world, {"upn": stranger}) == []
    assert taken_back(world, {"upn": world.people.children[0].fields["upn"]}, "dfe-school-census") == []


def test_a_new_hold_does_not_stop_a_removal_on_its_way(world, handed_over):
    _, rows = handed_over
    (removal,) = taken_back(world, {"upn": upn_of(world, rows[2])})
    world.run("prepare")
    world.hold({"upn": upn_of(world, rows[2])})
    rounds(world)
    assert world.ladder(removal.transfer)[-1] == "acknowledged"


def test_a_removal_whose_time_has_passed_is_sealed_again(world, handed_over):
    _, rows = handed_over
    (removal,) = taken_back(world, {"upn": upn_of(world, rows[2])})
    world.run("prepare")
    world.clock.turn(hours=6)
    world.run()
    rounds(world)
    assert world.ladder(removal.transfer)[-1] == "acknowledged"
    assert world.ladder(removal.transfer).count("sealed") == 2


def test_staff_are_not_told_of_whom_somebody_withdrew(world, handed_over):
    _, rows = handed_over
    (removal,) = taken_back(world, {"upn": upn_of(world, rows[2])})
    rounds(world)
    outcomes = [path.name for path in (world.council.drop_folder(YSS) / "outcomes").iterdir()]
    assert not [name for name in outcomes if str(removal.transfer) in name]


def decided(world, upn, decision, *, by="parent", tiers="", fields=""):
    lines = ["upn,purpose,decided_by,decision,tiers,fields,given,expires,withdrawn,notice,evidence"]
    lines.append(f"{upn},youth-support,{by},{decision},{tiers},{fields},2026-11-24,,,PN-1,F-1")
    world.record("\n".join([*lines, ""]).encode())


@pytest.mark.parametrize(
    ("decision", "remove"), [("refuse", "Telephone"), ("withdraw", "Telephone"), ("object", "whole")]
)
def test_what_is_decided_against_is_taken_back_by_itself(world, handed_over, decision, remove):
    _, rows = handed_over
    row = next(row for row in rows if row["Mobile"])
    decided(world, upn_of(world, row), decision)
    rounds(world)
    (removed,) = removal_at_the_partner(world)
    assert removed["Reference"] == row["Reference"]
    assert remove in removed["Remove"].split()


def removals(world):
    paths = [path for path in world.partners[YSS].received if "removal" in path.name]
    return [row for path in paths for row in csv.DictReader(io.StringIO(path.read_text("utf-8")))]


@pytest.mark.parametrize("by", ["parent", "guardian"])
def test_what_a_consent_to_single_fields_leaves_closed_is_taken_back(world, handed_over, by):
    _, rows = handed_over
    child = world.people.in_situation("parent-yes")
    row = next(row for row in rows if row["Forename"] == child.fields["forename"])
    decided(world, child.fields["upn"], "consent", by=by, fields="mobile;email")
    rounds(world)
    (removed,) = removals(world)
    assert removed["Reference"] == row["Reference"]
    gone = set(removed["Remove"].split())
    assert {"Telephone", "ParentTelephone"} <= gone
    assert not {"Forename", "Postcode", "Reference", "Mobile", "Email"} & gone


@pytest.mark.parametrize(
    "named", [{"tiers": "consented"}, {"tiers": "consented;special"}, {"tiers": "consented", "fields": "phone"}]
)
def test_a_consent_to_as_much_as_was_given_takes_nothing_back(world, handed_over, named):
    decided(world, world.people.in_situation("parent-yes").fields["upn"], "consent", **named)
    rounds(world)
    assert removals(world) == []


def test_nothing_is_taken_back_of_whom_nothing_more_than_the_floor_was_given(world, handed_over):
    _, rows = handed_over
    row = next(row for row in rows if not row["Mobile"] and not row["Telephone"] and not row["Email"])
    decided(world, upn_of(world, row), "refuse")
    rounds(world)
    assert not [path for path in world.partners[YSS].received if "removal" in path.name]


def withdrawn(world, type_in, row, *words):
    return type_in("withdraw", *words, stdin=f"upn: {upn_of(world, row)}\n")


def edit(world, page, old, new):
    path = world.council.home / "config" / page
    path.write_text(path.read_text().replace(old, new, 1))


def test_whoever_withdraws_is_told_of_a_partner_whose_route_stands_still(world, handed_over, type_in):
    edit(world, "policies/yss.toml", "review = 2027-10-31", "review = 2026-11-01")
    spoken = withdrawn(world, type_in, handed_over[1][3])
    assert spoken.code == 3
    assert "youth-support was given it on the route yss and is not told: its route stands still" in spoken.out
    assert "no partner was given" not in spoken.err


def test_what_one_partner_was_given_is_not_asked_back_from_the_one_that_followed_it(world, handed_over, type_in):
    transfer, rows = handed_over
    partners = world.council.home / "config" / "partners"
    page = (partners / "youth-support.toml").read_text()
    (partners / "other-service.toml").write_text(page.replace('"youth-support"', '"other-service"', 1))
    edit(world, "routes/yss.toml", 'partner = "youth-support"', 'partner = "other-service"')
    assert type_in("keys", "new", "reference-other-service").code == 0
    spoken = withdrawn(world, type_in, rows[3])
    assert spoken.code == 3
    assert "youth-support was given it on the route yss and is not told" in spoken.out
    assert type_in("recall", transfer, "--reason", "wrong-file").code == 2
    assert len(world.transfers()) == 1


def test_a_return_names_nobody_by_a_reference_and_is_not_taken_back_by_one(world, handed_over, type_in):
    world.approved(route=CENSUS)
    world.run()
    returned = {child.fields["upn"] for child in world.people.fit_for_a_return()}
    row = next(row for row in handed_over[1] if upn_of(world, row) in returned)
    spoken = withdrawn(world, type_in, row)
    assert spoken.code == 3
    assert "youth-support is told to remove it" in spoken.out
    assert "returns-officer was given it on the route dfe-school-census and is not told: a return has no" in spoken.out
    (transfer,) = world.transfers(CENSUS)
    assert type_in("recall", transfer, "--reason", "wrong-file").code == 2
    assert withdrawn(world, type_in, row, "--route", YSS, "--consented-only").code == 0
