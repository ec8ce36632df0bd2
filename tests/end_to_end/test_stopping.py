"""Told to stop in the middle of a step: it is ended, or handed back within seconds, and done again at the next start."""

import os
import re
import signal
import threading
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from gateway.deliver.sftp import lanes
from gateway.deliver.sftp import session as sftp_session
from gateway.service import forever
from gateway.service.forever import run_forever
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS
from tests.simulators.distance import Distance

PATIENCE = 60


def workers() -> list[int]:
    """The judging processes that live: copies of a fork server of this one."""
    return [worker for server in _children("self") if _makes_workers(server) for worker in _children(server)]


def _children(process: int | str) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):  # it has ended meanwhile
            found += map(int, task.read_text().split())
    return found


def _makes_workers(child: int) -> bool:
    try:
        return b"gateway.minimise.fork_server" in Path(f"/proc/{child}/cmdline").read_bytes()
    except OSError:
        return False


class Hanging:
    """Every worker that appears is stopped in its tracks, as one with hours of work would look."""

    def __init__(self):
        self.held, self._end = set(), threading.Event()
        self._thread = threading.Thread(target=self._hold)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

    def _hold(self):
        while not self._end.wait(0.005):
            for worker in set(workers()) - self.held:
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGSTOP)
                self.held.add(worker)


@pytest.fixture
def service(world):
    """Starts the service in a thread; ends it, and returns how it ended."""
    stop, ended = threading.Event(), []

    def run():
        try:
            run_forever(world.council.configuration, clock=world.clock, telemetry=world.council.telemetry, stop=stop)
            ended.append("well")
        except Exception as error:  # noqa: BLE001 - shown where the test looks
            ended.append(repr(error))

    thread = threading.Thread(target=run)

    def end():
        stop.set()
        thread.join(PATIENCE)
        assert not thread.is_alive()
        return ended

    yield thread.start, end
    stop.set()
    thread.join(PATIENCE)


def until(condition):
    pause = threading.Event()
    assert any(condition() or pause.wait(0.02) for _ in range(PATIENCE * 50))


def test_an_extract_that_takes_hours_is_handed_back_and_done_again(world, service, monkeypatch):
    monkeypatch.setattr(forever, "GRACE", 0.2)
    start, end = service
    world.drop()
    with Hanging() as hanging:
        start()
        until(lambda: hanging.held)
        assert end() == ["well"]
        assert workers() == []
    assert world.stages() == []
    assert list((world.council.configuration.workspace.state / "prepare" / "stating").iterdir()) == []
    world.run("prepare")
    assert world.stages() == [Stage.WAITING]


def test_an_approved_extract_that_is_handed_back_has_left_nothing_and_leaves_once(world, service, monkeypatch):
    monkeypatch.setattr(forever, "GRACE", 0.2)
    start, end = service
    world.approved()
    with Hanging() as hanging:
        start()
        until(lambda: hanging.held)
        until(lambda: world.stages() == [Stage.APPROVED])
        assert end() == ["well"]
    assert world.stages() == [Stage.APPROVED]
    assert list(world.council.configuration.workspace.to_deliver.glob("*/order.json")) == []
    world.run()
    assert world.stages() == [Stage.DELIVERED]
    assert len(world.inbox(YSS)) == 3


@contextmanager
def far_away(world):
    page = world.council.home / "config" / "partners" / "youth-support.toml"
    port = int(re.search(r"^port = (\d+)$", page.read_text(), re.MULTILINE)[1])
    with Distance(port, 0.1) as line:
        page.write_text(page.read_text().replace(f"port = {port}", f"port = {line.port}"))
        yield


def in_many_pieces(monkeypatch):
    """One after the other, so that this parcel is a large one, and on its way for seconds."""
    monkeypatch.setattr(sftp_session, "LARGEST_REQUEST", 200)
    monkeypatch.setattr(sftp_session, "FAR", 60.0)
    monkeypatch.setattr(lanes, "ALONE", 1)


def test_a_large_file_is_handed_back_in_the_middle_and_leaves_once(world, service, monkeypatch):
    start, end = service
    with far_away(world):
        world.approved()
        world.run("prepare")
        with monkeypatch.context() as slow:
            slow.setattr(forever, "GRACE", 0.2)
            in_many_pieces(slow)
            start()
            until(lambda: any(name.endswith(".part") for name in world.inbox(YSS)))
            assert end() == ["well"]
        assert all(name.startswith(".") for name in world.inbox(YSS))
        assert world.stages() == [Stage.SEALED]
        assert '"handed-back"' in world.log.getvalue()
        world.run()
    assert world.stages() == [Stage.DELIVERED]
    assert len(world.inbox(YSS)) == 3


def test_no_step_is_begun_once_it_was_told_to_stop(world):
    """Between two files of a folder too: the rest of the night's extracts wait for the next start."""
    from gateway.footing.drop_folder import DropFolder
    from gateway.service.wiring import prepare_half
    from gateway.story.prepare import prepare
    from gateway.story.seen import Memory

    for number in range(3):
        world.drop(b"".join(world.extract().splitlines(keepends=True)[: -number or None]), name=f"{number}.csv")
    asked = iter([False, False, True, True, True, True])
    council = world.council
    with prepare_half(
        council.configuration, clock=world.clock, telemetry=council.telemetry, stopping=lambda: next(asked, True)
    ) as half:
        gates, _ = half.routes_of_now()
        prepare(half.gateway, {YSS: gates[YSS]}, Memory())
    assert len(world.stages()) == 1
    with DropFolder(council.drop_folder(YSS)) as folder:
        assert "waiting.txt" not in folder.names(), "what was not looked at is not told of"
