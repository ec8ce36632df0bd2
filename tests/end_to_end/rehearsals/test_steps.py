"""Invented children, all the way to a signed answer: at once and in three steps. Real servers, real verbs."""

import re
from datetime import timedelta

import pytest

from gateway.demo.released import rehearsal_file
from gateway.service.rehearsing import rehearse
from gateway.story.rehearsal import Invented
from gateway.story.rehearsal_carrying import Patience
from gateway.vocabulary.errors import AcknowledgementInvalid
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS, typing_in
from tests.end_to_end.rehearsals.conftest import NAME, answers_receipted, carried, kinds, verifies

# at once, by whoever has both halves


def rehearsed(world, wait):
    """As the verb does it, with another way to wait."""
    with world.opened() as gateway:
        configuration = world.council.configuration
        policy = configuration.route(YSS).policy
        data, rows = rehearsal_file(policy, london_day(world.clock()))
        return rehearse(configuration, gateway, NAME, Invented(data=data, rows=rows), Patience(looks=2, wait=wait))


def test_a_rehearsal_is_signed_for_by_the_partner_and_is_no_transfer(world):
    partner = world.partners[YSS]
    done = rehearsed(world, lambda _: partner.receive(world.clock()))
    assert (done.answer.disposition, done.answer.rows) == ("accepted", 12)
    (received,) = partner.received
    assert "rehearsal" in received.with_suffix(".manifest.json").read_text("utf-8")
    assert world.transfers() == []
    world.approved()
    world.run()
    partner.receive(world.clock())
    world.run()
    assert world.stages() == [Stage.ACKNOWLEDGED], "the route's own numbers begin at one"


def test_a_rehearsal_without_an_answer_waits_for_a_person(world, type_in):
    spoken = type_in("partner", "rehearse", NAME, "--wait", "0")
    assert spoken.code == 3
    assert "no answer yet" in spoken.out
    assert len(world.inbox()) == 3


def test_an_answer_that_is_not_the_partners_is_none(world):
    partner = world.partners[YSS]

    def answered(_):
        partner.receive(world.clock())
        for path in (partner.files / "acknowledgements").glob("*.sig"):
            path.write_bytes(b"x")

    with pytest.raises(AcknowledgementInvalid):
        rehearsed(world, answered)


# in three steps, each of which can be typed again


def test_three_steps_come_to_the_same_and_each_says_the_next(world, type_in, step, place):
    first = step("seal")
    (envelope,) = place.glob("*.json")
    assert sorted(path.name for path in place.iterdir()) == sorted(names_of(envelope.stem))
    assert (first.code, world.inbox()) == (0, [])
    assert f"  gateway partner rehearse {NAME} --carry '{place}'" in first.out
    assert step("check").code == 3
    second = carried(step)
    assert (second.code, world.inbox()) == (3, sorted(names_of(envelope.stem)))
    assert "no answer yet" in second.out
    world.partners[YSS].receive(world.clock())
    third = carried(step)
    assert third.code == 0
    assert f"  gateway partner rehearse {NAME} --check '{place}'" in third.out
    fourth = step("check")
    assert (fourth.code, fourth.out) == (0, f"{NAME} opened {envelope.stem} and signed for 12 rows\n")
    assert kinds(world)[-2:] == ["rehearsal", "rehearsal-answered"]
    assert world.transfers() == []
    assert verifies(type_in)


def test_what_the_partner_cosigned_with_its_answer_is_kept(world, step, answered):
    with world.opened() as gateway:
        assert gateway.log.last_cosigned(NAME) is None
    assert step("check").code == 0
    with world.opened() as gateway:
        assert gateway.log.last_cosigned(NAME)
    world.approved()
    world.run()
    world.partners[YSS].receive(world.clock())
    world.run()
    assert world.stages() == [Stage.ACKNOWLEDGED]


def test_a_parcel_that_is_there_already_is_not_put_there_twice(world, step, sealed):
    assert [carried(step).code, carried(step).code] == [3, 3]
    assert world.inbox() == sorted(names_of(sealed))


def test_the_same_answer_counts_once_however_often_it_is_shown(world, type_in, step, answered):
    assert [step("check").code, step("check").code, carried(step).code, step("check").code] == [0, 0, 0, 0]
    (facts,) = answers_receipted(world)
    assert (facts["transfer"], facts["disposition"], facts["rows"]) == (answered, "accepted", 12)
    assert verifies(type_in)


def test_a_rehearsal_that_the_partner_rejects_is_told_as_that(world, type_in, step, sealed):
    carried(step)
    world.partners[YSS].receive(world.clock() + timedelta(days=8))
    carried(step)
    spoken = step("check")
    assert (spoken.code, f"rejected {sealed} and signed that: expired" in spoken.out) == (65, True)
    assert answers_receipted(world)[0]["disposition"] == "rejected"
    assert verifies(type_in)


def test_what_was_sealed_too_long_ago_leaves_no_more(world, step, sealed):
    world.clock.turn(hours=1, seconds=1)
    spoken = carried(step)
    assert (spoken.code, "too long ago" in spoken.err, world.inbox()) == (75, True, [])


def test_neither_half_leaves_a_copy_behind(world, step, answered):
    state = world.council.configuration.workspace.state
    assert list(state.rglob("*.age")) == []
    assert not list(world.folder.glob(".gateway-work-*"))


# what is typed wrongly


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ((NAME, "--seal", "a", "--carry", "b"), "three steps"), ((NAME, "--carry", "a", "--check", "b"), "three steps"),
        (("youth-suport", "--seal", "a"), "did you mean"), (("youth-suport", "--carry", "a"), "did you mean"),
        (("youth-suport", "--check", "a"), "did you mean"), ((NAME, "--carry", "/nowhere/a"), "cannot be opened"),
        ((NAME, "--check", "/nowhere/a"), "cannot be opened"),
    ],
)  # fmt: skip
def test_what_is_typed_wrongly_does_nothing(untouched, words, sentence):
    before = sorted(untouched.folder.iterdir())
    spoken = typing_in(untouched)("partner", "rehearse", *words)
    assert (spoken.code, sentence in spoken.err, spoken.out) == (2, True, "")
    assert (sorted(untouched.folder.iterdir()), untouched.inbox()) == (before, [])


def test_a_folder_that_is_there_or_is_a_link_is_not_used(world, step, place):
    real = world.folder / "real"
    real.mkdir()
    place.symlink_to(real)
    assert [step(which).code for which in ("seal", "carry", "check")] == [2, 2, 2]
    assert (list(real.iterdir()), world.inbox()) == ([], [])


@pytest.mark.parametrize("words", [("--seal",), ("--carry",), ()])
def test_a_partner_without_a_server_is_told_as_that(world, type_in, place, words):
    page = world.council.home / "config" / "partners" / "youth-support.toml"
    text = re.sub(r'(?m)^acknowledgement = "signed"', 'acknowledgement = "manual"', page.read_text())
    page.write_text(text.split("[endpoint]")[0] + '[endpoint]\nkind = "upload"\nfolder = "staged"\n')
    (world.council.home / "staged").mkdir()
    spoken = type_in("partner", "rehearse", NAME, *words, *([place] if words else []))
    assert (spoken.code, "has no server" in spoken.err) == (2, True)
    assert not place.exists()
