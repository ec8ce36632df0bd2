"""`gateway run` as systemd has it: a process, its signals, and what it says to the socket it was given."""

import json
import os
import signal
import subprocess
import sys

import pytest

from gateway.config.starter import write
from tests.unit.service.conftest import PATIENCE

DOMAIN = "handoff.northmere.example"


@pytest.fixture
def home(tmp_path):
    """A council without partners: every route is out of service, and rounds are short."""
    settings = {"demo": True, "scan_seconds": 0.1, "settle_seconds": 0}
    write(tmp_path / "home", domain=DOMAIN, sender="northmere", settings=settings)
    return tmp_path / "home"


@pytest.fixture
def started(home, listener):
    """Start `gateway run`; whatever happens, the process is gone at the end."""
    processes = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "--home", home, "run", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"PATH": os.environ["PATH"], "NOTIFY_SOCKET": listener.address},
        )  # fmt: skip
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def ended(process, number=signal.SIGTERM):
    """Exit code, and what it wrote: log lines as objects, the rest as it is."""
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE)
    lines = err.splitlines()
    return process.returncode, [json.loads(line)["event"] for line in lines if line.startswith("{")], err


def spoil(home, text, other):
    page = home / "config" / "gateway.toml"
    assert text in page.read_text("utf-8")
    page.write_text(page.read_text("utf-8").replace(text, other), "utf-8")


@pytest.mark.parametrize("half", ["prepare", "deliver"])
def test_a_half_says_when_it_is_ready_and_alive_and_stopping(started, listener, half):
    process = started("--only", half)
    assert listener.until("READY=1").splitlines()[-1] == f"STATUS={half}: at work"
    listener.until("WATCHDOG=1", after=1)
    code, events, _ = ended(process)
    assert (code, events) == (0, ["started", "stopped"])
    assert "STOPPING=1" in listener.until("STOPPING=1")


def test_both_halves_in_one_process_are_ready_together(started, listener):
    process = started()
    assert "deliver and prepare: at work" in listener.until("READY=1")
    assert ended(process, signal.SIGINT)[0] == 0


def test_the_configuration_is_read_again_whole(started, listener, home):
    process = started()
    listener.until("READY=1")
    before = len(listener.messages)
    spoil(home, "scan_seconds = 0.1", "scan_seconds = 0.2")
    process.send_signal(signal.SIGHUP)
    assert "MONOTONIC_USEC=" in listener.until("RELOADING=1", after=before)
    assert "as it was read again" in listener.until("READY=1", after=before)
    listener.until("WATCHDOG=1", after=len(listener.messages))
    code, events, _ = ended(process)
    assert (code, events) == (0, ["started", "configuration-reread", "stopped"])


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (lambda home: spoil(home, "scan_seconds = ", "scan_second = "), "scan_second"),
        (lambda home: spoil(home, "scan_seconds = 0.1", "scan_seconds = 0"), "scan_seconds"),
        (lambda home: (home / "state" / "prepare" / "private" / "log.key").unlink(), "the key log"),
        (lambda home: (home / "state" / "deliver" / "private" / "observation.key").unlink(), "the key observation"),
        (lambda home: spoil(home, "state = ", 'state = "elsewhere"  # '), "ledger"),
    ],
    ids=["unknown setting", "impossible value", "prepare's key gone", "deliver's key gone", "no ledger"],
)
def test_a_configuration_that_cannot_be_used_leaves_the_old_one_at_work_and_says_why(
    started, listener, home, spoilt, why
):
    process = started()
    listener.until("READY=1")
    before = len(listener.messages)
    spoilt(home)
    process.send_signal(signal.SIGHUP)
    assert why in listener.until("the old configuration is kept", after=before)
    listener.until("WATCHDOG=1", after=len(listener.messages))
    code, events, err = ended(process)
    assert (code, events) == (0, ["started", "configuration-kept", "stopped"])
    assert why in err
    assert "what to do: " in err


def test_rounds_that_fail_feed_no_watchdog_and_the_first_that_does_not_feeds_it_again(started, listener, home):
    process = started("--only", "prepare")
    listener.until("READY=1")
    signers = home / "keys" / "signers" / "approve"
    sound = signers.read_text("utf-8")
    signers.write_text("jo ssh-ed25519 nonsense\n", "utf-8")
    failing = listener.until("STATUS=the last round of prepare failed: signers-invalid")
    signers.write_text(sound, "utf-8")
    mended = listener.until("prepare: at work", after=listener.messages.index(failing))
    code, events, _ = ended(process)
    assert (code, events[0], events[-1]) == (0, "started", "stopped")
    assert set(events[1:-1]) == {"round-failed"}
    assert listener.messages.index(mended) == listener.messages.index(failing) + 1


def test_what_cannot_start_says_so_and_is_never_ready(started, listener, home):
    (home / "state" / "prepare" / "private" / "signing.key").unlink()
    process = started("--only", "prepare")
    _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 66
    assert "the key signing" in err
    assert listener.heard() == []
