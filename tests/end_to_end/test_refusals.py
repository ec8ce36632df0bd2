"""What does not leave, and what people are told about it."""

from datetime import timedelta

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.demo.council import DOMAIN
from gateway.vocabulary.namespaces import of_route
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS

NAME = "pupils.csv"


def statement(world, name=NAME) -> bytes:
    return (world.council.drop_folder(YSS) / f"{name}.release").read_bytes()


def put_signature(world, key: SigningKey, namespace: str, who: str, text: bytes | None = None) -> None:
    signature = key.sign(statement(world) if text is None else text, namespace)
    (world.council.drop_folder(YSS) / f"{NAME}.release.{who}.sig").write_text(signature)


def assert_refused(world, slug: str, *, receipts: int = 1) -> None:
    world.run()
    assert world.inbox() == []
    notes = world.refused()
    assert len(notes) == receipts
    assert any(f"({slug})" in note for note in notes.values()), notes
    refused = world.council.drop_folder(YSS) / "refused"
    assert [p for p in refused.iterdir() if p.name.endswith(NAME)], "the operator's file is kept"
    assert Stage.REFUSED in world.stages()


@pytest.fixture
def stated(world):
    world.drop()
    world.run("prepare")
    return world


def test_without_signatures_it_waits_and_the_folder_says_for_whom(stated):
    stated.run()
    assert stated.stages() == [Stage.WAITING]
    assert "ssh-keygen -Y sign -n prepare.yss@" in stated.waiting()
    assert "ssh-keygen -Y sign -n approve.yss@" in stated.waiting()
    assert stated.inbox() == []


def test_with_one_signature_it_waits_for_the_other(stated):
    stated.council.sign(YSS, NAME, "prepare")
    stated.run()
    assert stated.stages() == [Stage.WAITING]
    assert "-n approve.yss@" in stated.waiting()
    assert "-n prepare.yss@" not in stated.waiting()
    assert stated.inbox() == []


def test_a_key_that_stands_in_no_signers_file_is_refused(stated):
    put_signature(stated, SigningKey.generate_ed25519(), of_route("approve", YSS, DOMAIN), "stranger")
    assert_refused(stated, "unknown-key")


def test_a_signature_for_another_route_is_refused(stated):
    key = stated.council.people["approve"]
    put_signature(stated, key, of_route("approve", CENSUS, DOMAIN), "approve")
    assert_refused(stated, "wrong-namespace")


def test_a_preparer_cannot_approve(stated):
    put_signature(stated, stated.council.people["prepare"], of_route("approve", YSS, DOMAIN), "approve")
    assert_refused(stated, "unknown-key")


def test_one_person_who_stands_in_both_files_cannot_sign_twice(world):
    key = SigningKey.generate_ed25519()
    for role in ("prepare", "approve"):
        with world.council.configuration.workspace.signers(role).open("a") as signers:
            signers.write(f'both@{DOMAIN} namespaces="{of_route(role, YSS, DOMAIN)}" {key.public_line()}\n')
    world.drop()
    world.run("prepare")
    for role in ("prepare", "approve"):
        put_signature(world, key, of_route(role, YSS, DOMAIN), role)
    assert_refused(world, "one-person-twice")


def test_a_file_that_was_changed_after_the_statement_is_refused(stated):
    stated.sign_both()
    stated.drop(stated.extract() + b"\n")
    assert_refused(stated, "extract-changed")


def test_a_file_that_was_changed_before_anybody_signed_is_simply_stated_anew(stated):
    before = statement(stated)
    stated.drop(b"".join(stated.extract().splitlines(keepends=True)[:-1]))
    stated.run()
    assert statement(stated) != before
    assert sorted(stated.stages()) == [Stage.REFUSED, Stage.WAITING]
    assert stated.refused() == {}


def test_a_statement_that_was_edited_does_not_count(stated):
    edited = statement(stated).replace(b"rows-at-most: ", b"rows-at-most: 9")
    (stated.council.drop_folder(YSS) / f"{NAME}.release").write_bytes(edited)
    for role, key in stated.council.people.items():
        put_signature(stated, key, of_route(role, YSS, DOMAIN), role, edited)
    assert_refused(stated, "unknown-statement")


def test_a_statement_that_has_expired_is_refused(stated):
    stated.sign_both()
    stated.clock.turn(days=2)
    assert_refused(stated, "statement-expired")


def test_a_signer_whose_time_is_over_is_refused(stated):
    path = stated.council.configuration.workspace.signers("approve")
    ends = (stated.clock() - timedelta(days=1)).strftime("%Y%m%dZ")
    path.write_text(path.read_text().replace(" ssh-ed", f',valid-before="{ends}" ssh-ed'))
    stated.sign_both()
    assert_refused(stated, "signer-expired")


def test_a_route_that_was_changed_after_signing_is_refused(stated):
    stated.sign_both()
    page = stated.council.home / "config" / "policies" / "yss.toml"
    page.write_text(page.read_text().replace("until_age = 20", "until_age = 19"))
    assert_refused(stated, "route-changed")


def test_the_same_file_a_second_time_sends_nothing_and_says_so(world):
    world.approved()
    world.run()
    before = world.inbox()
    world.drop(name="again.csv")
    world.run()
    assert world.inbox() == before
    ((_, note),) = world.refused().items()
    assert "nothing is sent twice" in note
    assert "(handed-over-before)" in note


def test_a_used_statement_and_its_signatures_count_only_once(world):
    world.drop()
    world.run("prepare")
    world.sign_both()
    folder = world.council.drop_folder(YSS)
    kept = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    world.run()
    before = world.inbox()
    for name, content in kept.items():
        (folder / name).write_bytes(content)
    world.run()
    assert world.inbox() == before
    assert "(statement-used)" in "".join(world.refused().values())


@pytest.mark.parametrize(
    ("spoil", "slug"),
    [
        (lambda rows: [rows[0] + ",Remarks"] + [row + "," for row in rows[1:]], "columns"),
        (lambda rows: rows[:1], "nothing-to-release"),
    ],
    ids=["a-column-too-many", "header-only"],
)
def test_a_file_that_is_not_like_its_schema_is_refused_before_anybody_signs(world, spoil, slug):
    rows = world.extract().decode("utf-8").splitlines()
    world.drop("\n".join([*spoil(rows), ""]).encode("utf-8"))
    world.run()
    assert world.inbox() == []
    assert world.stages() == [Stage.REFUSED]
    assert len(world.refused()) == 1


def test_a_hold_between_sealing_and_delivery_stops_the_parcel_and_the_child_stays_here(world):
    world.approved()
    world.run("prepare")
    assert world.stages() == [Stage.SEALED]
    child = next(child for child in world.people.children if child.outcome == "floor")
    world.hold({"upn": child.fields["upn"]})
    world.run("deliver")
    assert world.inbox() == []
    world.run()
    (transfer,) = world.transfers()
    assert world.ladder(transfer) == [
        "waiting", "arrived", "approved", "sealed", "revoked", "sealed", "delivered"
    ]  # fmt: skip
    world.partners[YSS].receive(world.clock())
    (file,) = world.partners[YSS].received
    assert child.fields["surname"] + "," + child.fields["postcode"] not in file.read_text("utf-8")
    assert child.fields["date_of_birth"] not in [
        row.split(",") for row in file.read_text("utf-8").splitlines() if child.fields["surname"] in row
    ]


def test_a_parcel_that_was_not_delivered_in_time_is_made_again_by_the_rules_of_then(world):
    world.approved()
    world.run("prepare")
    world.clock.turn(hours=5)
    world.run()
    (transfer,) = world.transfers()
    assert world.ladder(transfer)[3:] == ["sealed", "revoked", "sealed", "delivered"]


def test_more_consents_than_were_signed_for_pause_it_for_a_second_look(world):
    world.drop()
    world.run("prepare")
    world.sign_both()
    lines = ["upn,purpose,decided_by,decision,tiers,given,expires,notice,evidence"]
    lines += [
        f"{child.fields['upn']},youth-support,young-person,consent,consented;special,2026-11-24,,PN-1,FORM-1"
        for child in world.people.children
        if child.outcome == "floor"
    ]
    lines += [
        f"{child.fields['upn']},youth-support,parent,consent,consented;special,2026-11-24,,PN-1,FORM-1"
        for child in world.people.children
        if child.outcome == "floor"
    ]
    world.record(("\n".join(lines) + "\n").encode())
    world.run()
    assert world.inbox() == []
    assert Stage.WAITING in world.stages()
    again = [path.name for path in world.council.drop_folder(YSS).glob("again-*.csv")]
    assert len(again) == 1
    world.sign_both(name=again[0])
    world.run()
    assert sorted(world.stages()) == [Stage.DELIVERED, Stage.REFUSED]
