"""A private copy, hashed as it is copied, from a folder where everything may be a trap."""

import os
import resource
from datetime import UTC, datetime, timedelta

import pytest

from gateway.footing.drop_folder import DropFolder
from gateway.pickup.claim import SUNK_AT_ONCE, copy_into, measure, settled, take_out
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import ExtractInvalid, StorageError

LIMIT = 1 << 20
QUIET = timedelta(seconds=10)


def seen_by_nobody(identity):
    """As for who looks only once."""


@pytest.fixture
def drop(tmp_path):
    path = tmp_path / "outbox" / "yss"
    path.mkdir(parents=True)
    with DropFolder(path) as folder:
        yield folder, path


def test_the_copy_is_private_and_hashed(drop, tmp_path):
    folder, path = drop
    (path / "x.csv").write_bytes(b"a,b\n1,2\n" * 1000)
    measured = copy_into(folder, "x.csv", tmp_path / "copy", limit=LIMIT)
    assert measured.digest == Digest.of(b"a,b\n1,2\n" * 1000)
    assert (tmp_path / "copy").read_bytes() == b"a,b\n1,2\n" * 1000
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    assert measure(folder, "x.csv", limit=LIMIT) == measured


def symlink(path, outside):
    path.symlink_to(outside)


def hard_link(path, outside):
    os.link(outside, path)


def fifo(path, outside):
    os.mkfifo(path)


def directory(path, outside):
    path.mkdir()


def dangling(path, outside):
    path.symlink_to(outside.with_name("nowhere"))


@pytest.mark.parametrize("trap", [symlink, hard_link, fifo, directory, dangling])
def test_a_trap_is_refused_and_nothing_is_copied(drop, tmp_path, trap):
    folder, path = drop
    outside = tmp_path / "secret"
    outside.write_bytes(b"not yours")
    trap(path / "x.csv", outside)
    with pytest.raises(ExtractInvalid):
        copy_into(folder, "x.csv", tmp_path / "copy", limit=LIMIT)
    assert not (tmp_path / "copy").exists()
    assert outside.read_bytes() == b"not yours"


def test_a_file_over_the_limit_is_refused(drop, tmp_path):
    folder, path = drop
    (path / "x.csv").write_bytes(bytes(LIMIT + 1))
    with pytest.raises(ExtractInvalid, match="larger"):
        copy_into(folder, "x.csv", tmp_path / "copy", limit=LIMIT)
    assert not (tmp_path / "copy").exists()


def test_a_copy_never_overwrites(drop, tmp_path):
    folder, path = drop
    (path / "x.csv").write_bytes(b"x")
    (tmp_path / "copy").write_bytes(b"earlier")
    with pytest.raises(StorageError):
        copy_into(folder, "x.csv", tmp_path / "copy", limit=LIMIT)
    assert (tmp_path / "copy").read_bytes() == b"earlier"


def test_the_original_goes_only_if_it_is_still_what_was_copied(drop, tmp_path):
    folder, path = drop
    (path / "x.csv").write_bytes(b"x")
    measured = copy_into(folder, "x.csv", tmp_path / "copy", limit=LIMIT)
    (path / "x.csv").write_bytes(b"something new")
    assert not take_out(folder, "x.csv", measured.identity)
    assert (path / "x.csv").read_bytes() == b"something new"


def test_the_original_goes_once_it_is_copied(drop, tmp_path):
    folder, path = drop
    (path / "x.csv").write_bytes(b"x")
    assert take_out(folder, "x.csv", copy_into(folder, "x.csv", tmp_path / "copy", limit=LIMIT).identity)
    assert not (path / "x.csv").exists()


def test_a_file_still_open_for_writing_is_not_settled(drop):
    folder, path = drop
    at = datetime.now(UTC)
    with (path / "x.csv").open("wb") as writer:
        writer.write(b"half")
        writer.flush()
        assert not settled(folder, "x.csv", at=at, quiet=QUIET, still=seen_by_nobody)
    assert settled(folder, "x.csv", at=at + QUIET * 2, quiet=QUIET, still=seen_by_nobody)


def test_a_folder_that_is_a_link_is_refused(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(StorageError):
        DropFolder(tmp_path / "link")


def test_a_note_is_not_written_through_a_link(drop, tmp_path):
    folder, path = drop
    outside = tmp_path / "secret"
    outside.write_text("keep")
    (path / "waiting.txt").symlink_to(outside)
    folder.write("waiting.txt", b"note")
    assert outside.read_text() == "keep"
    assert (path / "waiting.txt").read_bytes() == b"note"


def test_setting_aside_never_overwrites(drop):
    folder, path = drop
    (path / "refused").mkdir()
    (path / "refused" / "t.csv").write_bytes(b"earlier")
    (path / "x.csv").write_bytes(b"later")
    with pytest.raises(StorageError):
        folder.set_aside("x.csv", "refused", "t.csv")
    assert (path / "refused" / "t.csv").read_bytes() == b"earlier"
    assert (path / "x.csv").read_bytes() == b"later"


def test_a_large_copy_is_whole(drop, tmp_path):
    folder, path = drop
    data = os.urandom(1 << 20) * (3 * SUNK_AT_ONCE >> 20) + b"end"
    (path / "x.csv").write_bytes(data)
    measured = copy_into(folder, "x.csv", tmp_path / "copy", limit=len(data))
    assert measured.digest == Digest.of(data) == Digest.of((tmp_path / "copy").read_bytes())
    assert measured.size == len(data)


def test_a_large_copy_for_which_the_disk_has_no_room_is_none(drop, tmp_path):
    folder, path = drop
    (path / "x.csv").write_bytes(bytes(3 * SUNK_AT_ONCE))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # no file grows beyond that: a full disk without a disk
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * SUNK_AT_ONCE, hard))
    try:
        with pytest.raises(StorageError):
            copy_into(folder, "x.csv", tmp_path / "copy", limit=4 * SUNK_AT_ONCE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(tmp_path.iterdir()) == [tmp_path / "outbox"]
