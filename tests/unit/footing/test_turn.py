"""One of several processes has the turn: it is lost by dying, by freezing and by being cut off, and known to be lost."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gateway.footing.turn import SILENT_SECONDS, STALE_SECONDS, WORD_SECONDS, Turn
from gateway.vocabulary.errors import StorageError
from tests.ledgers import cluster  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from gateway.footing.turn import Turn
from gateway.vocabulary.errors import StorageError
turn = Turn(sys.argv[1], "prepare")
print(turn.take(), flush=True)
sys.stdin.readline()
try:
    turn.check()
except StorageError as error:
    print(error.message, flush=True)
"""
SOON = 10.0
"""Seconds in which another machine has to have it."""


@pytest.fixture
def turn(cluster):  # noqa: F811 - the fixture
    made = []

    def asking(half="prepare", **options) -> Turn:
        made.append(Turn(cluster.url(), half, **options))
        return made[-1]

    yield asking
    for one in made:
        one.close()


@pytest.fixture
def holder(cluster):  # noqa: F811 - the fixture
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, cluster.url()],
        cwd=ROOT,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout.readline() == "True\n"
    yield process
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def had_within(turn: Turn, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not turn.take():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_one_has_it_and_the_other_has_not_and_each_half_has_its_own(turn):
    first, second, other = turn(), turn(), turn("deliver")
    assert (first.take(), second.take(), other.take()) == (True, False, True)
    first.check()
    other.check()
    first.close()
    assert had_within(second, SOON)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_who_dies_or_freezes_is_followed_and_knows_it_when_he_thaws(turn, holder, how):
    follower = turn()
    assert not follower.take()
    os.kill(holder.pid, how)
    assert had_within(follower, SOON)
    if how is signal.SIGSTOP:
        holder.stdin.write("\n")
        holder.stdin.flush()
        os.kill(holder.pid, signal.SIGCONT)
        assert "turn is over" in holder.stdout.readline()
    follower.check()


def test_who_is_alive_keeps_it_however_long_he_says_nothing_else(turn):
    first, second = turn(), turn()
    assert first.take()
    assert not had_within(second, SILENT_SECONDS + WORD_SECONDS)
    first.check()


def test_who_was_cut_off_knows_it_at_once_and_never_has_it_again(turn, cluster):  # noqa: F811
    first = turn()
    assert first.take()
    cluster.tell("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'handoff turn%'")
    with pytest.raises(StorageError, match="the prepare half's turn is over") as caught:
        first.check()
    assert caught.value.remedy
    assert first.is_lost()
    with pytest.raises(StorageError):
        first.take()


def test_several_may_ask_at_the_same_time_and_each_is_told_the_truth(turn, cluster):  # noqa: F811
    first = turn()
    assert first.take()
    together = threading.Barrier(8)

    def asks(_):
        together.wait(SOON)
        return [first.check() for _ in range(20)]

    with ThreadPoolExecutor(8) as threads:
        assert all(len(told) == 20 for told in threads.map(asks, range(8)))
        cluster.tell(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'handoff turn%'"
        )
        asked = [threads.submit(asks, number) for number in range(8)]
    assert all(isinstance(one.exception(), StorageError) for one in asked)


def test_who_was_not_answered_for_long_asks_nobody_any_more(turn):
    clock = [0.0]
    first = turn(monotonic=lambda: clock[0])
    assert first.take()
    clock[0] = STALE_SECONDS + 0.1
    assert first.is_lost()
    with pytest.raises(StorageError, match="turn is over"):
        first.check()


def test_a_database_that_is_away_gives_no_turn_and_says_so():
    with pytest.raises(StorageError, match="is away") as caught:
        Turn("postgresql:///canary?host=/nowhere/canary", "prepare")
    assert "canary" not in caught.value.message + caught.value.remedy
