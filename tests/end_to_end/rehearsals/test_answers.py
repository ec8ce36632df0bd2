"""Which answer to a rehearsal counts: to one over a server, and to one in a kit. Real servers, real verbs."""

import shutil

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS
from tests.end_to_end.rehearsals.conftest import NAME, answer_files, answered_anew, answers_receipted, kinds, verifies

# answers that do not count


@pytest.mark.parametrize(
    "wrong",
    [
        ({"envelope": Digest.of(b"another")}, "about no rehearsal"), ({"rows": 11}, "other content"),
        ({"manifest": Digest.of(b"another")}, "other content"), ({"recipient": "returns-officer"}, "another recipient"),
        ({"disposition": "disposed"}, "destroyed"), ({"checkpoint": "no note"}, "a checkpoint that is none"),
        ({"key": SigningKey.generate_ed25519()}, "another key"),
    ],
)  # fmt: skip
def test_an_answer_that_does_not_count_leaves_no_receipt(world, step, place, answered, wrong):
    changed, sentence = wrong
    answered_anew(world, place, answered, **changed)
    spoken = step("check")
    assert (spoken.code, sentence in spoken.err, spoken.out) == (70, True, "")
    assert answers_receipted(world) == []


def test_an_answer_to_an_earlier_rehearsal_is_none_to_this_one(world, type_in, place, answered):
    again = world.folder / "again"
    assert type_in("partner", "rehearse", NAME, "--seal", again).code == 0
    (envelope,) = again.glob("*.json")
    for earlier, name in zip(answer_files(place, answered), answer_files(again, envelope.stem), strict=True):
        shutil.copy(earlier, name)
    spoken = type_in("partner", "rehearse", NAME, "--check", again)
    assert (spoken.code, "about no rehearsal" in spoken.err) == (70, True)
    assert answers_receipted(world) == []


def test_an_answer_about_a_real_handoff_is_none_about_a_rehearsal(world, step, place):
    world.approved()
    world.run()
    partner = world.partners[YSS]
    partner.receive(world.clock())
    place.mkdir()
    for path in (partner.files / "acknowledgements").iterdir():
        shutil.copy(path, place)
    spoken = step("check")
    assert (spoken.code, "about no rehearsal" in spoken.err) == (70, True)
    assert (world.stages(), answers_receipted(world)) == ([Stage.DELIVERED], [])


def lost(body, signature):
    signature.unlink()


def linked(body, signature):
    body.rename(body.parent.parent / "elsewhere")
    body.symlink_to(body.parent.parent / "elsewhere")


def too_long(body, signature):
    body.write_bytes(b" " * 40_000)


def two(body, signature):
    shutil.copy(body, body.with_name(f"{'0' * 26}.ack.json"))


def in_company(body, signature):
    (body.parent / "notes.txt").write_text("from the mail")


@pytest.mark.parametrize("spoil", [lost, linked, too_long, two, in_company])
def test_only_one_answer_whole_and_alone_is_looked_at(world, step, place, answered, spoil):
    spoil(*answer_files(place, answered))
    spoken = step("check")
    assert (spoken.code, spoken.out, answers_receipted(world)) == (65, "", [])
    assert "folder of their own" in spoken.err


# the kit's rehearsal, answered by mail


def mailed(world, type_in, route, name):
    """The folder into which somebody has put the answer to the kit of the partner `name`."""
    partner, kit, mail = world.partners[route], world.folder / f"{name}-kit", world.folder / f"{name}-mail"
    assert type_in("partner", "kit", name, "--to", kit).code == 0
    for path in (kit / "rehearsal").iterdir():
        shutil.copy(path, partner.files / "inbox")
    partner.receive(world.clock())
    (partner.files / "acknowledgements").rename(mail)
    return mail


def test_an_answer_to_the_kit_is_verified_by_the_same_verb(world, type_in):
    mail = mailed(world, type_in, YSS, NAME)
    spoken = type_in("partner", "rehearse", NAME, "--check", mail)
    assert (spoken.code, "signed for 12 rows" in spoken.out) == (0, True)
    assert kinds(world)[-2:] == ["partner-kit", "rehearsal-answered"]
    assert verifies(type_in)


def test_an_answer_to_another_partner_s_kit_is_none(world, type_in):
    mail = mailed(world, type_in, CENSUS, "returns-officer")
    (body,) = mail.glob("*.ack.json")
    assert type_in("partner", "rehearse", NAME, "--check", mail).code == 70
    answered_anew(world, mail, body.name.partition(".")[0], recipient=NAME)
    spoken = type_in("partner", "rehearse", NAME, "--check", mail)
    assert (spoken.code, "about no rehearsal" in spoken.err) == (70, True)
    assert answers_receipted(world) == []
