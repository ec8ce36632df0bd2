"""Work in somebody's folder is alone, private and gone afterwards, and touches nothing that was there before."""

import os
import signal
import subprocess
import sys

import pytest

from gateway.footing.lock import held
from gateway.footing.working_folder import LOCK, working_folder
from gateway.vocabulary.errors import StorageError

KILLED = """
import os, signal, sys
from pathlib import Path
from gateway.footing.working_folder import working_folder
with working_folder(Path(sys.argv[1])) as folder:
    (folder / "data").write_bytes(b"half a file")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def left(tmp_path):
    """What a run left that was killed."""
    done = subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL
    (folder,) = tmp_path.iterdir()
    return folder


def work_in(place, *, fails=False):
    with working_folder(place) as folder:
        (folder / "data").write_bytes(b"x")
        if fails:
            raise RuntimeError
    return folder


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_it_is_private_while_it_is_there_and_gone_afterwards(tmp_path):
    with working_folder(tmp_path / "new") as folder:
        assert folder.parent == tmp_path / "new"
        assert folder.stat().st_mode & 0o777 == 0o700
    assert names(tmp_path / "new") == []


def test_it_is_gone_too_when_the_work_fails(tmp_path):
    with pytest.raises(RuntimeError):
        work_in(tmp_path, fails=True)
    assert names(tmp_path) == []


def test_what_lies_there_already_is_left_alone(tmp_path):
    for name in ("opening", "lock", ".gateway-work-", ".gateway-work-0123"):
        (tmp_path / name).mkdir()
        (tmp_path / name / LOCK).write_bytes(b"precious")
    work_in(tmp_path)
    assert [(path / LOCK).read_bytes() for path in tmp_path.iterdir()] == [b"precious"] * 4


def test_what_a_killed_run_left_is_taken_away_by_the_next(tmp_path, left):
    work_in(tmp_path)
    assert names(tmp_path) == []


def test_work_that_still_goes_on_is_left_to_whoever_does_it(tmp_path):
    with working_folder(tmp_path) as first:
        (first / "data").write_bytes(b"x")
        assert work_in(tmp_path) != first
        assert names(first) == ["data", LOCK]


def test_a_folder_of_such_a_name_without_our_lock_is_not_ours(tmp_path, left):
    (left / LOCK).unlink()
    work_in(tmp_path)
    assert names(left) == ["data"]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("data")])
def test_what_only_looks_like_our_lock_is_none(tmp_path, left, make):
    (left / LOCK).unlink()
    make(left / LOCK)
    work_in(tmp_path)
    assert names(left) == ["data", LOCK]


def test_a_link_of_such_a_name_is_not_followed(tmp_path, left):
    aim = left.rename(tmp_path / "elsewhere")
    left.symlink_to(aim)
    work_in(tmp_path)
    assert names(aim) == ["data", LOCK]
    assert left.is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_what_another_user_left_is_theirs(tmp_path, left):
    os.chown(left, 65534, 65534)
    work_in(tmp_path)
    assert names(left) == ["data", LOCK]


def test_a_lock_that_is_held_protects_what_a_killed_run_left(tmp_path, left):
    with held(left / LOCK, "somebody"):
        work_in(tmp_path)
    assert names(left) == ["data", LOCK]


def test_a_place_that_is_no_folder_is_refused(tmp_path):
    (tmp_path / "file").write_bytes(b"precious")
    with pytest.raises(StorageError), working_folder(tmp_path / "file"):
        pass
    assert (tmp_path / "file").read_bytes() == b"precious"
