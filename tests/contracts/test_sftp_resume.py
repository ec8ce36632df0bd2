"""Going on where an earlier try broke off: only after what is there was compared, and never with another's content."""

from dataclasses import replace

import pytest

from gateway.deliver.sftp.resume import WORTH
from gateway.partner.standin.faults import Faults
from gateway.vocabulary.errors import HandedBack, OutcomeUnknown, PartnerUnreachable, Revoked
from tests.contracts.grounds import asyncssh_ground, proftpd_ground, sshd_ground
from tests.contracts.reaching import reaching
from tests.contracts.stories import Story, contents, sealed, temporaries

SIZES = (3 * WORTH + 17, 317, 911)
SUCCESSOR = {"earlier": (1,), "alike": (1,)}


@pytest.fixture
def large(tmp_path):
    return sealed(tmp_path, 7, sizes=SIZES)


@pytest.fixture(params=[sshd_ground, proftpd_ground, asyncssh_ground])
def stock(request, tmp_path):
    (folder := tmp_path / "partner").mkdir()
    with request.param(folder) as ground:
        yield ground


def left_behind(ground, large, content):
    ground.plant(temporaries(large, 1)[0], content)


def ciphertext(large):
    return large.files[0].path.read_bytes()


def put(ground, large, story):
    with reaching(ground.endpoint, ground.key) as destination:
        return destination.put(large, story.attempt)


def test_what_a_broken_line_left_is_gone_on_with(standin, large):
    standin.server.misbehave(Faults(drop_after=2 * WORTH + 200_000))
    with pytest.raises(PartnerUnreachable):
        put(standin, large, Story(standin))
    standin.mend()
    assert not put(standin, large, Story(standin, 2, **SUCCESSOR)).already_there
    assert standin.everything() == contents(large)
    assert standin.server.bytes_written < 2 * WORTH, "the beginning was not sent again"


def handed_back(ground, story, size):
    """The attempt, told to stop once so much was sent."""

    def go_on():
        if ground.line.carried >= size:
            raise HandedBack("told to stop")

    return replace(story.attempt, go_on=go_on)


def test_what_was_handed_back_in_the_middle_is_gone_on_with(stock, tmp_path):
    large = sealed(tmp_path, 7, sizes=(9 * WORTH, 317, 911))  # more than what can be under way
    story = Story(stock)
    with reaching(stock.endpoint, stock.key) as destination, pytest.raises(HandedBack):
        destination.put(large, handed_back(stock, story, 2 * WORTH))
    assert "intent" not in story.events
    left = stock.everything()[temporaries(large, 1)[0]]
    assert left == ciphertext(large)[: len(left)], "without a gap"
    assert not set(stock.everything()) & set(contents(large))
    stock.line.mend()
    put(stock, large, Story(stock, 2, **SUCCESSOR))
    assert stock.everything() == contents(large)
    assert stock.line.carried < 9.5 * WORTH - len(left), "the beginning was not sent again"


def test_what_is_there_is_not_sent_again(stock, large):
    left_behind(stock, large, ciphertext(large)[: 2 * WORTH])
    put(stock, large, Story(stock, 2, **SUCCESSOR))
    assert stock.everything() == contents(large)
    assert stock.line.carried < 2 * WORTH


def test_the_newest_of_several_is_gone_on_with_and_the_others_are_gone(stock, large):
    left_behind(stock, large, ciphertext(large)[:WORTH])
    stock.plant(temporaries(large, 3)[0], ciphertext(large)[: 3 * WORTH])
    put(stock, large, Story(stock, 5, earlier=(1, 2, 3, 4), alike=(1, 2, 3, 4)))
    assert stock.everything() == contents(large)
    assert stock.line.carried < WORTH


def test_what_a_try_with_another_content_left_is_not_touched_but_removed(stock, large):
    left_behind(stock, large, ciphertext(large)[: 2 * WORTH])
    put(stock, large, Story(stock, 2, earlier=(1,)))
    assert stock.everything() == contents(large)
    assert stock.line.carried > 3 * WORTH, "all of it was sent"


@pytest.mark.parametrize("place", [0, WORTH - 1, WORTH, 2 * WORTH - 1])
def test_a_byte_that_is_not_ours_is_written_over(ground, large, place):
    left = bytearray(ciphertext(large)[: 2 * WORTH])
    left[place] ^= 1
    left_behind(ground, large, bytes(left))
    put(ground, large, Story(ground, 2, **SUCCESSOR))
    assert ground.everything() == contents(large)


@pytest.mark.parametrize(
    "left",
    [
        lambda whole: b"",
        lambda whole: whole[: WORTH - 1],
        lambda whole: bytes(2 * WORTH),
        lambda whole: whole[:WORTH] + bytes(WORTH) + whole[2 * WORTH :],
        lambda whole: whole + b"x",
        lambda whole: whole,
    ],
)
def test_whatever_was_left_the_parcel_arrives_whole(ground, large, left):
    left_behind(ground, large, left(ciphertext(large)))
    put(ground, large, Story(ground, 2, **SUCCESSOR))
    assert ground.everything() == contents(large)


def test_what_may_not_be_read_is_sent_again(standin, large):
    left_behind(standin, large, bytes(2 * WORTH))
    standin.server.misbehave(Faults(forbid_reading=True))
    put(standin, large, Story(standin, 2, **SUCCESSOR))
    assert standin.everything() == contents(large)


def test_what_may_not_be_released_leaves_nothing_to_go_on_with(ground, large):
    left_behind(ground, large, ciphertext(large)[: 2 * WORTH])
    story = Story(ground, 2, **SUCCESSOR)
    story.refusals[1] = Revoked("taken back")
    with pytest.raises(Revoked):
        put(ground, large, story)
    assert ground.everything() == {}


def test_a_parcel_that_is_there_already_leaves_nothing_to_go_on_with(ground, large):
    for file in large.files:
        ground.plant(file.name, file.path.read_bytes())
    left_behind(ground, large, ciphertext(large)[: 2 * WORTH])
    assert put(ground, large, Story(ground, 2, **SUCCESSOR)).already_there
    assert ground.everything() == contents(large)


def test_what_is_in_doubt_leaves_nothing_to_go_on_with(ground, large):
    left_behind(ground, large, ciphertext(large)[: 2 * WORTH])
    with pytest.raises(OutcomeUnknown):
        put(ground, large, Story(ground, 2, intent_recorded=True, **SUCCESSOR))
    assert ground.everything() == {}


def test_a_predecessor_whose_file_was_taken_over_can_release_nothing(ground, large):
    frozen = Story(ground)
    frozen.at_intent = lambda: put(ground, large, Story(ground, 2, **SUCCESSOR))
    assert put(ground, large, frozen).already_there
    assert ground.everything() == contents(large)
