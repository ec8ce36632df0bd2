"""What servers can do, found out on real ones, and on one that can be told to do less."""

import pytest

from gateway.deliver.attempts import Attempts
from gateway.deliver.profile import Profiles, downgrades
from gateway.partner.standin.faults import Faults
from gateway.vocabulary.errors import AuthenticationRefused, PartnerRefused
from tests.contracts.grounds import asyncssh_ground, proftpd_ground, sshd_ground
from tests.contracts.reaching import reaching
from tests.contracts.stories import AT


def probed(ground):
    with reaching(ground.endpoint, ground.key) as destination:
        return destination.probe("chance")


@pytest.mark.parametrize(
    ("serve", "durable", "server_hash"),
    [(sshd_ground, True, False), (proftpd_ground, True, True), (asyncssh_ground, True, False)],
)
def test_other_peoples_servers_are_found_as_they_are(tmp_path, serve, durable, server_hash):
    with serve(tmp_path) as ground:
        found = probed(ground)
        assert ground.everything() == {}, "nothing of ours is left there"
    assert (found.durable, found.server_hash) == (durable, server_hash)
    assert (found.rename, found.resume, found.reads, found.removes) == ("refuses", True, True, True)
    assert found.strict_kex
    assert found.clock_ahead is not None


@pytest.mark.parametrize(
    ("faults", "name", "value"),
    [
        (Faults(forbid_reading=True), "reads", False),
        (Faults(forbid_removing=True), "removes", False),
        (Faults(refuse_rename=True), "rename", "forbidden"),
        (Faults(overwrite=True), "rename", "overwrites"),
        (Faults(refuse_stat=True), "clock_ahead", None),
        (Faults(truncate=True), "reads", False),
    ],
)
def test_what_a_server_does_not_do_is_found(standin, faults, name, value):
    sound = probed(standin)
    standin.server.misbehave(faults)
    found = probed(standin)
    assert getattr(sound, name) != value
    assert getattr(found, name) == value
    assert bool(list(downgrades(sound, found))) is (name != "clock_ahead")
    assert list(downgrades(found, sound)) == []


def test_a_server_on_which_nothing_can_be_created_is_refused(standin):
    (standin.files / "inbox").rmdir()
    with pytest.raises(PartnerRefused):
        probed(standin)


def test_a_server_that_lets_nobody_in_is_no_profile(standin):
    standin.server.misbehave(Faults(refuse_authentication=True))
    with pytest.raises(AuthenticationRefused):
        probed(standin)


def test_what_was_found_is_kept_for_the_next_time(standin, tmp_path):
    attempts = Attempts(tmp_path / "store.sqlite")
    profiles, found = Profiles(attempts.store), probed(standin)
    assert profiles.last("yss") is None
    profiles.keep("yss", found, AT)
    assert Profiles(attempts.store).last("yss") == found
    assert profiles.last("dfe") is None
    attempts.close()
