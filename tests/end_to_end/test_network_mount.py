"""A drop folder on a share that is mounted from elsewhere: no event, no lease that tells anything, and all is done all the same."""

import os
from datetime import timedelta

import pytest

from gateway.footing.drop_folder import DropFolder
from gateway.service.wiring import prepare_half
from gateway.story.looking import look
from gateway.story.seen import Memory
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS, a_world
from tests.simulators.network_mount import mounted

QUIET = {"seconds": 60}


@pytest.fixture
def world(tmp_path):
    with a_world(tmp_path, settle_seconds=10) as made:
        yield made


@pytest.fixture
def share(world, tmp_path):
    """What staff write into, on their own machine."""
    there = tmp_path / "share"
    there.mkdir()
    with mounted(there, world.council.drop_folder(YSS)):
        yield there


def looks(world):
    """As a service looks, again and again."""
    configuration = world.council.configuration
    with prepare_half(configuration, clock=world.clock, telemetry=world.council.telemetry) as half:
        memory, gate = Memory(), half.routes_of_now()[0][YSS]
        while True:
            yield look(gate, memory, world.clock())


def test_a_handoff_from_a_mounted_share(world, share):
    """By who looks only once: the file's own time is all there is to go by."""
    (share / "pupils.csv").write_bytes(world.extract())
    os.utime(share / "pupils.csv", (world.clock().timestamp(),) * 2)
    world.run("prepare")
    assert world.stages() == []
    world.clock.turn(**QUIET)
    world.run("prepare")
    assert world.stages() == [Stage.WAITING]
    world.sign_both()
    world.run()
    assert world.stages() == [Stage.DELIVERED]
    assert not (share / "pupils.csv").exists()
    assert len(list((share / "outcomes").iterdir())) == 1


def test_a_file_that_is_still_written_at_the_other_end_waits_though_a_lease_is_granted(world, share):
    with (share / "pupils.csv").open("wb") as stream:
        stream.write(world.extract()[:1000])
        stream.flush()
        world.run("prepare")
        assert world.stages() == []
        assert "still being written" in world.waiting()


@pytest.mark.parametrize("servers_clock", [{"hours": -1}, {"hours": 1}])
def test_a_service_goes_by_what_it_has_seen_and_not_by_a_servers_clock(world, share, servers_clock):
    service, its_time = looks(world), (world.clock() + timedelta(**servers_clock)).timestamp()
    for content in (world.extract()[:1000], world.extract()):
        (share / "pupils.csv").write_bytes(content)
        os.utime(share / "pupils.csv", (its_time, its_time))
        world.clock.turn(**QUIET)
        next(service)
        assert world.stages() == []
        assert "still being written" in world.waiting()
    world.clock.turn(**QUIET)
    next(service)
    assert world.stages() == [Stage.WAITING]


def test_it_is_known_for_what_it_is(world, share):
    with DropFolder(world.council.drop_folder(YSS)) as folder, DropFolder(share) as local:
        assert folder.is_elsewhere
        assert not local.is_elsewhere
