"""Holds as people keep them: added by one, lifted by two, and seen by their reviewer alone."""

import json

import pytest

from gateway.vocabulary.namespaces import REGISTER_ACTS
from tests.end_to_end.office import Office, Spoken


@pytest.fixture
def office(world, tmp_path, monkeypatch):
    desk = tmp_path / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)
    return Office(world, desk)


def hold(office, known: str) -> Spoken:
    return office.type_in("hold", "add", "--reason", "refuge", stdin=known)


def test_a_hold_is_lifted_by_two_and_by_nobody_less(office):
    assert hold(office, "uln: 1000000043\n").code == 0
    number = max(office.receipts("hold-added"), key=lambda receipt: receipt.facts["index"]).facts["index"]
    nobody = office.type_in("hold", "lift", number)
    assert nobody.code == 3
    assert nobody.out.count("ssh-keygen -Y sign -n hold.lift@") == 2
    assert office.type_in("hold", "lift", number, "--key", office.keys["prepare"], "--yes").code == 3
    assert office.type_in("hold", "lift", number, "--key", office.keys["prepare"], "--yes").code == 3
    assert office.receipts("hold-lifted") == []
    spoken = office.type_in("hold", "lift", number, "--key", office.keys["approve"], stdin="yes\n")
    assert (spoken.code, spoken.out.splitlines()[-1]) == (0, f"hold {number} is lifted")
    assert len(office.receipts("hold-lifted")[0].facts["signers"]) == 2
    assert office.type_in("hold", "lift", number, "--key", office.keys["approve"], "--yes").code == 2


def test_signatures_for_one_hold_lift_no_other(office):
    for known in ("uln: 1000000043\n", "uln: 9999999998\n"):
        hold(office, known)
    first, second = sorted(receipt.facts["index"] for receipt in office.receipts("hold-added"))[-2:]
    for key in office.keys.values():
        office.type_in("hold", "lift", first, "--key", key, "--yes")
    for path in office.folder.glob(f"hold-{first}.register*"):
        path.rename(path.with_name(path.name.replace(f"hold-{first}", f"hold-{second}")))
    assert office.type_in("hold", "lift", second).code == 4
    assert [receipt.facts["index"] for receipt in office.receipts("hold-lifted")] == [first]


def test_only_the_reviewer_sees_why_and_the_look_is_receipted(office):
    hold(
        office, "upn: " + office.child("parent-yes") + "\nforename: Canaryname\nsurname: X\ndate_of_birth: 2012-01-01\n"
    )
    assert office.type_in("hold", "list").code == 3
    stranger, signer = office.somebody("stranger"), office.somebody("max", "hold.lift", "register.import")
    for key in (stranger, signer):
        spoken = office.type_in("hold", "list", "--key", key)
        assert (spoken.code, spoken.out) == (70, "")
    assert office.receipts("look-up") == []
    reviewer = office.somebody("reviewer", "hold.list")
    spoken = office.type_in("hold", "list", "--key", reviewer)
    assert spoken.code == 0
    assert "refuge" in spoken.out
    assert "name_dob, upn" in spoken.out
    assert "Canaryname" not in spoken.out
    (receipt,) = office.receipts("look-up")
    assert receipt.facts["event"] == "holds-listed"
    listed = json.loads(office.type_in("hold", "list", "--key", reviewer, "--json").out)
    assert listed[-1]["recognised_by"] == ["name_dob", "upn"]
    assert listed[-1]["lifted"] is None


@pytest.mark.parametrize("half", ["postcode: E17 4AB\n", "address_line_1: 1 Canaryname Street\n"])
def test_half_an_address_holds_nobody_and_says_so(office, half):
    before = len(office.receipts("hold-added"))
    spoken = hold(office, "uln: 1000000043\n" + half)
    assert spoken.code == 65
    assert "first line and its postcode" in spoken.err
    assert "Canaryname" not in spoken.err
    assert len(office.receipts("hold-added")) == before


def test_the_acts_of_the_register_are_told_apart_from_those_of_routes():
    assert {act.partition(".")[0] for act in REGISTER_ACTS} == {"register", "hold"}
