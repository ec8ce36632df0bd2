"""The register as people keep it: files that two sign, single decisions, and what is on record about one child."""

import csv
import io
import shutil
import subprocess

import pytest

from gateway.demo.numbers import upn
from gateway.footing.ledger.subjects import add_link
from gateway.minimise.identifiers import subject
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS
from tests.end_to_end.office import PURPOSE, Office, Spoken

YES = {"decided_by": "parent", "decision": "consent", "tiers": "consented", "given": "2026-11-01", "evidence": "F-1"}
NO = {"decided_by": "parent", "decision": "refuse", "given": "2026-11-02"}


@pytest.fixture
def office(world, tmp_path, monkeypatch):
    desk = tmp_path / "desk"
    desk.mkdir()
    monkeypatch.chdir(desk)
    return Office(world, desk)


def test_a_file_that_only_closes_takes_effect_at_once(office):
    child = office.child("parent-yes")
    spoken = office.bring(office.file({"upn": child, **NO}))
    assert (spoken.code, spoken.out) == (0, "1 decision recorded\n")
    assert office.shown(child)["under_16"] == []
    assert sorted(path.name for path in office.folder.glob("*.register*")) == []


def test_a_file_that_adds_consent_waits_for_two_people(office):
    child = office.child("unsought")
    path = office.file({"upn": child, **YES})
    spoken = office.bring(path)
    assert spoken.code == 3
    assert spoken.out.count("ssh-keygen -Y sign -n register.import@") == 2
    assert office.shown(child)["under_16"] == []
    first = office.bring(path, "--as", "changes", "--key", office.keys["prepare"], stdin="yes\n")
    assert first.code == 3
    assert "decisions: consent 1" in first.out
    assert first.out.count("ssh-keygen -Y sign") == 1
    assert office.shown(child)["under_16"] == []
    second = office.bring(path, "--as", "changes", "--key", office.keys["approve"], "--yes")
    assert second.code == 0, second.err
    assert office.shown(child)["under_16"] == ["consented"]
    receipt = office.receipts("consent-imported")[0]
    signers = {key.public.fingerprint for key in office.world.council.people.values()}
    assert set(receipt.facts["signers"]) == signers
    assert receipt.facts["scope"] == "changes"


def test_the_lines_that_are_shown_are_all_that_ssh_keygen_needs(office):
    tool = shutil.which("ssh-keygen")
    if tool is None:
        pytest.skip("ssh-keygen is not installed")
    child = office.child("unsought")
    path = office.file({"upn": child, **YES})
    lines = [line.strip() for line in office.bring(path).out.splitlines() if "ssh-keygen" in line]
    for line, role in zip(lines, office.keys, strict=True):
        typed = line.replace("-f KEY", f"-f {office.keys[role]}")
        subprocess.run(["sh", "-c", typed], cwd=office.folder, check=True, capture_output=True)
    assert office.bring(path).code == 0
    assert office.shown(child)["under_16"] == ["consented"]


def test_one_person_cannot_sign_for_both(office):
    child = office.child("unsought")
    path = office.file({"upn": child, **YES})
    for _ in range(3):
        spoken = office.bring(path, "--as", "changes", "--key", office.keys["prepare"], "--yes")
        assert spoken.code == 3
    assert office.shown(child)["under_16"] == []


@pytest.mark.parametrize("acts", [(), ("hold.list",), ("hold.lift", "register.record")])
def test_whoever_may_not_sign_for_imports_lets_nothing_in(office, acts):
    child = office.child("unsought")
    path = office.file({"upn": child, **YES})
    office.bring(path, "--as", "changes", "--key", office.keys["prepare"], "--yes")
    spoken = office.bring(path, "--as", "changes", "--key", office.somebody("max", *acts), "--yes")
    assert spoken.code == 4
    assert "nothing was signed" in spoken.err
    assert office.shown(child)["under_16"] == []
    assert office.bring(path, "--as", "changes", "--key", office.keys["approve"], "--yes").code == 0, (
        "it spoils nothing"
    )


@pytest.mark.parametrize("changed", ["the file", "what it is"])
def test_what_one_person_has_signed_cannot_be_changed_for_the_other(office, changed):
    child, other = office.child("unsought"), office.child("no-reply")
    path = office.file({"upn": child, **YES})
    office.bring(path, "--as", "changes", "--key", office.keys["prepare"], "--yes")
    words = ["--as", "changes"]
    if changed == "the file":
        office.file({"upn": child, **YES}, {"upn": other, **YES})
    else:
        words = ["--as", "snapshot", "--purpose", PURPOSE]
    spoken = office.bring(path, *words, "--key", office.keys["approve"], "--yes")
    assert spoken.code == 4
    assert "about something else" in spoken.err
    assert office.shown(child)["under_16"] == office.shown(other)["under_16"] == []


def test_a_file_that_is_imported_again_brings_nothing_back(office):
    child = office.child("unsought")
    path = office.file({"upn": child, **YES})
    for key in office.keys.values():
        office.bring(path, "--as", "changes", "--key", key, "--yes")
    office.type_in(
        "consent", "withdraw", "--purpose", PURPOSE, "--by", "parent", "--given", "2026-11-01", stdin=f"upn: {child}\n"
    )
    spoken = office.bring(path)
    assert (spoken.code, spoken.out) == (0, "0 decisions recorded\n1 was on record already\n")
    assert office.shown(child)["under_16"] == []


def test_a_statement_that_has_lapsed_lets_nothing_in(office):
    path = office.file({"upn": office.child("unsought"), **YES})
    office.bring(path, "--as", "changes", "--key", office.keys["prepare"], "--yes")
    office.world.clock.turn(days=8)
    spoken = office.bring(path, "--as", "changes", "--key", office.keys["approve"], "--yes")
    assert spoken.code == 4
    assert "expired" in spoken.err


def test_a_snapshot_withdraws_whom_it_leaves_out_and_keeps_refusals(office):
    stays, leaves, refused, objected = (
        office.child(slug) for slug in ("parent-yes", "guardian-yes", "parent-no", "objection")
    )
    before = office.shown(stays)["decisions"][-1]
    row = {cell: before[cell] or "" for cell in ("decided_by", "decision", "given", "expires", "notice", "evidence")}
    path = office.file({"upn": stays, "tiers": "consented", **row})
    spoken = office.bring(path, "--as", "snapshot", "--purpose", PURPOSE)
    assert spoken.code == 0, spoken.err
    assert "1 was on record already" in spoken.out
    assert "consents that the snapshot no longer has are withdrawn" in spoken.out
    assert office.shown(stays)["under_16"] == ["consented"]
    assert office.shown(leaves)["under_16"] == []
    assert [said["decision"] for said in office.shown(refused)["decisions"]] == ["refuse"]
    assert office.shown(objected)["objected"] is True


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((PURPOSE,), 2),
        (("--yssa",), 2),
        (("--yssa", "--census-date", "1.10.2026"), 2),
        (("--census-date", "2026-10-01"), 2),
        (("--as", "changes", "--yssa", "--census-date", "2026-10-01"), 2),
        (("--as", "everything"), 2),
        (("--as", "snapshot"), 65),
        (("--as", "snapshot", "--purpose", "another-purpose"), 65),
        (("--yssa", "--census-date", "2026-10-01"), 65),
        (("--yssa", "--census-date", "2027-10-01", "--purpose", PURPOSE), 65),
    ],
)
def test_what_a_file_is_has_to_be_said(office, words, code):
    path = office.file({"upn": office.child("parent-yes"), **NO})
    assert office.bring(path, *words).code == code
    assert office.shown(office.child("parent-yes"))["under_16"] == ["consented"]


def test_a_purpose_that_no_route_has_is_refused(office):
    spoken = office.bring(office.file({"upn": office.child("parent-yes"), **NO, "purpose": "youth-suport"}))
    assert spoken.code == 65
    assert "row 2: purpose is not one that a route has" in spoken.err


@pytest.mark.parametrize(("path", "code"), [("Canaryname/decisions.csv", 2), ("Canaryname.csv", 2)])
def test_a_file_that_is_not_there_is_not_named(office, path, code):
    spoken = office.bring(office.folder / path)
    assert spoken.code == code
    assert "Canaryname" not in spoken.out + spoken.err


def test_a_census_brings_no_at_once_and_yes_with_two_signatures(office):
    yes, no = office.child("unsought"), office.child("parent-yes")
    path = office.folder / "census.csv"
    words = ("--yssa", "--census-date", "2026-10-01", "--purpose", PURPOSE)
    path.write_text(f"upn,yssa\n{no},No\n{office.child('no-reply')},SNR\n")
    assert office.bring(path, *words).code == 0
    path.write_text(f"upn,yssa\n{yes},Yes\n{no},No\n")
    assert office.bring(path, *words).code == 3
    for key in office.keys.values():
        office.bring(path, *words, "--key", key, "--yes")
    assert office.shown(yes)["under_16"] == ["consented"]
    assert office.shown(yes)["from_16"] == []
    assert office.shown(no)["under_16"] == []


def record(office, child, *words, stdin=None) -> Spoken:
    typed = f"upn: {child}\n" if stdin is None else stdin
    return office.type_in("consent", "record", "--purpose", PURPOSE, *words, stdin=typed)


def test_a_refusal_is_recorded_for_whoever_brings_it_and_takes_parcels_back(office):
    world, child = office.world, office.child("parent-yes")
    world.approved()
    world.run("prepare")
    assert world.stages() == [Stage.SEALED]
    spoken = record(office, child, "--by", "parent", "--decision", "refuse")
    assert spoken.code == 0, spoken.err
    assert "1 undelivered parcel was taken back" in spoken.out
    assert world.stages() == [Stage.REVOKED]
    receipt = office.receipts("consent-recorded")[0]
    assert dict(receipt.facts["decisions"]) == {"refuse": 1}
    assert child not in repr(receipt)


@pytest.mark.parametrize("stage", [Stage.WAITING, Stage.SEALED])
def test_a_refusal_under_the_name_of_a_child_who_has_a_upn_counts_for_that_child(office, stage):
    """Also when the extract was stated, signed or sealed before: it is not asked again whose name that is."""
    world = office.world
    number = office.child("parent-yes")
    fields = next(child.fields for child in world.people.children if child.fields["upn"] == number)
    world.approved()
    if stage is Stage.SEALED:
        world.run("prepare")
    assert world.stages() == [stage]
    typed = "".join(f"{field}: {fields[field]}\n" for field in ("forename", "surname", "date_of_birth"))
    assert record(office, "", "--by", "parent", "--decision", "refuse", stdin=typed).code == 0
    world.run()
    world.partners[YSS].receive(world.clock())
    (received,) = world.partners[YSS].received
    rows = csv.DictReader(io.StringIO(received.read_text("utf-8")))
    (row,) = (row for row in rows if (row["Forename"], row["Surname"]) == (fields["forename"], fields["surname"]))
    assert (row["Postcode"], row["Mobile"], row["Email"]) == (fields["postcode"], "", "")


def test_consent_is_recorded_by_somebody_who_may_with_evidence_and_their_own_key(office):
    child = office.child("unsought")
    words = ("--by", "parent", "--decision", "consent", "--tier", "consented")
    evidence, key = ("--evidence", "F-12"), ("--key", office.somebody("reg", "register.record"))
    assert record(office, child, *words, *evidence).code == 3
    assert record(office, child, *words, *key).code == 65
    assert record(office, child, *words, *evidence, "--key", office.somebody("max", "register.import")).code == 70
    assert record(office, child, *words, *evidence, "--key", office.somebody("stranger")).code == 70
    assert office.shown(child)["under_16"] == []
    assert record(office, child, *words, *evidence, *key).code == 0
    assert office.shown(child)["under_16"] == ["consented"]
    assert office.receipts("consent-recorded")[0].facts["signer"].startswith("SHA256:")


def test_a_consent_to_a_single_field_opens_it_and_no_tier(office):
    child, key = office.child("unsought"), office.somebody("reg", "register.record")
    words = ("--by", "parent", "--decision", "consent", "--field", "phone", "--evidence", "F-1", "--key", key)
    assert record(office, child, *words).code == 0
    shown = office.shown(child)
    assert shown["decisions"][-1]["fields"] == shown["under_16_fields"] == ["phone"]
    assert shown["under_16"] == shown["from_16"] == shown["from_16_fields"] == []
    said = office.type_in("consent", "show", stdin=f"upn: {child}\n").out
    assert "under 16     the statutory floor, and the fields phone" in said
    assert "from 16      the statutory floor only" in said


def test_an_objection_withholds_until_it_is_lifted_by_somebody_who_may(office):
    child = office.child("parent-yes")
    assert record(office, child, "--by", "parent", "--decision", "object").code == 0
    assert office.shown(child)["objected"] is True
    words = ("--by", "parent", "--decision", "lift-objection", "--evidence", "F-2")
    assert record(office, child, *words).code == 3
    assert office.shown(child)["objected"] is True
    assert record(office, child, *words, "--key", office.keys["prepare"]).code == 0
    assert office.shown(child)["objected"] is False


@pytest.mark.parametrize(
    ("words", "stdin"),
    [
        (("--by", "neighbour", "--decision", "refuse"), None),
        (("--by", "parent", "--decision", "refuse", "--given", "yesterday"), None),
        (("--by", "parent", "--decision", "refuse", "--given", "2027-01-01"), None),
        (("--by", "parent", "--decision", "refuse", "--tier", "consented"), None),
        (("--by", "parent", "--decision", "perhaps"), None),
        (("--by", "parent", "--decision", "refuse"), "upn: Canaryname\n"),
        (("--by", "parent", "--decision", "refuse"), "Canaryname\n"),
        (("--by", "parent", "--decision", "refuse"), ""),
        (("--by", "parent", "--decision", "refuse", "Canaryname"), None),
    ],
)
def test_what_cannot_be_understood_is_not_recorded_and_not_repeated(office, words, stdin):
    before = office.receipts("consent-recorded")
    spoken = record(office, office.child("parent-yes"), *words, stdin=stdin)
    assert spoken.code in (2, 65)
    assert "what to do: " in spoken.err
    assert "Canaryname" not in spoken.out + spoken.err
    assert office.receipts("consent-recorded") == before


def test_a_child_without_a_upn_is_known_by_name_and_birthday(office):
    known = "forename: Canaryname\nsurname: Ünseld-Test\ndate_of_birth: 2012-03-04\n"
    assert record(office, "", "--by", "parent", "--decision", "object", stdin=known).code == 0
    again = known.replace("Ünseld-Test", "unseldtest").replace("Canaryname", "CANARYNAME")
    assert "an objection stands" in office.type_in("consent", "show", stdin=again).out
    assert "nothing is on record" in office.type_in("consent", "show", stdin=again.replace("2012", "2013")).out


@pytest.mark.parametrize(
    "known", ["forename: A\nsurname: B\n", "date_of_birth: 2012-03-04\n", "upn: A12345\nforename: A\n"]
)
def test_half_a_name_identifies_nobody(office, known):
    assert record(office, "", "--by", "parent", "--decision", "object", stdin=known).code == 65


def test_what_was_decided_under_another_upn_of_the_child_counts_for_it(office):
    old, new = office.child("parent-yes"), upn(9_876, 2031)
    with office.world.opened() as gateway, gateway.ledger.writing() as tx:
        key = gateway.keys.secret("register")
        add_link(tx, subject(new, key=key), subject(old, key=key), at=office.world.clock())
    assert office.shown(new)["under_16"] == ["consented"]
    assert record(office, new, "--by", "parent", "--decision", "unsought").code == 0
    assert office.shown(old)["under_16"] == ["consented"]
    assert record(office, new, "--by", "guardian", "--decision", "refuse").code == 0
    assert office.shown(old) == office.shown(new)
    assert office.shown(old)["under_16"] == []


def test_a_revoked_key_signs_for_nothing(office):
    path = office.file({"upn": office.child("unsought"), **YES})
    office.bring(path, "--as", "changes", "--key", office.keys["prepare"], "--yes")
    lost = office.world.council.people["prepare"].public.fingerprint
    office.world.council.configuration.workspace.signers("revoked").write_text(f"{lost}\n")
    spoken = office.bring(path, "--as", "changes", "--key", office.keys["approve"], "--yes")
    assert spoken.code == 4
    assert "has been revoked" in spoken.err


def test_a_child_is_shown_with_what_was_said_and_what_it_comes_to_under_receipt(office):
    spoken = office.type_in("consent", "show", stdin=f"upn: {office.child('parents-disagree')}\n")
    assert spoken.code == 0
    assert "parent" in spoken.out
    assert "guardian" in spoken.out
    assert "under 16     the statutory floor only" in spoken.out
    assert "from 16      the statutory floor only" in spoken.out
    nobody = office.type_in("consent", "show", stdin=f"upn: {office.child('no-row')}\n")
    assert "nothing is on record" in nobody.out
    assert [receipt.facts["event"] for receipt in office.receipts("look-up")] == ["consent-shown"] * 2
