"""Hostile ground: what staff put there is never followed, never believed, never overwritten."""

import fcntl
import io
import os
import signal
import socket
import stat
import subprocess
import sys

import pytest

from gateway.footing.drop_folder import DropFolder, Identity, nobody_writes
from gateway.vocabulary.errors import ExtractInvalid, StorageError
from tests.descriptors import nothing_stays_open

NAME = "Anna Example 2009-05-17.csv"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "outbox" / "yss"
    (path / "refused").mkdir(parents=True)
    return path


@pytest.fixture
def drop(path):
    with DropFolder(path) as folder:
        yield folder


def read(folder, name=NAME):
    with folder.opened(name) as stream:
        return stream.read()


def link(path, outside):
    path.symlink_to(outside)


def dangling(path, outside):
    path.symlink_to(outside.with_name("nowhere"))


def link_within(path, outside):
    path.with_name("other.csv").write_bytes(b"mine")
    path.symlink_to("other.csv")


def hard_link(path, outside):
    os.link(outside, path)


def fifo(path, outside):
    os.mkfifo(path)


def directory(path, outside):
    path.mkdir()


def link_to_directory(path, outside):
    path.symlink_to(outside.parent)


def bound_socket(path, outside):
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(f"/proc/self/fd/{os.open(path.parent, os.O_PATH)}/{path.name}")


def device(path, outside):
    if os.geteuid() != 0:
        pytest.skip("only root can make a device")
    try:
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this machine lets nobody make a device")


def nothing(path, outside):
    pass


TRAPS = [link, dangling, link_within, hard_link, fifo, directory, link_to_directory, bound_socket, device, nothing]


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_is_refused_without_its_name_and_opens_nothing(drop, path, tmp_path, trap):
    outside = tmp_path / "secret"
    outside.write_bytes(b"not yours")
    trap(path / NAME, outside)
    with nothing_stays_open(), pytest.raises(ExtractInvalid) as caught:
        read(drop)
    assert "Anna" not in caught.value.message + caught.value.remedy
    assert outside.read_bytes() == b"not yours"


def test_a_plain_file_is_read(drop, path):
    (path / NAME).write_bytes(b"a,b\n")
    assert read(drop) == b"a,b\n"
    assert drop.names() == [NAME, "refused"]


def test_a_folder_swapped_for_another_is_still_the_one_that_was_opened(drop, path):
    (path / NAME).write_bytes(b"mine")
    path.rename(path.with_name("moved"))
    path.mkdir()
    (path / NAME).write_bytes(b"somebody else's")
    assert read(drop) == b"mine"
    drop.write("waiting.txt", b"note")
    assert (path.with_name("moved") / "waiting.txt").exists()
    assert not (path / "waiting.txt").exists()


@pytest.mark.parametrize(
    "make", [link_to_directory, dangling, fifo, nothing, lambda path, outside: path.write_bytes(b"")]
)
def test_a_folder_that_is_not_one_is_refused(tmp_path, make):
    (tmp_path / "real").mkdir()
    make(tmp_path / "yss", tmp_path / "real" / "x")
    with pytest.raises(StorageError, match="drop folder yss") as caught:
        DropFolder(tmp_path / "yss")
    assert caught.value.remedy


@pytest.mark.parametrize(("size", "fits"), [(0, True), (9, True), (10, True), (11, False), (1000, False)])
def test_a_small_file_is_small_to_the_byte(drop, path, size, fits):
    (path / "x").write_bytes(bytes(size))
    if fits:
        assert drop.read_small("x", 10) == bytes(size)
        return
    with pytest.raises(ExtractInvalid, match="larger than 10 bytes"):
        drop.read_small("x", 10)


def test_a_file_that_was_written_to_has_another_identity_though_its_times_were_set_back(drop, path):
    (path / "x").write_bytes(b"1")
    first, status = drop.identity("x"), (path / "x").stat()
    assert first == Identity.of(status)
    while drop.identity("x") == first:  # until the kernel's clock has ticked
        (path / "x").write_bytes(b"2")
        os.utime(path / "x", ns=(status.st_atime_ns, status.st_mtime_ns))
    second = drop.identity("x")
    assert (first.inode, first.size, first.mtime_ns) == (second.inode, second.size, second.mtime_ns)
    assert drop.identity("gone") is None


def test_an_identity_is_that_of_a_link_and_not_of_its_target(drop, path, tmp_path):
    link(path / "x", tmp_path)
    assert drop.identity("x") == Identity.of((path / "x").lstat())


def test_a_note_is_the_groups_to_read_under_any_umask(drop, path, any_umask):
    drop.write("waiting.txt", b"note")
    assert stat.S_IMODE((path / "waiting.txt").stat().st_mode) == 0o660


@pytest.mark.parametrize("trap", [link, dangling, hard_link, fifo])
def test_a_note_takes_the_place_of_a_trap_and_touches_nothing_else(drop, path, tmp_path, trap):
    outside = tmp_path / "secret"
    outside.write_bytes(b"keep")
    trap(path / "waiting.txt", outside)
    drop.write("waiting.txt", b"note")
    assert (path / "waiting.txt").read_bytes() == b"note"
    assert outside.read_bytes() == b"keep"
    assert not outside.with_name("nowhere").exists()


def test_a_note_that_cannot_be_written_leaves_nothing_in_the_folder(drop, path):
    (path / "waiting.txt").mkdir()
    for _ in range(3):
        with pytest.raises(StorageError, match="a note for staff"):
            drop.write("waiting.txt", b"note")
    assert drop.names() == ["refused", "waiting.txt"]


def test_a_note_that_outgrows_the_disk_leaves_the_old_one(drop, path, full_after):
    drop.write("waiting.txt", b"old")
    with full_after(5_000), pytest.raises(StorageError):
        drop.write("waiting.txt", bytes(9_000))
    assert (path / "waiting.txt").read_bytes() == b"old"
    assert drop.names() == ["refused", "waiting.txt"]


def test_a_file_is_given_back_whole_and_never_over_another(drop, path):
    with drop.below("refused") as refused:
        refused.put("t.csv", io.BytesIO(b"x" * 100_000))
        with pytest.raises(StorageError, match="taken"):
            refused.put("t.csv", io.BytesIO(b"later"))
        assert refused.names() == ["t.csv"]
    assert (path / "refused" / "t.csv").read_bytes() == b"x" * 100_000


@pytest.mark.parametrize("trap", [link, dangling, hard_link, fifo, directory])
def test_whatever_is_set_aside_is_moved_as_it_is(drop, path, tmp_path, trap):
    outside = tmp_path / "secret"
    outside.write_bytes(b"keep")
    trap(path / NAME, outside)
    before = (path / NAME).lstat()
    drop.set_aside(NAME, "refused", "t.csv")
    assert (path / "refused" / "t.csv").lstat().st_ino == before.st_ino
    assert drop.names() == ["refused"]
    assert outside.read_bytes() == b"keep"


@pytest.mark.parametrize("taken", [link, dangling, fifo, directory, lambda path, outside: path.write_bytes(b"earlier")])
def test_setting_aside_never_overwrites_whatever_is_there(drop, path, tmp_path, taken):
    taken(path / "refused" / "t.csv", tmp_path / "x")
    before = (path / "refused" / "t.csv").lstat()
    (path / NAME).write_bytes(b"later")
    with pytest.raises(StorageError) as caught:
        drop.set_aside(NAME, "refused", "t.csv")
    assert "Anna" not in caught.value.message + caught.value.remedy
    assert (path / "refused" / "t.csv").lstat() == before
    assert (path / NAME).read_bytes() == b"later"


@pytest.mark.parametrize("trap", [link_to_directory, nothing])
def test_nothing_is_set_aside_through_a_link(drop, path, tmp_path, trap):
    (path / "refused").rmdir()
    trap(path / "refused", tmp_path / "x")
    (path / NAME).write_bytes(b"x")
    with pytest.raises(StorageError):
        drop.set_aside(NAME, "refused", "t.csv")
    assert (path / NAME).exists()
    assert not (tmp_path / "t.csv").exists()


SET_ASIDE = """
import os, sys
from pathlib import Path
from gateway.footing.drop_folder import DropFolder
folder = DropFolder(Path(sys.argv[1]))
os.setgroups([]); os.setgid(4321); os.setuid(4321)
folder.set_aside("x.csv", "refused", "t.csv")
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two people")
def test_a_file_of_somebody_else_that_we_may_not_write_can_be_set_aside(path):
    (path / "x.csv").write_bytes(b"x")
    (path / "x.csv").chmod(0o640)
    for folder in (path, path / "refused"):
        os.chown(folder, -1, 4321)
        folder.chmod(0o770)
    subprocess.run([sys.executable, "-c", SET_ASIDE, path], check=True)
    assert (path / "refused" / "t.csv").read_bytes() == b"x"


def test_what_is_gone_can_be_removed_again(drop, path):
    (path / "x").write_bytes(b"")
    drop.remove("x")
    drop.remove("x")
    assert drop.names() == ["refused"]


def test_a_folder_is_not_removed_for_a_file(drop):
    with pytest.raises(StorageError, match="could not be taken out"):
        drop.remove("refused")


def test_a_writer_is_seen_as_long_as_there_is_one(drop, path):
    with (path / "x").open("wb"), drop.opened("x") as stream:
        assert nobody_writes(stream) is False
    with drop.opened("x") as stream:
        assert nobody_writes(stream) is True
        assert nobody_writes(stream) is True, "asking holds nothing back"
    with (path / "x").open("ab"):
        pass


def test_nobody_can_be_asked_about_what_knows_no_lease():
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as stream, os.fdopen(writer, "wb"):
        assert nobody_writes(stream) is None


OPENED_MEANWHILE = """
import fcntl, os, sys
from gateway.footing.drop_folder import nobody_writes

def meanwhile(event, arguments):
    if event == "fcntl.fcntl" and arguments[1:] == (fcntl.F_SETLEASE, fcntl.F_UNLCK):
        try:
            os.open(sys.argv[1], os.O_WRONLY | os.O_NONBLOCK)
        except BlockingIOError:
            print("held")

sys.addaudithook(meanwhile)
with open(sys.argv[1], "rb") as stream:
    print(nobody_writes(stream))
"""


def test_whoever_opens_the_file_just_while_we_ask_does_not_kill_us(path):
    (path / "x").write_bytes(b"")
    ran = subprocess.run([sys.executable, "-c", OPENED_MEANWHILE, path / "x"], capture_output=True, check=False)
    assert (ran.returncode, ran.stdout.split()) == (0, [b"held", b"True"])


def test_where_nobody_knows_what_it_lies_on_no_lease_is_believed(tmp_path, monkeypatch):
    with DropFolder(tmp_path) as folder:
        assert not folder.is_elsewhere
    monkeypatch.setattr("gateway.footing.drop_folder.MOUNTS", tmp_path / "nothing")
    with DropFolder(tmp_path) as folder:
        assert folder.is_elsewhere


def test_a_file_that_another_program_has_to_itself_is_told_of_as_that_and_not_as_a_link(drop, path):
    (path / "x").write_bytes(b"x")
    with (path / "x").open("r+b") as alone:
        fcntl.fcntl(alone, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(alone, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        with pytest.raises(ExtractInvalid, match="to itself"):
            read(drop, "x")
    assert read(drop, "x") == b"x"
