"""What systemd hears: readiness and progress of both halves together, and never more than there was."""

import pytest

from gateway.service.notify import Notify, Pulse

BOTH = {"prepare", "deliver"}


@pytest.fixture
def pulse(listener):
    return Pulse(Notify(listener.address), BOTH)


def words(listener, name):
    return [line for message in listener.heard() for line in message.splitlines() if line.startswith(name)]


def test_a_path_and_an_abstract_name_are_both_reached(any_listener):
    Notify(any_listener.address).tell("READY=1", "STATUS=at work")
    assert any_listener.heard() == ["READY=1\nSTATUS=at work"]


@pytest.mark.parametrize("address", [None, "", "/nowhere/notify", "@nobody-listens-here"])
def test_where_nobody_listens_nothing_is_said_and_nothing_fails(address):
    Notify(address).tell("READY=1")


def test_a_line_within_a_status_cannot_become_a_word_of_its_own(listener):
    Notify(listener.address).tell("STATUS=kept\nWATCHDOG=1", "READY=1")
    assert listener.heard() == ["STATUS=kept WATCHDOG=1\nREADY=1"]


def test_it_is_ready_only_when_every_half_has_ended_a_round(listener, pulse):
    pulse.round_ended("deliver")
    pulse.round_ended("deliver")
    assert listener.heard() == []
    pulse.round_ended("prepare")
    assert words(listener, "READY") == ["READY=1"]


def test_it_becomes_ready_once(listener, pulse):
    for _ in range(3):
        pulse.round_ended("prepare")
        pulse.round_ended("deliver")
    assert words(listener, "READY") == ["READY=1"]
    assert words(listener, "WATCHDOG") == ["WATCHDOG=1"] * 3


def test_a_half_that_stands_still_is_not_covered_by_the_other(listener, pulse):
    pulse.round_ended("prepare")
    pulse.round_ended("deliver")
    for _ in range(100):
        pulse.round_ended("deliver")
    assert words(listener, "WATCHDOG") == ["WATCHDOG=1"]


def test_a_round_that_failed_feeds_nothing(listener, pulse):
    pulse.round_ended("prepare")
    pulse.round_failed("deliver", "storage-error")
    assert words(listener, "READY") == words(listener, "WATCHDOG") == []
    assert words(listener, "STATUS") == ["STATUS=the last round of deliver failed: storage-error"]


def test_one_fault_is_told_once_and_its_end_once(listener, pulse):
    for _ in range(5):
        pulse.round_failed("prepare", "storage-error")
    pulse.round_failed("prepare", "clock-untrusted")
    for _ in range(2):
        pulse.round_ended("prepare")
    assert words(listener, "STATUS") == [
        "STATUS=the last round of prepare failed: storage-error",
        "STATUS=the last round of prepare failed: clock-untrusted",
        "STATUS=deliver and prepare: at work",
    ]


def test_one_half_alone_needs_no_other(listener):
    pulse = Pulse(Notify(listener.address), {"deliver"})
    pulse.round_ended("deliver")
    assert listener.heard() == ["READY=1\nWATCHDOG=1\nSTATUS=deliver: at work"]


def test_a_reload_names_its_time_in_microseconds_and_ends_with_ready(listener, pulse):
    pulse.reloading(5_000_001_999)
    pulse.reloaded("done")
    assert listener.heard() == ["RELOADING=1\nMONOTONIC_USEC=5000001", "READY=1\nSTATUS=done"]


def test_stopping_is_said_and_feeds_no_watchdog(listener, pulse):
    pulse.stopping()
    assert words(listener, "STOPPING") == ["STOPPING=1"]
    assert words(listener, "WATCHDOG") == []
