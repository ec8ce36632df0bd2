"""The machine fails in other ways than by a power cut: what is told, what is left, and that it goes on by itself once mended.

    what                  exit     state                                    what an operator does
    disk full             74       as before, or further by whole steps     makes room
    disk read-only        74       as before                                remounts it
    clock set back        78       as before                                sets it right
    clock set forth       0        statements that expired are refused      sets it right; then 78 until time has caught up
    ledger locked         74       as before                                ends whoever holds it
    out of descriptors    66, 74   as before, or further by whole steps     raises the limit

Nothing of a parcel is ever visible at the partner but the whole, nothing is lost, and nothing is sent twice.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import contextmanager

import pytest

from gateway.vocabulary.transfer import Stage
from tests.crash.handoff import ANSWERED, CARRIED, PHASES, RESUMED, STATED, a_handoff
from tests.end_to_end.conftest import YSS
from tests.required import missing

PAGE = 4096
DISK = "24m"
ROOM = 0, 7, 25, 60
"""Pages that are left on the disk: for nothing, for a start, for some of the work, for most of it."""
DESCRIPTORS = 5, 9, 12, 16, 20
TOLD = {66: "a key cannot be read", 74: "the disk or the ledger failed"}


@pytest.fixture(scope="module")
def handoff(tmp_path_factory):
    with a_handoff(tmp_path_factory.mktemp("faults")) as made:
        yield made


@contextmanager
def disk_of_its_own(handoff, phase):
    """The council's home as the phase began, on a small disk."""
    handoff.begin(phase)
    home = handoff.world.council.home
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "tmpfs", home], capture_output=True, check=False
    )
    if mounted.returncode:
        missing("this machine lets us mount no small disk")
    try:
        shutil.copytree(handoff.kept(phase, home), home, symlinks=True, dirs_exist_ok=True)
        yield home
    finally:
        subprocess.run(["umount", home], check=True)


def fill(home, pages):
    room = os.statvfs(home)
    with (home / "ballast").open("wb") as ballast:
        ballast.write(bytes(max(0, room.f_bavail * room.f_frsize - pages * PAGE)))


def goes_on(handoff):
    return [*handoff.settle(), *handoff.faults()]


def nothing_torn(handoff, phase):
    """Whatever the partner has is the whole, unless an attempt before this fault left temporaries."""
    partner = handoff.at_partner()
    return partner in ("nothing", "parcel") or phase == RESUMED


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("pages", ROOM)
def test_a_full_disk_stops_it_where_it_is_and_room_sets_it_going(handoff, phase, pages):
    with disk_of_its_own(handoff, phase) as home:
        fill(home, pages)
        ended = handoff.run()
        assert ended.code in ((*TOLD, 0) if pages else TOLD), ended.said
        assert nothing_torn(handoff, phase)
        (home / "ballast").unlink()
        assert goes_on(handoff) == []


@pytest.mark.parametrize("phase", PHASES)
def test_a_read_only_disk_stops_it_before_it_begins(handoff, phase):
    with disk_of_its_own(handoff, phase) as home:
        stood, had = handoff.stands(), handoff.at_partner()
        subprocess.run(["mount", "-o", "remount,ro", home], check=True)
        ended = handoff.run()
        subprocess.run(["mount", "-o", "remount,rw", home], check=True)
        assert ended.code == 74, ended.said
        assert (handoff.stands(), handoff.at_partner()) == (stood, had)
        assert goes_on(handoff) == []


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("most", DESCRIPTORS)
def test_without_descriptors_it_says_so_and_leaves_nothing_half_done(handoff, phase, most):
    handoff.begin(phase)
    ended = handoff.run(limits={"NOFILE": most})
    assert ended.code in ((*TOLD, 0) if most > DESCRIPTORS[0] else TOLD), ended.said
    assert nothing_torn(handoff, phase)
    assert goes_on(handoff) == []


@pytest.mark.parametrize("phase", [CARRIED, ANSWERED, RESUMED])
def test_a_clock_that_is_set_back_stops_prepare_until_it_is_right(handoff, phase):
    handoff.begin(phase)
    stood, right = handoff.stands(), handoff.world.clock.at
    handoff.world.clock.turn(hours=-2)
    ended = handoff.run()
    assert ended.code == 78, ended.said
    assert handoff.stands() == stood
    assert handoff.at_partner() != "parcel" or phase == ANSWERED
    handoff.world.clock.at = right
    assert goes_on(handoff) == []


def test_a_clock_that_leaps_ahead_lets_nothing_out_and_set_right_again_is_not_believed_before_its_time(handoff):
    handoff.begin(CARRIED)
    right = handoff.world.clock.at
    handoff.world.clock.turn(days=3)
    handoff.run()
    leapt = handoff.world.clock.at
    assert handoff.stands() == Stage.REFUSED
    assert handoff.at_partner() == "nothing"
    assert any("expired" in note for note in handoff.world.refused(YSS).values())
    handoff.world.clock.at = right
    assert handoff.run().code == 78
    handoff.world.clock.at = leapt
    assert handoff.run().code == 0


def test_a_clock_that_leaps_past_the_hour_of_release_has_the_parcel_made_again_and_sent_once(handoff):
    handoff.begin(CARRIED)
    assert handoff.run(only="prepare").code == 0
    handoff.world.clock.turn(hours=5)
    assert list(handoff.settle()) == []
    again = ["waiting", "arrived", "approved", "sealed", "revoked", "sealed", "delivered", "acknowledged"]
    assert list(handoff.faults(ladders=(again,))) == []


@pytest.mark.parametrize("phase", [STATED, CARRIED, ANSWERED])
def test_a_ledger_that_another_keeps_locked_is_waited_for_and_then_told_about(handoff, phase):
    handoff.begin(phase)
    stood = handoff.stands()
    other = sqlite3.connect(handoff.world.council.configuration.workspace.ledger, isolation_level=None)
    try:
        other.execute("begin immediate")
        ended = handoff.run(waits=0.2)
        assert ended.code == 74
        assert "another process kept the ledger locked" in ended.said
        assert handoff.stands() == stood
        assert handoff.at_partner() != "parcel" or phase == ANSWERED
        other.execute("rollback")
    finally:
        other.close()
    assert goes_on(handoff) == []
