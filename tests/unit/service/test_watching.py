"""Hints from the kernel: whichever way something appears, and whatever happens to the folder itself."""

import logging
import os
import subprocess
import sys
import threading

import pytest

from gateway.service.watching import TELLS_OF_OVERFLOW, watched
from tests.required import missing

PATIENCE = 60
"""Seconds; only a watch that has gone wrong makes a test wait so long."""


@pytest.fixture
def wake():
    return threading.Event()


@pytest.fixture
def outbox(tmp_path):
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder


def written(outbox):
    (outbox / "x.csv").write_text("x")


def moved_in(outbox):
    path = outbox.parent / "elsewhere.csv"
    path.write_text("x")
    path.rename(outbox / "x.csv")


def renamed(outbox):
    (outbox / ".x.tmp").write_text("x")
    (outbox / ".x.tmp").rename(outbox / "x.csv")


def linked(outbox):
    path = outbox.parent / "elsewhere.csv"
    path.write_text("x")
    (outbox / "x.csv").hardlink_to(path)


def ordered(mailbox):
    """As an order comes to deliver: a folder, put together elsewhere and renamed into place."""
    draft = mailbox.parent / "sealing"
    draft.mkdir()
    written(draft)
    draft.rename(mailbox / "01m8")


@pytest.mark.parametrize("appear", [written, moved_in, renamed, linked, ordered])
def test_what_appears_wakes_us_in_whichever_way_it_comes(outbox, wake, appear):
    with watched([outbox], wake):
        appear(outbox)
        assert wake.wait(PATIENCE)


def test_what_we_only_read_does_not_wake_us(outbox, wake):
    (outbox / "x.csv").write_text("x")
    with watched([outbox], wake):
        (outbox / "x.csv").read_text()
        list(outbox.iterdir())
        (outbox / "last").touch()
        assert wake.wait(PATIENCE)
        while wake.wait(0.2):
            wake.clear()
        (outbox / "x.csv").read_text()
        assert not wake.wait(0.2)


def test_a_folder_that_was_replaced_is_watched_anew(outbox, wake):
    with watched([outbox], wake) as watch:
        outbox.rename(outbox.with_name("old"))
        outbox.mkdir()
        assert watch.mend([outbox]) == 1
        assert watch.mend([outbox]) == 0
        wake.clear()
        written(outbox)
        assert wake.wait(PATIENCE)


def test_a_watching_thread_that_died_with_its_folder_is_noticed_and_mended(outbox, wake):
    with watched([outbox], wake) as watch:
        outbox.rmdir()
        assert watch.mend([outbox]) == 0, "there is nothing to watch"
        outbox.mkdir()
        assert watch.mend([outbox]) == 1
        wake.clear()
        written(outbox)
        assert wake.wait(PATIENCE)


def test_an_emitter_that_ended_by_itself_is_replaced_in_the_same_folder(outbox, wake):
    with watched([outbox], wake) as watch:
        for emitter in watch._observer.emitters:
            emitter.stop()
            emitter.join()
        assert watch.mend([outbox]) == 1
        wake.clear()
        written(outbox)
        assert wake.wait(PATIENCE)


def test_an_observer_that_ended_is_replaced_whole(outbox, wake):
    with watched([outbox], wake) as watch:
        watch._observer.stop()
        watch._observer.join()
        assert watch.mend([outbox]) == 1
        wake.clear()
        written(outbox)
        assert wake.wait(PATIENCE)


def test_folders_come_and_go_with_their_routes(outbox, wake):
    other = outbox.with_name("other")
    other.mkdir()
    with watched([outbox], wake) as watch:
        assert watch.mend([outbox, other]) == 1
        assert watch.mend([other]) == 0
        wake.clear()
        written(outbox)
        assert not wake.wait(0.2)
        written(other)
        assert wake.wait(PATIENCE)


def test_events_that_were_lost_wake_us_too(outbox, wake):
    with watched([outbox], wake):
        TELLS_OF_OVERFLOW.log(logging.WARNING, "Inotify queue overflowed; filesystem events were lost")
        assert wake.is_set()


def test_nothing_of_the_library_keeps_hold_of_a_watch_that_has_ended(outbox, wake):
    before = TELLS_OF_OVERFLOW.handlers[:]
    with watched([outbox], wake):
        pass
    assert TELLS_OF_OVERFLOW.handlers == before
    assert not [thread for thread in threading.enumerate() if "Inotify" in type(thread).__name__]


def test_a_folder_that_is_mounted_over_and_unmounted_is_watched_as_it_is_now(tmp_path):
    """In a mount namespace of its own: root only."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode != 0:
        missing("mounting needs root, and a machine that lets us")
    script = """
import subprocess, sys, threading
from pathlib import Path
from gateway.service.watching import watched
outbox, wake = Path(sys.argv[1]), threading.Event()
def appears():
    wake.clear()
    (outbox / "x.csv").write_text("x")
    return wake.wait(60)
with watched([outbox], wake) as watch:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", outbox], check=True)
    assert watch.mend([outbox]) == 1
    assert appears()
    subprocess.run(["umount", outbox], check=True)
    assert watch.mend([outbox]) == 1
    assert appears()
print("done")
"""
    (tmp_path / "outbox").mkdir()
    (tmp_path / "script.py").write_text(script)
    ran = subprocess.run(
        ["unshare", "--mount", "--propagation", "private", sys.executable, tmp_path / "script.py",
         tmp_path / "outbox"],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert ran.stdout == "done\n", ran.stderr
