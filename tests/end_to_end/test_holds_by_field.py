"""A return with a child on hold in it: it waits for the hold officer, and leaves without what is kept back."""

import csv
import io

import pytest

from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS
from tests.end_to_end.office import Office

HOME = ("addressline1", "addressline2", "addressline3", "addressline4", "addressline5", "postcode")
PAGE = """
[holds]
rule = "by-field"
fields = [
    "address_line_1", "address_line_2", "address_line_3", "address_line_4", "address_line_5", "postcode", "uprn",
]
"""


@pytest.fixture
def office(world, tmp_path):
    policy = world.council.home / "config" / "policies" / "dfe-school-census.toml"
    policy.write_text(policy.read_text() + PAGE)
    desk = tmp_path / "desk"
    desk.mkdir()
    return Office(world, desk)


def waiting_for_the_officer(world):
    world.drop(route=CENSUS)
    world.run("prepare")
    world.sign_both(route=CENSUS)
    world.run()
    (transfer,) = world.transfers(CENSUS)
    return transfer


def release(office, transfer, *words, key="approve"):
    return office.type_in("hold", "release", transfer, "--key", office.keys.get(key, key), *words)


def returned(world, office):
    """The rows as the returns officer opens them, by UPN."""
    world.run()
    world.partners[CENSUS].receive(world.clock())
    (path,) = world.partners[CENSUS].received
    return {row["upn"]: row for row in csv.DictReader(io.StringIO(path.read_text("utf-8")))}


def on_hold(world):
    child = world.people.fit_for_a_return()[0]
    world.hold({"upn": child.fields["upn"]})
    return child.fields


def test_every_file_waits_for_the_officer_whether_or_not_anybody_in_it_is_on_hold(world, office):
    transfer = waiting_for_the_officer(world)
    assert world.stages(CENSUS) == [Stage.WAITING]
    nobody_held = world.waiting(CENSUS)
    assert f"gateway hold release {transfer} --key KEY" in nobody_held
    on_hold(world)
    world.run()
    assert world.waiting(CENSUS) == nobody_held
    assert world.inbox(CENSUS) == []


def test_a_child_on_hold_leaves_without_an_address_and_the_others_with_theirs(world, office):
    child = on_hold(world)
    transfer = waiting_for_the_officer(world)
    assert release(office, transfer).code == 0
    rows = returned(world, office)
    assert len(rows) == len(world.people.fit_for_a_return())
    assert [rows[child["upn"]][field] for field in HOME] == [""] * len(HOME)
    assert rows[child["upn"]]["surname"] == child["surname"]
    assert any(row["postcode"] for row in rows.values())
    outcomes = [path.read_text() for path in (world.council.drop_folder(CENSUS) / "outcomes").iterdir()]
    assert "Not released: 0." in outcomes[0]


def test_what_the_officer_names_leaves_and_the_receipt_says_who_let_it_out(world, office):
    child = on_hold(world)
    transfer = waiting_for_the_officer(world)
    release(office, transfer, "--field", "postcode")
    row = returned(world, office)[child["upn"]]
    assert (row["addressline1"], row["postcode"]) == ("", child["postcode"])
    (receipt,) = office.receipts("held-approved")
    assert (receipt.transfer, receipt.facts["columns"]) == (transfer, ("postcode",))
    assert receipt.facts["signer"] == world.council.people["approve"].fingerprint


def test_a_hold_of_a_later_moment_is_not_one_that_the_officer_has_let_out(world, office):
    transfer = waiting_for_the_officer(world)
    release(office, transfer, "--field", "postcode")
    on_hold(world)
    world.run()
    assert world.stages(CENSUS) == [Stage.WAITING]
    assert "hold release" in world.waiting(CENSUS)


def test_without_a_field_an_approval_outlives_a_later_hold_for_less_leaves(world, office):
    transfer = waiting_for_the_officer(world)
    release(office, transfer)
    child = on_hold(world)
    assert not returned(world, office)[child["upn"]]["postcode"]


@pytest.mark.parametrize("acts", [(), ("hold.list", "hold.lift")])
def test_nobody_but_an_officer_can_let_it_leave(world, office, acts):
    transfer = waiting_for_the_officer(world)
    stranger = office.somebody("stranger", *acts)
    assert release(office, transfer, key=stranger).code == 70
    assert office.type_in("hold", "release", transfer).code == 3
    world.run()
    assert office.receipts("held-approved") == []
    assert world.stages(CENSUS) == [Stage.WAITING]


def test_only_a_field_that_is_kept_back_can_be_let_out_and_only_of_what_waits(world, office):
    transfer = waiting_for_the_officer(world)
    spoken = release(office, transfer, "--field", "surname")
    assert (spoken.code, "none of the fields that are kept back" in spoken.err) == (2, True)
    release(office, transfer)
    world.run()
    assert release(office, transfer).code == 2
    assert release(office, "0" * 26).code == 2


def test_the_officers_answer_is_about_one_statement_and_no_later_one(world, office):
    transfer = waiting_for_the_officer(world)
    release(office, transfer, "--field", "postcode")
    folder = world.council.drop_folder(CENSUS)
    for paper in folder.glob("*.release*"):
        paper.unlink()
    world.run("prepare")
    world.sign_both(route=CENSUS)
    world.run()
    later = set(world.transfers(CENSUS)) - {transfer}
    assert world.ladder(transfer)[-1] == Stage.REFUSED
    assert [world.ladder(other)[-1] for other in later] == [Stage.WAITING]


def test_on_other_routes_there_is_nothing_to_let_out(world, office):
    world.drop()
    world.run("prepare")
    (transfer,) = world.transfers()
    assert release(office, transfer).code == 2


def test_why_something_of_a_child_was_kept_back_is_the_reviewers(world, office):
    child = on_hold(world)
    release(office, waiting_for_the_officer(world))
    world.run()
    typed = f"upn: {child['upn']}\n"
    said = office.type_in("disclosures", stdin=typed).out
    assert "it was not released" in said
    assert "on hold" not in said
    told = office.type_in("disclosures", "--reviewer", office.keys["approve"], stdin=typed).out
    assert "on hold" in told
