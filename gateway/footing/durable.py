"""The only fsync, rename and unlink in the package: what these return from has happened.

    write_new     open(O_CREAT|O_EXCL, 0600) · write · fsync · link into place · fsync(folder)
    replace       the same under a temporary name · rename over · fsync(folder)
    publish       rename, refusing an existing name · fsync(both folders)

A file appears whole or not at all. Known hole: a disk that lies about fsync makes liars
of us too; and rename is atomic only within one file system, which `workspace` sees to.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gateway.vocabulary.errors import StorageError

PRIVATE = 0o600


@contextmanager
def created(path: Path, mode: int = PRIVATE) -> Iterator[BinaryIO]:
    """A new file under its final name once the block ends well; nothing at all if it does not."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    with _storage(f"{path.name} could not be written"):
        stream = os.fdopen(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "w+b")
    try:
        with stream:
            yield stream
            with _storage(f"{path.name} could not be made durable"):
                stream.flush()
                os.fsync(stream.fileno())
        with _storage(f"{path.name} could not be put in place"):
            os.link(temporary, path)
            sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_new(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """StorageError if the name is taken."""
    with created(path, mode) as stream:
        stream.write(data)


def replace(path: Path, data: bytes, mode: int = PRIVATE) -> None:
    """The old content or the new, never a mixture, never neither."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    write_new(temporary, data, mode)
    with _storage(f"{path.name} could not be replaced"):
        os.rename(temporary, path)
        sync_folder(path.parent)


def publish(source: Path, target: Path) -> None:
    """Move a folder or file into place; StorageError if the name is taken by anything but an empty folder."""
    with _storage(f"{target.name} could not be published"):
        if not source.is_dir():
            os.link(source, target)
            source.unlink()
        else:
            os.rename(source, target)
        sync_folder(target.parent)
        sync_folder(source.parent)


def remove(path: Path) -> None:
    """Unlinked, which is not shredded; gone already is fine."""
    with _storage(f"{path.name} could not be removed"):
        path.unlink(missing_ok=True)
        sync_folder(path.parent)


def remove_folder(path: Path) -> None:
    """An empty folder; gone already is fine."""
    with _storage(f"the folder {path.name} could not be removed"):
        if path.exists():
            path.rmdir()
            sync_folder(path.parent)


def private_folder(path: Path) -> Path:
    with _storage(f"the folder {path.name} could not be made"):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _storage(message: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unknown reason"
        raise StorageError(f"{message}: {reason}", remedy="check the disk's space, rights and health") from error
