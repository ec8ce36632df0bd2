"""What lies in the folder of a rehearsal, and what deliver carries from there. Real servers, real verbs."""

import os
import shutil

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.demo.council import DOMAIN
from gateway.vocabulary.parcel import names_of
from tests.end_to_end.conftest import CENSUS, YSS
from tests.end_to_end.rehearsals.conftest import (
    answer_files,
    carried,
)

# folders that deliver carries nothing from


def one_more(place, transfer):
    (place / "notes.txt").write_text("x")


def another_s(place, transfer):
    (place / f"{'0' * 26}.json").write_text("{}")


def none_left(place, transfer):
    (place / f"{transfer}.json").unlink()


def one_less(place, transfer):
    (place / f"{transfer}.age").unlink()


def a_link(place, transfer):
    sealed = place / f"{transfer}.age"
    sealed.rename(place.parent / "elsewhere")
    sealed.symlink_to(place.parent / "elsewhere")


def a_second_name(place, transfer):
    os.link(place / f"{transfer}.age", place.parent / "elsewhere")


def a_pipe(place, transfer):
    sealed = place / f"{transfer}.age"
    sealed.unlink()
    os.mkfifo(sealed)


def too_large(place, transfer):
    (place / f"{transfer}.age").write_bytes(bytes(2 << 20))


def changed_data(place, transfer):
    sealed = place / f"{transfer}.age"
    sealed.write_bytes(sealed.read_bytes()[:-1] + b"x")


@pytest.mark.parametrize(
    "spoil", [one_more, another_s, none_left, one_less, a_link, a_second_name, a_pipe, too_large, changed_data]
)
def test_whatever_is_not_the_parcel_alone_is_carried_nowhere(world, step, place, sealed, spoil):
    spoil(place, sealed)
    spoken = carried(step)
    assert (spoken.code, spoken.out, world.inbox()) == (65, "", [])
    assert "seal a rehearsal anew" in spoken.err


def test_an_envelope_that_our_key_did_not_sign_is_carried_nowhere(world, step, place, sealed):
    envelope = place / f"{sealed}.json"
    envelope.write_bytes(envelope.read_bytes().replace(b'"sequence":1', b'"sequence":2'))
    assert (carried(step).code, world.inbox()) == (70, [])
    envelope.write_bytes(envelope.read_bytes().replace(b'"sequence":2', b'"sequence":1'))
    signed = SigningKey.generate_ed25519().sign(envelope.read_bytes(), f"envelope@{DOMAIN}")
    (place / f"{sealed}.json.sig").write_text(signed)
    spoken = carried(step)
    assert (spoken.code, "another key than ours" in spoken.err, world.inbox()) == (70, True, [])


def test_a_real_parcel_does_not_leave_as_a_rehearsal(world, step, place):
    world.approved()
    world.run("prepare")
    (transfer,) = world.transfers()
    place.mkdir()
    for name in names_of(transfer):
        shutil.copy(world.council.configuration.workspace.to_deliver / transfer / name, place)
    spoken = carried(step)
    assert (spoken.code, "no rehearsal" in spoken.err, world.inbox()) == (70, True, [])


def test_a_rehearsal_for_one_partner_is_not_carried_to_another(world, type_in, place, sealed):
    spoken = type_in("partner", "rehearse", "returns-officer", "--carry", place, "--wait", "0")
    assert (spoken.code, "not for returns-officer" in spoken.err, world.inbox(CENSUS)) == (70, True, [])


def test_a_link_of_somebody_s_in_the_answer_s_place_is_replaced_and_not_followed(world, step, place, sealed):
    carried(step)
    world.partners[YSS].receive(world.clock())
    theirs = world.folder / "theirs"
    theirs.write_text("precious")
    answer_files(place, sealed)[0].symlink_to(theirs)
    assert [carried(step).code, step("check").code] == [0, 0]
    assert theirs.read_text() == "precious"
