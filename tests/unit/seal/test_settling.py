"""A large file is on its way to the disk before it has ended, and is what was written."""

import os

import pytest

from gateway.footing import durable
from gateway.seal.settling import EVERY, settling
from gateway.vocabulary.errors import StorageError


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
