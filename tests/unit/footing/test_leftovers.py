"""What a crash left half written is taken away, and nothing else is."""

import errno
import os
from contextlib import suppress

import pytest

from gateway.footing import durable
from gateway.footing.drop_folder import DropFolder
from gateway.vocabulary.errors import StorageError

STAYS = (
    "pupils.csv",
    ".pupils.csv",
    ".hidden.tmp",
    ".x.12345.tmp",
    ".x.1234567Z.tmp",
    "x.12345678.tmp",
    ".12345678.tmp",
)
STAYS_WITH_STAFF = (*STAYS, ".notes.0123abcd.tmp", ".0123456789abcde.tmp", ".0123456789ABCDEF.tmp")


class Died(BaseException):
    pass


def half_written(folder, write):
    """A folder as a process leaves it that dies in the middle of a block: what it made is there under no final name."""
    before = set(folder.iterdir())
    with suppress(Died), write() as stream:
        stream.write(b"half")
        (made,) = set(folder.iterdir()) - before
        raise Died
    assert not made.exists()
    made.write_bytes(b"half")


def files(folder, *names):
    for name in names:
        (folder / name).write_bytes(b"staff")
    return set(names)


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_what_was_half_written_goes_and_all_else_stays(tmp_path):
    stay = files(tmp_path, *STAYS)
    half_written(tmp_path, lambda: durable.created(tmp_path / "order.json"))
    durable.sweep(tmp_path)
    assert names(tmp_path) == stay


def test_staff_keep_what_only_looks_like_ours(tmp_path):
    stay = files(tmp_path, *STAYS_WITH_STAFF)
    with DropFolder(tmp_path) as folder:
        half_written(
            tmp_path, lambda: durable.written_in(folder.descriptor, "x", 0o660, replacing=True, otherwise="no")
        )
        folder.sweep()
    assert names(tmp_path) == stay


def test_a_folder_of_somebodys_under_such_a_name_stops_nobody(tmp_path):
    (tmp_path / ".0123456789abcdef.tmp").mkdir()
    (tmp_path / ".1123456789abcdef.tmp").write_bytes(b"half")
    with DropFolder(tmp_path) as folder:
        folder.sweep()
    assert names(tmp_path) == {".0123456789abcdef.tmp"}


def test_a_link_under_such_a_name_goes_and_what_it_leads_to_stays(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"staff")
    (tmp_path / ".0123456789abcdef.tmp").symlink_to(tmp_path / "elsewhere")
    with DropFolder(tmp_path) as folder:
        folder.sweep()
    assert names(tmp_path) == {"elsewhere"}


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EROFS, errno.EIO, errno.EDQUOT])
def test_what_the_machine_cannot_give_is_told_with_a_remedy(code):
    with pytest.raises(StorageError, match=os.strerror(code)) as caught, durable.machine_errors("it was broken off"):
        raise OSError(code, "a staff name")
    assert "staff" not in caught.value.message
    assert caught.value.remedy


@pytest.mark.parametrize("error", [OSError(errno.ENOENT, "x"), BrokenPipeError(errno.EPIPE, "x"), ValueError("x")])
def test_what_is_a_defect_stays_one(error):
    with pytest.raises(type(error)) as caught, durable.machine_errors("it was broken off"):
        raise error
    assert caught.value is error
