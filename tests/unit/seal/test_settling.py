"""A large file is on its way to the disk before it has ended, and is what was written."""

import os
import threading
from pathlib import Path

import pytest

from gateway.footing import durable
from gateway.seal.settling import EVERY, PIECE, settling
from gateway.vocabulary.errors import StorageError


@pytest.mark.parametrize("sizes", [
    [0], [1], [PIECE - 1], [PIECE], [PIECE + 1], [1, PIECE], [PIECE, PIECE], [3 * PIECE + 7, 5, PIECE], [4096] * 1500,
])  # fmt: skip
def test_pieces_of_any_size_lie_one_behind_the_other(tmp_path, sizes):
    given = [os.urandom(size) for size in sizes]
    write_all(tmp_path / "large", given)
    assert (tmp_path / "large").read_bytes() == b"".join(given)


def test_a_file_system_that_has_no_way_past_its_cache_gets_it_the_ordinary_way():
    """/proc has none."""
    with Path("/proc/self/comm").open("r+b") as stream, settling(stream) as write:
        write(b"sealing")
        stream.flush()
        stream.seek(0)
        assert stream.read() == b"sealing\n"


def test_what_is_no_file_gets_it_all_the_same():
    reading, writing = os.pipe()
    given, taken = os.urandom(3 * PIECE + 5), []
    thread = threading.Thread(target=lambda: taken.extend(iter(lambda: os.read(reading, 1 << 16), b"")))
    thread.start()
    with os.fdopen(writing, "wb") as stream, settling(stream) as write:
        write(given)
    thread.join()
    os.close(reading)
    assert b"".join(taken) == given


@pytest.mark.parametrize("pieces", [0, 1, 3])
def test_what_was_written_is_there_and_whole(tmp_path, pieces):
    piece = os.urandom(EVERY // 2 + 1)
    with durable.created(tmp_path / "large") as stream, settling(stream) as write:
        for _ in range(pieces):
            write(piece)
    assert (tmp_path / "large").read_bytes() == piece * pieces


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, full_disk):
    with pytest.raises(StorageError), full_disk():
        write_all(tmp_path / "large", [bytes(2 << 20)])
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fails_while_we_write_is_told(tmp_path):
    """A pipe cannot be synced: it stands for a disk that says no."""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream, pytest.raises(StorageError):
        durable.write_back(stream)
    os.close(reading)


def write_all(path, pieces):
    with durable.created(path) as stream, settling(stream) as write:
        for piece in pieces:
            write(piece)
