"""Reads a file that somebody else could have put there: a regular one, not followed, of bounded size."""

import errno
import os
import stat
from pathlib import Path

from gateway.vocabulary.errors import FormatInvalid, StorageError

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
_NO_SUCH_FILE = frozenset({errno.ENOENT, errno.ELOOP, errno.ENXIO})
"""Missing, a link, a socket: of the file, and not of the machine."""


def read_plain(path: Path, limit: int, *, what: str) -> bytes:
    """`what` names it in messages.

    Raises:
        FormatInvalid: it is missing, something else than a regular file, or larger than `limit` bytes.
        StorageError: the machine could not read it; it may be as it should.
    """
    try:
        descriptor = os.open(path, _READ)
    except OSError as error:
        if error.errno in _NO_SUCH_FILE:
            raise FormatInvalid(f"{what} is missing, or is a link") from error
        raise StorageError(f"{what} cannot be read", remedy="check the folder's owner and rights") from error
    try:
        return _bounded(descriptor, limit, what)
    except OSError as error:
        raise StorageError(f"{what} cannot be read", remedy="check the disk's health") from error
    finally:
        os.close(descriptor)


def _bounded(descriptor: int, limit: int, what: str) -> bytes:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
        raise FormatInvalid(f"{what} is not a regular file of at most {limit} bytes")
    data = bytearray()
    while len(data) <= limit and (chunk := os.read(descriptor, limit + 1 - len(data))):
        data += chunk
    if len(data) > limit:
        raise FormatInvalid(f"{what} is larger than {limit} bytes")
    return bytes(data)
