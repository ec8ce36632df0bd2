"""A private folder for work in a folder that is not ours alone: under a name of its own, and gone afterwards.

A person says where data is opened, and what lies there is theirs, whatever it is called. So ours gets a name that
nobody has. What an earlier run left there when it was killed holds a child's data and goes with the next one: it is
known by such a name, as a folder of our user with a lock in it that the kernel let go.
"""

import os
import re
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from gateway.footing import durable
from gateway.footing.lock import held
from gateway.vocabulary.errors import StorageError, UsageError

LOCK: Final = "lock"
_PREFIX: Final = ".gateway-work-"
_NAME: Final = re.compile(re.escape(_PREFIX) + r"[0-9a-f]{16}")
_WORK: Final = "the work in this folder"


@contextmanager
def working_folder(place: Path) -> Iterator[Path]:
    """New, 0700, in `place`, which is made if need be; it is discarded however the block ends.

    Raises:
        StorageError: `place` cannot be read or written in, or what an earlier run left there cannot be removed.
    """
    durable.private_folder(place)
    _discard_left(place)
    folder = durable.new_private_folder(place / f"{_PREFIX}{secrets.token_hex(8)}")
    try:
        with held(folder / LOCK, _WORK):
            yield folder
    finally:
        durable.discard_folder(folder)


def _discard_left(place: Path) -> None:
    try:
        found = [path for path in place.iterdir() if _NAME.fullmatch(path.name) and _is_ours(path)]
    except OSError as error:
        raise StorageError(
            f"the folder {place.name} cannot be read", remedy="name a folder that is yours to read and to write in"
        ) from error
    for folder in found:
        with suppress(UsageError), held(folder / LOCK, _WORK):  # held by another: somebody is at work in it
            durable.discard_folder(folder)


def _is_ours(path: Path) -> bool:
    """A folder of this user with a lock in it; neither is followed if it is a link. Modes tell nothing on some mounts."""
    try:
        folder, lock = path.lstat(), (path / LOCK).lstat()
    except OSError:
        return False
    is_work = stat.S_ISDIR(folder.st_mode) and stat.S_ISREG(lock.st_mode)
    return is_work and {folder.st_uid, lock.st_uid} == {os.geteuid()}
