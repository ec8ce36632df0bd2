"""A route in OpenPGP, over a real server: opened and answered with stock gpg, by the steps that partners are given."""

import csv
import re
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.demo.council import DOMAIN, SENDER
from gateway.demo.released import rehearsal_file
from gateway.partner.kit import steps
from gateway.seal.acknowledgement import Acknowledgement
from gateway.seal.openpgp.certificates import parse_certificate
from gateway.seal.openpgp.own_key import message_signer
from gateway.service.rehearsing import rehearse
from gateway.story.rehearsal import Invented
from gateway.story.rehearsal_carrying import Patience
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.parcel import acknowledgement_names, names_of
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS, a_world, typing_in
from tests.end_to_end.openpgp_route import KEY, desk_of, settle
from tests.required import missing
from tests.simulators.gnupg import gnupg
from tests.simulators.gpg_desk import ME, Desk

if find_spec("pysequoia") is None:
    missing("pysequoia is not installed")


@pytest.fixture(scope="module")
def gpg():
    with gnupg() as gpg:
        gpg.quietly()
        yield gpg


@pytest.fixture(scope="module")
def key(gpg, tmp_path_factory):
    """The partner's certificate, made by the first of its steps."""
    folder = tmp_path_factory.mktemp("keys")
    Desk(folder, gpg).type_in(steps.MAKE_GPG_KEY)
    return (folder / "certificate.asc").read_bytes()


@pytest.fixture
def page(world, type_in, gpg, key):
    return settle(world, type_in, gpg.fingerprint(ME), key)


@pytest.fixture
def desk(world, page, gpg, tmp_path):
    return desk_of(world, gpg, tmp_path / "desk")


@pytest.fixture(scope="module")
def handed_over(gpg, key, tmp_path_factory):
    """One handoff, delivered. For tests that only look at it: they share it, and a desk."""
    folder = tmp_path_factory.mktemp("handed-over")
    with a_world(folder / "world") as world:
        settle(world, typing_in(world), gpg.fingerprint(ME), key)
        yield world, delivered(world), desk_of(world, gpg, folder / "desk")


def delivered(world):
    world.approved()
    assert not world.run().faults
    (transfer,) = world.transfers()
    assert world.stages() == [Stage.DELIVERED]
    return transfer


def test_a_handoff_climbs_every_rung_with_gpg_alone_on_the_other_side(world, desk):
    transfer = delivered(world)
    assert world.inbox() == sorted(names_of(transfer, "openpgp"))
    here = desk.take(world, transfer)
    manifest, data = here.open()
    rows = list(csv.DictReader(data.decode().splitlines()))
    assert len(rows) == manifest.file.rows == world.facts(transfer, Stage.SEALED)["released"]
    here.answer(world)
    world.run()
    assert world.ladder(transfer)[-2:] == ["delivered", "acknowledged"]
    certificate = parse_certificate(desk.gpg.certificate(ME).encode())
    facts = world.facts(transfer, Stage.ACKNOWLEDGED)
    assert facts["partner_key"] == certificate.fingerprint == world.facts(transfer, Stage.SEALED)["recipient_key"]


def test_nothing_of_a_child_lies_anywhere_in_the_clear(handed_over):
    world, transfer, _ = handed_over
    surnames = {child.fields["surname"].encode() for child in world.people.children if len(child.fields["surname"]) > 5}
    for path in (world.partners[YSS].files / "inbox").iterdir():
        assert not [name for name in surnames if name in path.read_bytes()]
    assert not list(world.council.configuration.workspace.sealing(transfer).glob("*"))


def test_a_removal_goes_the_same_way(world, desk, type_in):
    transfer = delivered(world)
    here = desk.take(world, transfer)
    here.open()
    here.answer(world)
    world.run()
    assert type_in("recall", transfer, "--reason", "wrong-file").code == 0
    world.run()
    (removal,) = set(world.transfers()) - {transfer}
    manifest, data = desk.take(world, removal).open()
    assert (manifest.scope, manifest.heading.sequence) == ("removal", 2)
    assert data.startswith(b"Reference,Remove\n")


def test_a_hold_between_sealing_and_release_stops_a_parcel_like_any_other(world, desk):
    world.approved()
    world.run("prepare")
    (transfer,) = world.transfers()
    assert world.stages() == [Stage.SEALED]
    child = next(child for child in world.people.children if child.outcome == "consented")
    world.hold({"upn": child.fields["upn"]})
    world.run()
    world.run()
    assert "revoked" in world.ladder(transfer)
    manifest, data = desk.take(world, transfer).open()
    assert manifest.heading.sequence == 1
    assert child.fields["surname"].encode() not in data or child.fields["forename"].encode() not in data


def test_a_rehearsal_is_sealed_and_answered_the_same_way(world, desk):
    configuration = world.council.configuration
    data, rows = rehearsal_file(configuration.route(YSS).policy, london_day(world.clock()))

    def answers(_seconds):
        (envelope,) = (world.partners[YSS].files / "inbox").glob("*.json")
        here = desk.take(world, envelope.stem)
        here.open()
        here.answer(world)

    with world.opened() as gateway:
        invented = Invented(data=data, rows=rows)
        done = rehearse(configuration, gateway, ME, invented, Patience(looks=2, wait=answers))
    assert done.answer is not None
    assert done.answer.rows == rows


def test_a_rehearsal_in_three_steps_has_four_files_and_an_answer_by_gpg(world, desk, type_in, tmp_path):
    place = tmp_path / "rehearsal"
    assert type_in("partner", "rehearse", ME, "--seal", place).code == 0
    assert type_in("partner", "rehearse", ME, "--carry", place, "--wait", "0").code == 3
    (transfer,) = {name.partition(".")[0] for name in world.inbox()}
    assert sorted(path.name for path in place.iterdir()) == world.inbox() == sorted(names_of(transfer, "openpgp"))
    here = desk.take(world, transfer)
    here.open()
    here.answer(world)
    assert type_in("partner", "rehearse", ME, "--carry", place, "--wait", "0").code == 0
    assert "signed for 12 rows" in type_in("partner", "rehearse", ME, "--check", place).out


def test_whoever_has_the_kit_and_gpg_can_rehearse_from_the_key_to_the_answer(world, page, type_in, gpg, tmp_path):
    kit = tmp_path / "kit"
    assert type_in("partner", "kit", ME, "--to", kit).code == 0
    text = (kit / "START-HERE.md").read_text("utf-8")
    make_key, names, check, opened, answer, install = re.findall(r"(?ms)^```sh\n(.*?)^```$", text)
    assert make_key == steps.MAKE_GPG_KEY
    here = Desk(tmp_path / "place", gpg, names)
    here.folder.mkdir()
    for path in (kit / "council.asc", kit / "council.signers", *(kit / "rehearsal").iterdir()):
        (here.folder / path.name).write_bytes(path.read_bytes())
    here.type_in(check)
    here.type_in(opened)
    assert (here.folder / "parcel" / "rehearsal.csv").read_bytes().startswith(b"Reference,")
    here.type_in(answer)
    mailed = tmp_path / "mailed"
    mailed.mkdir()
    for path in here.folder.glob("*.ack.json*"):
        (mailed / path.name).write_bytes(path.read_bytes())
    assert "signed for 12 rows" in type_in("partner", "rehearse", ME, "--check", mailed).out
    (here.folder / "receiver.toml").write_bytes((kit / "receiver.toml").read_bytes())
    here.type_in(install)
    for path in (kit / "rehearsal").iterdir():
        (here.folder / "receiver" / "inbox" / path.name).write_bytes(path.read_bytes())
    spoken = type_in("receive", here.folder / "receiver")
    assert (spoken.code, "accepted and answered" in spoken.out) == (0, True)
    assert list((here.folder / "receiver" / "received").glob("*.csv"))


# what the steps stop at


def test_a_message_that_was_changed_or_is_signed_by_somebody_else_stops_the_steps(handed_over):
    world, transfer, desk = handed_over
    here = desk.take(world, transfer, "changed")
    sealed, manifest, _, envelope = (here.folder / name for name in names_of(transfer, "openpgp"))
    whole = sealed.read_bytes()
    sealed.write_bytes(whole[:-30] + bytes([whole[-30] ^ 1]) + whole[-29:])
    here.type_in(steps.CHECK_GPG, fails=True)
    here.type_in(steps.OPEN_GPG, fails=True)
    sealed.write_bytes(whole)
    manifest.write_bytes(whole)
    here.type_in("rm -r parcel\n" + steps.OPEN_GPG, fails=True)
    envelope.write_bytes(envelope.read_bytes().replace(b'"sequence":1', b'"sequence":2'))
    here.type_in(steps.CHECK_GPG, fails=True)


def test_a_message_that_another_key_signed_stops_the_steps(handed_over):
    world, transfer, desk = handed_over
    here = desk.take(world, transfer, "another-key")
    stranger = message_signer(SigningKey.generate_ed25519(), SENDER, ME, DOMAIN).certificate()
    (here.folder / "council.asc").write_text(stranger)
    here.type_in(steps.OPEN_GPG, fails=True)


# answers that do not count


def sign_again(here, body, signature, user=ME):
    signature.unlink()
    here.type_in(f'gpg --local-user "={user}" --output {signature.name} --detach-sign {body.name}')


def other_rows(here, body, signature):
    answer = Acknowledgement.parse(body.read_bytes())
    body.write_bytes(replace(answer, rows=answer.rows + 1).encode())
    sign_again(here, body, signature)


def with_a_checkpoint(here, body, signature):
    body.write_bytes(replace(Acknowledgement.parse(body.read_bytes()), checkpoint="a note\n").encode())
    sign_again(here, body, signature)


def by_somebody_else(here, body, signature):
    here.gpg.make("somebody-else")
    sign_again(here, body, signature, "somebody-else")


def with_an_ssh_key(here, body, signature):
    key = SigningKey.generate_ed25519()
    signature.write_text(key.sign(body.read_bytes(), f"acknowledge@{DOMAIN}"))


WRONG = [
    other_rows, with_a_checkpoint, by_somebody_else, with_an_ssh_key, lambda _, body, signature: signature.write_bytes(b""),
    lambda _, body, signature: body.write_bytes(body.read_bytes() + b"\n"),
]  # fmt: skip


def test_an_answer_that_is_not_the_partners_about_this_parcel_does_not_count(world, desk):
    transfer = delivered(world)
    here = desk.take(world, transfer)
    here.open()
    signature, body = (here.folder / name for name in acknowledgement_names(transfer))
    for tried, change in enumerate(WRONG, start=1):
        here.type_in(steps.ANSWER_GPG)
        change(here, body, signature)
        here.put(world)
        world.run()
        assert world.ladder(transfer)[-1] == "answer-rejected"
        assert world.ladder(transfer).count("answer-rejected") == tried
        assert world.stages() == [Stage.DELIVERED]
    here.answer(world)
    world.run()
    assert world.stages() == [Stage.ACKNOWLEDGED]


# certificates


def test_a_missing_certificate_puts_the_route_out_of_service_and_doctor_says_which(world, page, type_in, gpg):
    (world.council.configuration.workspace.certificates / f"{gpg.fingerprint(ME)}.asc").unlink()
    assert [broken.route for broken in world.council.configuration.out_of_service] == [YSS]
    assert f"keys/openpgp/{gpg.fingerprint(ME)}.asc is missing" in type_in("doctor").out


def test_another_certificate_under_the_name_puts_the_route_out_of_service(world, page, gpg):
    gpg.make("another")
    path = world.council.configuration.workspace.certificates / f"{gpg.fingerprint(ME)}.asc"
    path.write_text(gpg.certificate("another"))
    (broken,) = world.council.configuration.out_of_service
    assert "another certificate than its name says" in broken.faults[0].sentence


def test_a_key_that_the_certificate_does_not_bind_is_never_sealed_to(world, page, gpg):
    """Whoever can write the file, and sign no route, adds a key of theirs to the partner's certificate."""
    gpg.make("intruder")
    path = world.council.configuration.workspace.certificates / f"{gpg.fingerprint(ME)}.asc"
    theirs = gpg.packets(gpg.certificate("intruder"))
    sound = parse_certificate(path.read_bytes())
    forged = gpg.armored(gpg.packets(path.read_text()) + theirs[gpg.subkey_start(theirs) :])
    found = parse_certificate(forged.encode())
    assert found.encrypts == sound.encrypts


def test_a_certificate_that_has_ended_suspends_the_route_and_is_told_thirty_days_ahead(world, page, type_in, gpg):
    gpg.make("short", "--faked-system-time", "20261101T000000!", expires="6m")
    page.write_text(page.read_text().replace(gpg.fingerprint(ME), gpg.fingerprint("short")))
    (world.council.configuration.workspace.certificates / f"{gpg.fingerprint('short')}.asc").write_text(
        gpg.certificate("short")
    )
    end = parse_certificate(gpg.certificate("short").encode()).ends
    said = f"the OpenPGP certificate of {ME} ends on {end:%Y-%m-%d}"
    world.clock.at = end - timedelta(days=31)
    assert said not in type_in("doctor").out + type_in("todo").out
    world.clock.at = end - timedelta(days=29)
    assert said in type_in("doctor").out
    assert said in type_in("todo").out
    world.clock.at = end
    world.drop()
    world.run()
    assert world.stages() == []
    assert "the partner's OpenPGP certificate ended" in type_in("todo").out


def test_a_fingerprint_and_an_age_recipient_cannot_stand_for_each_other(world, page, type_in):
    page.write_text(page.read_text().replace('format = "openpgp"\n', ""))
    (broken,) = world.council.configuration.out_of_service
    assert "fingerprint" in broken.faults[0].sentence


def test_without_our_key_for_the_partner_doctor_says_so_and_nothing_leaves(world, page, type_in):
    (world.council.configuration.workspace.prepare_keys / f"{KEY}.key").unlink()
    assert f"gateway keys new {KEY}" in type_in("doctor").out
    world.approved()
    assert world.run().faults
    assert world.inbox() == []


def test_the_pages_of_age_are_signed_as_before(untouched):
    """A new key of the page that is not used changes no signature."""
    partner = untouched.council.configuration.route(YSS).partner
    assert "format" not in partner.model_dump(mode="json")
