"""Lanes: whoever is slow holds up only what comes under the same name."""

import threading

import pytest

from gateway.story.lanes import Lanes


class Gate:
    """Work that waits until it is let go, and says how often it was done."""

    def __init__(self, made=1):
        self.begun, self.open, self.made, self.times = threading.Event(), threading.Event(), made, 0

    def __call__(self):
        self.begun.set()
        self.open.wait(20)
        self.times += 1
        return self.made


@pytest.fixture
def slow():
    gate = Gate()
    yield gate
    gate.open.set()


def test_what_came_of_all_lanes_is_counted_once():
    lanes = Lanes()
    for name, made in (("a", 1), ("b", 2), ("c", 0)):
        assert lanes.start(name, lambda made=made: made)
    assert lanes.wait() == 3
    assert lanes.wait() == 0


def test_a_slow_lane_is_left_at_work_and_counts_later(slow):
    lanes = Lanes()
    lanes.start("slow", slow)
    lanes.start("quick", lambda: 2)
    assert lanes.wait_for(["quick"], 20) == 2
    assert lanes.at_work() == ("slow",)
    slow.open.set()
    assert lanes.wait() == 1
    assert lanes.at_work() == ()


def test_nobody_waits_for_a_slow_lane_longer_than_the_patience(slow):
    lanes = Lanes()
    lanes.start("slow", slow)
    assert lanes.wait_for(["slow"], 0.01) == 0


def test_under_one_name_nothing_is_done_beside_another_and_the_last_that_was_asked_follows(slow):
    lanes, stale, latest = Lanes(), Gate(), Gate(10)
    stale.open.set()
    latest.open.set()
    assert lanes.start("one", slow)
    slow.begun.wait(20)
    assert not lanes.start("one", stale)
    assert not lanes.start("one", latest)
    assert not latest.begun.is_set()
    slow.open.set()
    assert lanes.wait() == 11
    assert (stale.times, latest.times) == (0, 1)


class PowerCut(BaseException):
    """No Exception: nothing may swallow it."""


@pytest.mark.parametrize("error", [RuntimeError, PowerCut])
def test_what_a_lane_raises_is_raised_where_it_is_waited_for_and_the_lane_is_free_again(error):
    lanes, done = Lanes(), Gate()
    done.open.set()

    def fails():
        raise error

    lanes.start("one", fails)
    lanes.start("other", done)
    with pytest.raises(error):
        lanes.wait()
    assert done.times == 1, "the others went on"
    assert lanes.start("one", lambda: 1)
    assert lanes.wait() == 2, "with what the other had made"


def test_work_that_hangs_is_known_by_its_name(slow):
    now = [0.0]
    lanes = Lanes(clock=lambda: now[0])
    lanes.start("slow", slow)
    assert lanes.at_work(longer_than=60) == ()
    now[0] = 60.0
    assert lanes.at_work(longer_than=60) == ("slow",)
    slow.open.set()
    lanes.wait()
    assert lanes.at_work(longer_than=0) == ()
