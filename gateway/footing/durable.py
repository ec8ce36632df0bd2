"""The only fsync, rename and unlink of our own files: what these return from has happened.

    write_new     open(O_CREAT|O_EXCL, 0600) · write · fsync · link into place · fsync(folder)
    replace       the same under a temporary name · rename over · fsync(folder)
    publish       rename, refusing an existing name · fsync(both folders)
    …_in          the same in a folder that is held by its descriptor, and cannot be swapped

A file appears whole or not at all, with exactly the mode that is asked for: a umask only
takes away. Known hole: a disk that lies about fsync makes liars of us too; and rename is
atomic only within one file system, which `workspace` sees to.
"""

import errno
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from gateway.vocabulary.errors import StorageError

PRIVATE, GROUP_READS, SHARED = 0o600, 0o640, 0o770
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_HALF_WRITTEN, _HALF_WRITTEN_IN = re.compile(r"\..+\.[0-9a-f]{8}\.tmp"), re.compile(r"\.[0-9a-f]{16}\.tmp")
"""As `_temporary` and `written_in` name what has no final name yet."""
_NO_MORE = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ENOMEM, errno.EFBIG}
)


@contextmanager
def created(path: Path, mode: int = PRIVATE, *, synced: bool = True) -> Iterator[BinaryIO]:
    """A new file under its final name once the block ends well; nothing at all if it does not.

    Not `synced`: for what is thrown away after a crash anyway; it appears whole, and may not outlive a power cut.

    Raises:
        StorageError: the name is taken, or anything failed on the way, the writing in the block included.
    """
    temporary = _temporary(path)
    try:
        with _storage(f"{path.name} could not be written"), os.fdopen(os.open(temporary, _NEW, mode), "w+b") as stream:
            os.fchmod(stream.fileno(), mode)
            yield stream
            stream.flush()
            if synced:
                os.fsync(stream.fileno())
        with _storage(f"{path.name} could not be put in place"):
            os.link(temporary, path)
            # before the sync: a second name that came back after a power cut would outlive the first one's removal
            temporary.unlink(missing_ok=True)
            if synced:
                sync_folder(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def write_back(stream: BinaryIO) -> None:
    """Have the disk begin with what has been written so far: no promise, but less to wait for at the end."""
    with _storage("a file could not be written"):
        os.fdatasync(stream.fileno())


def write_new(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """StorageError if the name is taken."""
    with created(path, mode) as stream:
        stream.write(data)


def replace(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """The old content or the new, never a mixture, never neither."""
    temporary = _temporary(path)
    write_new(temporary, data, mode)
    try:
        with _storage(f"{path.name} could not be replaced"):
            temporary.rename(path)
            sync_folder(path.parent)
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def append_line(path: Path, line: bytes) -> None:
    """One more line at the end, on disk when this returns; the file is made if there is none.

    A line that a crash cut short has no newline, and is ended first: the new one stands by itself.
    """
    with _storage(f"{path.name} could not be written"):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE)
        try:
            size = os.fstat(descriptor).st_size
            is_cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            data = b"\n" * is_cut + line + b"\n"
            if os.write(descriptor, data) != len(data):
                raise OSError(errno.ENOSPC, "short write")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def publish(source: Path, target: Path) -> None:
    """Move a folder or file into place; StorageError if the name is taken by anything but an empty folder."""
    with _storage(f"{target.name} could not be published"):
        if not source.is_dir():
            os.link(source, target)
            source.unlink()
        else:
            source.rename(target)
        sync_folder(target.parent)
        sync_folder(source.parent)


def remove(path: Path) -> None:
    """Unlinked, which is not shredded; gone already is fine."""
    with _storage(f"{path.name} could not be removed"):
        path.unlink(missing_ok=True)
        if path.parent.exists():
            sync_folder(path.parent)


def sweep(folder: Path) -> None:
    """Away with what a crash left half written directly in a folder of ours; whoever still writes there fails."""
    with _storage(f"the folder {folder.name} could not be tidied up"):
        left = [path for path in folder.iterdir() if _HALF_WRITTEN.fullmatch(path.name)]
    for path in left:
        remove(path)


def remove_folder(path: Path) -> None:
    """An empty folder; gone already is fine."""
    with _storage(f"the folder {path.name} could not be removed"):
        if path.exists():
            path.rmdir()
            sync_folder(path.parent)


def discard_folder(path: Path, still_ours: Callable[[], object] = bool, *, first: str = "") -> None:
    """A folder of ours and all that is in it; gone already is fine. Links in it are removed, never followed.

    It is held by its descriptor: whoever is frozen here and overtaken takes away what was there when they began, and
    nothing of the folder that a successor made anew under its name. `still_ours` is asked once it is held, and
    raises once another machine may be at the work. `first`: the file that must be gone before the others.
    """
    with _storage(f"the folder {path.name} could not be removed"):
        try:
            held = os.open(path, _FOLDER)
        except FileNotFoundError:
            return
        try:
            still_ours()
            if first:
                with suppress(FileNotFoundError):
                    os.unlink(first, dir_fd=held)
                os.fsync(held)
            _empty(held)
            os.fsync(held)
        finally:
            os.close(held)
        with suppress(FileNotFoundError):
            path.rmdir()
        sync_folder(path.parent)


def _empty(folder: int) -> None:
    for name in os.listdir(folder):
        with suppress(FileNotFoundError):
            if not stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=folder)
                continue
            below = os.open(name, _FOLDER, dir_fd=folder)
            try:
                _empty(below)
            finally:
                os.close(below)
            os.rmdir(name, dir_fd=folder)


def private_folder(path: Path) -> Path:
    """0700, and so is every folder above it that was not there."""
    with _storage(f"the folder {path.name} could not be made"):
        for folder in (*reversed(path.parents), path):
            if not folder.is_dir():
                folder.mkdir(mode=0o700, exist_ok=True)
                sync_folder(folder.parent)
    return path


def new_private_folder(path: Path) -> Path:
    """0700; StorageError if the name is taken."""
    private_folder(path.absolute().parent)
    with _storage(f"the folder {path.name} could not be made"):
        path.mkdir(mode=0o700)
        sync_folder(path.absolute().parent)
    return path


def shared_folder(path: Path) -> Path:
    """0770 if it was not there; what its own folder hands down (a group, the setgid bit) stays."""
    with _storage(f"the folder {path.name} could not be made"):
        if not path.is_dir():
            path.mkdir(mode=SHARED, parents=True, exist_ok=True)
            mode = stat.S_IMODE(path.stat().st_mode)
            # where systemd forbids setgid (RestrictSUIDSGID), a chmod that leaves the bit as it is is refused too
            if mode & 0o777 != SHARED:
                path.chmod(mode & ~0o777 | SHARED)
            sync_folder(path.parent)
    return path


def open_to_group(folder: Path) -> None:
    """A private folder and the files in it, for the group they were born in to read: 0750 and 0640."""
    with _storage(f"the folder {folder.name} could not be opened to its group"):
        for file in folder.iterdir():
            file.chmod(GROUP_READS)
        folder.chmod(0o750)


def share_with(folder: Path, group: int) -> None:
    """A private folder, for this group: the files in it to read (0640), and others to be laid beside them (2770)."""
    with _storage(f"the folder {folder.name} could not be shared with its group"):
        for file in folder.iterdir():
            os.chown(file, -1, group)
            file.chmod(GROUP_READS)
        os.chown(folder, -1, group)
        folder.chmod(stat.S_ISGID | SHARED)


@contextmanager
def written_in(folder: int, name: str, mode: int, *, replacing: bool, otherwise: str) -> Iterator[BinaryIO]:
    """A file in a held folder, whole once the block ends well. Nothing is followed; `otherwise` is the message.

    Unless `replacing`, a name that is taken is StorageError. That is asked, not fenced: such names are ours.
    """
    temporary = f".{secrets.token_hex(8)}.tmp"
    try:
        with _storage(otherwise):
            with os.fdopen(os.open(temporary, _NEW, mode, dir_fd=folder), "w+b") as stream:
                with suppress(PermissionError):  # a network share may give every file the mode that it likes
                    os.fchmod(stream.fileno(), mode)
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            _rename_in(folder, temporary, folder, name, replacing=replacing)
    finally:
        with suppress(OSError):
            os.unlink(temporary, dir_fd=folder)


def remove_in(folder: int, name: str, *, otherwise: str) -> None:
    """Gone already is fine."""
    with _storage(otherwise):
        with suppress(FileNotFoundError):
            os.unlink(name, dir_fd=folder)
        os.fsync(folder)


def sweep_in(folder: int) -> None:
    """What a crash left half written in a held folder. On hostile ground: what cannot be removed stays, and stops nobody."""
    with suppress(OSError):
        for name in filter(_HALF_WRITTEN_IN.fullmatch, os.listdir(folder)):
            with suppress(OSError):
                os.unlink(name, dir_fd=folder)


def move_in(source: int, name: str, target: int, new_name: str, *, otherwise: str) -> None:
    """From one held folder into another one of the same file system; StorageError if `new_name` is taken.

    Not by link and unlink: Linux lets nobody link to a file of another's that they may not write.
    """
    with _storage(otherwise):
        _rename_in(source, name, target, new_name, replacing=False)


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rename_in(source: int, name: str, target: int, new_name: str, *, replacing: bool) -> None:
    if not replacing and _is_taken(target, new_name):
        raise StorageError("a name of ours is taken already", remedy="look who put a file there")
    os.rename(name, new_name, src_dir_fd=source, dst_dir_fd=target)
    os.fsync(target)
    if source != target:
        os.fsync(source)


def _is_taken(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")


@contextmanager
def machine_errors(message: str) -> Iterator[None]:
    """What the machine cannot give, wherever it was asked for, is StorageError; any other OSError stays what it is."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_MORE:
            raise
        raise StorageError(
            f"{message}: {os.strerror(error.errno)}",
            remedy="check the disk's space and health, and the limit of open files",
        ) from error


@contextmanager
def _storage(message: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unknown reason"
        raise StorageError(f"{message}: {reason}", remedy="check the disk's space, rights and health") from error
