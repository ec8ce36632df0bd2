"""One process a half: a lock the kernel lets go when its holder dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.vocabulary.errors import StorageError, UsageError


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """UsageError if another process holds it; `what` names the half."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise StorageError(
            f"the lock of {what} cannot be opened", remedy="is this the half's own user? Then 'gateway doctor'"
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise UsageError(
            f"another process runs {what} already", remedy="leave the work to it, or stop it first"
        ) from error
    try:
        yield
    finally:
        os.close(descriptor)
