"""The process that workers are copies of: one for many extracts, nothing of any, and gone in the end."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from gateway.minimise import workers as made
from gateway.minimise.engine import Workers, minimising
from gateway.vocabulary.errors import StorageError
from tests.unit.minimise.ground import MANY, a_job, carried_out
from tests.unit.minimise.processes import PATIENCE, running, servers, workers


def test_one_server_makes_a_worker_for_each_extract_and_none_is_used_twice(tmp_path):
    with closing(Workers()) as many:
        many.warm()
        (server,) = servers(1)
        seen = set()
        for _ in range(3):
            with minimising(a_job(tmp_path, MANY), many) as run:
                chunks = run.chunks()
                first = next(chunks)
                seen |= set(workers())
                output = first + b"".join(chunks)
            assert workers() == []
        assert servers() == [server]
    assert len(seen) == 3
    assert servers() == []
    assert sorted(carried_out(a_job(tmp_path, MANY)).output.splitlines()) == sorted(output.splitlines())


def test_a_run_of_its_own_leaves_no_server(tmp_path):
    carried_out(a_job(tmp_path, MANY), workers=None)
    assert servers() == []


def test_a_server_that_died_is_replaced(tmp_path):
    with closing(Workers()) as many:
        many.warm()
        (server,) = servers(1)
        os.kill(server, signal.SIGKILL)
        with minimising(a_job(tmp_path, MANY), many) as run:
            assert b"".join(run.chunks())
        assert servers() != [server]


def test_a_server_that_can_make_no_worker_is_replaced_once_and_then_it_is_an_error():
    with closing(Workers(["/bin/true"])) as many, pytest.raises(StorageError, match="could not be started"), many.one():
        pass
    assert servers() == []


def test_a_server_that_is_stuck_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(made, "STARTING_SECONDS", 0.5)
    with closing(Workers()) as many:
        many.warm()
        (server,) = servers(1)
        os.kill(server, signal.SIGSTOP)
        monkeypatch.setattr(made, "STARTING_SECONDS", PATIENCE)
        with minimising(a_job(tmp_path, MANY), many) as run:
            assert b"".join(run.chunks())
        assert server not in servers()


def test_a_worker_outlives_its_server_and_its_end_counts_as_a_bad_one(tmp_path):
    """Nobody is left who could say how it ended."""
    with closing(Workers()) as many, minimising(a_job(tmp_path, MANY), many) as run:
        os.kill(servers(1)[0], signal.SIGKILL)
        with pytest.raises(StorageError):
            list(run.chunks())
    assert not (tmp_path / "disclosures.parquet").exists()


def test_a_server_ends_with_whoever_started_it():
    program = (
        "import sys; from gateway.minimise.workers import COMMAND, ForkServer\n"
        "print(ForkServer(COMMAND)._popen.pid, flush=True); sys.stdin.read()\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        server = int(starter.stdout.readline())
        assert running(server)
        starter.kill()
    assert any(not running(server) or time.sleep(0.05) for _ in range(600))


def test_a_worker_without_an_order_ends_with_whoever_started_it():
    with closing(Workers()) as many, many.one() as worker:
        worker.channel.shutdown(socket.SHUT_RDWR)
        assert worker.ended_well(PATIENCE)


def test_a_worker_whose_order_is_none_ends_badly():
    with closing(Workers()) as many, many.one() as worker:
        socket.send_fds(worker.channel, [b"report\n"], [os.open(os.devnull, os.O_WRONLY)])
        worker.channel.sendall(b"no order\n")
        assert not worker.ended_well(PATIENCE)


def test_a_worker_holds_no_file_of_its_server_or_of_another_worker(tmp_path):
    with closing(Workers()) as many, many.one() as one, many.one() as other:
        for worker in workers():
            files = {link.readlink() for link in Path(f"/proc/{worker}/fd").iterdir()}
            assert len(files) == 3, files
    assert one is not other


def test_the_server_has_one_thread_so_that_its_copies_hold_no_lock():
    with closing(Workers()) as many, many.one():
        (server,) = servers()
        assert len(list(Path(f"/proc/{server}/task").iterdir())) == 1


def test_the_server_itself_never_holds_an_extract_or_an_order(tmp_path):
    with closing(Workers()) as many, minimising(a_job(tmp_path, MANY), many) as run:
        chunks = run.chunks()
        next(chunks)
        (server,) = servers()
        held = {str(link.readlink()) for link in Path(f"/proc/{server}/fd").iterdir()}
        assert not [name for name in held if "extract" in name or "register" in name]
        list(chunks)


def test_told_to_stop_nobody_begins_any_more():
    many = Workers()
    many.stop()
    with closing(many), pytest.raises(StorageError, match="told to stop"), many.one():
        pass
