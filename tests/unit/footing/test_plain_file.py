"""A file that somebody else could have put there: bounded to the byte."""

import pytest

from gateway.footing.plain_file import read_plain
from gateway.vocabulary.errors import FormatInvalid, StorageError


@pytest.mark.parametrize(("size", "fits"), [(0, True), (10, True), (11, False), (1000, False)])
def test_a_plain_file_is_bounded_to_the_byte(tmp_path, size, fits):
    (tmp_path / "x").write_bytes(bytes(size))
    if fits:
        assert read_plain(tmp_path / "x", 10, what="it") == bytes(size)
        return
    with pytest.raises(FormatInvalid, match="at most 10 bytes"):
        read_plain(tmp_path / "x", 10, what="it")


def test_what_the_machine_cannot_read_now_is_not_the_files_fault(tmp_path):
    (tmp_path / "x").write_bytes(b"")
    with pytest.raises(StorageError, match="it cannot be read"):
        read_plain(tmp_path / "x" / "y", 10, what="it")
