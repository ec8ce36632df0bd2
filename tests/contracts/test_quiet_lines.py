"""A line on which nobody has anything to say: it is kept alive, and a dead one is noticed when it is wanted."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.sftp import connection
from gateway.vocabulary.errors import PartnerUnreachable
from tests.contracts.grounds import asyncssh_ground, sshd_ground
from tests.contracts.reaching import reaching
from tests.contracts.stories import Story, contents, sealed
from tests.simulators.line import Line

PATIENCE = 60
OFTEN = 0.05
"""Seconds between two words on a quiet line, in place of a quarter of a minute."""


@pytest.fixture(params=[sshd_ground, asyncssh_ground])
def ground(request, tmp_path, monkeypatch):
    monkeypatch.setattr(connection, "KEEP_ALIVE", OFTEN)
    (folder := tmp_path / "partner").mkdir()
    with request.param(folder) as ground:
        yield ground


def hear_words(line, count=3):
    """Returns once the client has said so many more things by itself."""
    pause, heard, last = threading.Event(), 0, line.carried
    for _ in range(PATIENCE * 50):
        if line.carried > last:
            heard, last = heard + 1, line.carried
        if heard == count:
            return
        pause.wait(0.02)
    raise AssertionError("the line stayed quiet")


def test_between_two_parcels_the_line_is_kept_alive_and_used_again(ground, tmp_path):
    first, second = sealed(tmp_path, 1), sealed(tmp_path, 2)
    with reaching(ground.endpoint, ground.key) as destination:
        destination.put(first, Story(ground).attempt)
        hear_words(ground.line)
        destination.put(second, Story(ground, 2).attempt)
    assert ground.line.connections == 1
    assert ground.everything() == contents(first) | contents(second)


def test_while_the_server_takes_its_time_the_line_is_kept_alive(ground, parcel):
    story, silent = Story(ground), threading.Event()
    story.at_intent = lambda: (ground.line.fall_silent(), silent.set())
    with reaching(ground.endpoint, ground.key, timeout=PATIENCE) as destination, ThreadPoolExecutor(1) as beside:
        put = beside.submit(destination.put, parcel, story.attempt)
        assert silent.wait(PATIENCE)
        hear_words(ground.line)
        assert not put.done()
        ground.line.mend()
        assert put.result(PATIENCE).verified_by == "read-back"
    assert ground.everything() == contents(parcel)


def test_a_line_that_was_forgotten_on_the_way_is_noticed_and_replaced_before_anything_is_sent(ground, tmp_path):
    first, second = sealed(tmp_path, 1), sealed(tmp_path, 2)
    with reaching(ground.endpoint, ground.key, timeout=1.0) as destination:
        destination.put(first, Story(ground).attempt)
        ground.line.forget()
        story = Story(ground, 2)
        destination.put(second, story.attempt)
    assert ground.line.connections == 2
    assert story.events == ["may-release", "may-release", "intent"]
    assert ground.everything() == contents(first) | contents(second)


def test_a_line_that_is_forgotten_in_the_middle_ends_the_try_within_its_deadline(ground, parcel):
    story = Story(ground)
    story.at_intent = ground.line.forget
    with reaching(ground.endpoint, ground.key, timeout=1.0) as destination, pytest.raises(PartnerUnreachable) as caught:
        destination.put(parcel, story.attempt)
    assert caught.value.try_again
    assert not set(ground.everything()) & set(contents(parcel))


def test_a_server_that_never_says_a_word_is_left_within_the_deadline(parcel, ground):
    with Line(ground.server.endpoint.port) as line:
        line.fall_silent()
        endpoint = ground.endpoint.model_copy(update={"port": line.port})
        with (
            reaching(endpoint, SigningKey.generate_ed25519(), timeout=1.0) as destination,
            pytest.raises(PartnerUnreachable),
        ):
            destination.put(parcel, Story(ground).attempt)
