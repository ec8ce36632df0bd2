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
import shutil
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Self

from gateway.footing import durable
from gateway.footing.mounts import MOUNTS, is_network, kind_of
from gateway.vocabulary.errors import ExtractInvalid, StorageError

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FOR_STAFF = 0o660
_ITSELF = "put the file itself there"
_AGAIN = "it is read again at the next look"


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

    def __init__(self, path: Path, *, within: int | None = None) -> None:
        """`path` is seen from the folder with the descriptor `within`, if that is given."""
        try:
            self._fd = os.open(path, _FOLDER, dir_fd=within)
        except OSError as error:
            raise StorageError(
                f"the drop folder {path.name} cannot be opened",
                remedy="is the outbox mounted? A folder that was taken away is made anew by hand; 'gateway doctor'",
            ) from error

    @cached_property
    def is_elsewhere(self) -> bool:
        """On a share that this machine mounts: others write there, and no event or lease of ours tells. So if nobody knows."""
        try:
            mounts = MOUNTS.read_text("utf-8", "replace")
        except OSError:
            return True
        return is_network(kind_of(os.fstat(self._fd).st_dev, mounts))

    @property
    def descriptor(self) -> int:
        """For `durable`, as long as the folder is held."""
        return self._fd

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def names(self) -> list[str]:
        try:
            return sorted(os.listdir(self._fd))  # noqa: PTH208 - a descriptor has no path
        except OSError as error:
            raise StorageError("a drop folder cannot be read", remedy="run 'gateway doctor'") from error

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO]:
        """ExtractInvalid for anything but a regular file with a single name."""
        try:
            descriptor = os.open(name, _READ, dir_fd=self._fd)
        except BlockingIOError as error:  # a file server's own lease for one of its clients, which is told to end it
            raise ExtractInvalid("another program has the file to itself", remedy=_AGAIN) from error
        except OSError as error:
            raise ExtractInvalid("the file is a link, or cannot be opened", remedy=_ITSELF) from error
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
        problem = "a note for staff could not be written"
        with durable.written_in(self._fd, name, FOR_STAFF, replacing=True, otherwise=problem) as stream:
            stream.write(data)

    def put(self, name: str, source: BinaryIO) -> None:
        """A file for staff under a name of ours, never over a file that is there."""
        problem = "a file could not be given back to staff"
        with durable.written_in(self._fd, name, FOR_STAFF, replacing=False, otherwise=problem) as stream:
            shutil.copyfileobj(source, stream)

    def is_folder(self, name: str) -> bool:
        try:
            return stat.S_ISDIR(os.stat(name, dir_fd=self._fd, follow_symlinks=False).st_mode)
        except FileNotFoundError:
            return False

    def remove(self, name: str) -> None:
        durable.remove_in(self._fd, name, otherwise="a file could not be taken out of the drop folder")

    def sweep(self) -> None:
        """Notes of ours that a crash left half written."""
        durable.sweep_in(self._fd)

    def set_aside(self, name: str, folder: str, new_name: str) -> None:
        """Into a folder of ours below this one, never over a file that is there."""
        with self.below(folder) as target:
            problem = "a refused file could not be set aside"
            durable.move_in(self._fd, name, target.descriptor, new_name, otherwise=problem)

    def below(self, name: str) -> "DropFolder":
        """A folder of ours in this one, held in its own right."""
        return DropFolder(Path(name), within=self._fd)


def _plain_file(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise ExtractInvalid("this is a folder or the like, and no file", remedy=_ITSELF)
    if status.st_nlink != 1:
        raise ExtractInvalid("the file has a second name elsewhere (a hard link)", remedy="put a copy of it there")


def nobody_writes(stream: BinaryIO) -> bool | None:
    """By a read lease: False while anybody has the file open for writing; None if we may not ask.

    Only a file's owner (or CAP_LEASE) may ask. A share that is mounted from elsewhere may grant it and know nothing
    of who writes at the other end (sshfs does), so it is not to be asked there. Whoever opens the
    file for writing while the lease is held makes the kernel send us a signal: SIGIO, unless
    another is asked for, and SIGIO kills. SIGURG does nothing.
    """
    try:
        fcntl.fcntl(stream.fileno(), fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(stream.fileno(), fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return False
    except OSError:
        return None
    fcntl.fcntl(stream.fileno(), fcntl.F_SETLEASE, fcntl.F_UNLCK)
    return True
