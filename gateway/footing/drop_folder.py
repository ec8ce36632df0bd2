"""One outbox folder: hostile ground. Everything here goes through a descriptor of the folder.

- a name is never followed: no symbolic links, no other folders, no devices, no FIFOs that
  would hang a reader, no hard links to files elsewhere;
- the folder itself is opened once, not followed, so that it cannot be swapped under us;
- what we write for staff appears whole, under a name of ours, and never through a link.

Names that staff chose leave this module only towards the same folder (`waiting.txt`,
`refused/`); they are never logged, receipted or put into an error (DESIGN §3.6).
"""

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.vocabulary.errors import ExtractInvalid, StorageError

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_WRITE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
FOR_STAFF = 0o660


@dataclass(frozen=True, slots=True)
class Identity:
    """What a file was when we looked: if all five are the same, so is the file (ctime is the kernel's)."""

    device: int
    inode: int
    size: int
    mtime_ns: int
    ctime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Identity":
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


class DropFolder:
    """A folder held by its descriptor. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        try:
            self._fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as error:
            raise StorageError(
                f"the drop folder of the route {path.name} cannot be opened", remedy="run 'gateway doctor'"
            ) from error

    def __enter__(self) -> "DropFolder":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def names(self) -> list[str]:
        return sorted(os.listdir(self._fd))

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """ExtractInvalid for anything but a regular file with a single name in this very file system."""
        try:
            descriptor = os.open(name, _READ, dir_fd=self._fd)
        except OSError as error:
            raise ExtractInvalid("a file in the drop folder is a link or cannot be opened") from error
        try:
            _plain_file(os.fstat(descriptor))
        except ExtractInvalid:
            os.close(descriptor)
            raise
        with os.fdopen(descriptor, "rb") as stream:
            yield stream

    def read_small(self, name: str, limit: int) -> bytes:
        with self.opened(name) as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise ExtractInvalid(f"a file beside an extract is larger than {limit} bytes")
        return data

    def identity(self, name: str) -> Identity | None:
        """None if it is gone."""
        try:
            return Identity.of(os.stat(name, dir_fd=self._fd, follow_symlinks=False))
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Replace a file that is ours to write; staff see the old text or the new."""
        temporary = f".{secrets.token_hex(8)}.tmp"
        try:
            with os.fdopen(os.open(temporary, _WRITE, FOR_STAFF, dir_fd=self._fd), "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.rename(temporary, name, src_dir_fd=self._fd, dst_dir_fd=self._fd)
            os.fsync(self._fd)
        except OSError as error:
            raise StorageError("a note for staff could not be written", remedy="check the outbox's rights") from error

    def remove(self, name: str) -> None:
        try:
            os.unlink(name, dir_fd=self._fd)
        except FileNotFoundError:
            return
        except OSError as error:
            raise StorageError("a file could not be taken out of the drop folder") from error

    def set_aside(self, name: str, folder: str, new_name: str) -> None:
        """Into a folder of ours below this one, never over a file that is there."""
        with DropFolder.below(self, folder) as target:
            try:
                os.link(name, new_name, src_dir_fd=self._fd, dst_dir_fd=target._fd, follow_symlinks=False)
                os.unlink(name, dir_fd=self._fd)
            except OSError as error:
                raise StorageError("a refused file could not be set aside") from error

    @classmethod
    def below(cls, parent: "DropFolder", name: str) -> "DropFolder":
        folder = cls.__new__(cls)
        try:
            folder._fd = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent._fd)
        except OSError as error:
            raise StorageError(f"the folder {name} below a drop folder cannot be opened") from error
        return folder


def _plain_file(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ExtractInvalid("something in the drop folder is not a regular file")
    if status.st_nlink != 1:
        raise ExtractInvalid("a file in the drop folder has a second name elsewhere (a hard link)")


def nobody_writes(stream: BinaryIO) -> bool | None:
    """By a read lease: False while anybody has the file open for writing; None if we may not ask.

    Only a file's owner (or CAP_LEASE) may ask; on a network mount nobody may.
    """
    try:
        fcntl.fcntl(stream.fileno(), fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return False
    except OSError:
        return None
    fcntl.fcntl(stream.fileno(), fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return True
