"""A user who may not look into a folder, in this very process."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def being(user: int) -> Iterator[None]:
    """For root only."""
    os.setresuid(user, user, 0)  # the real one too, since access(2) asks for that
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@contextmanager
def may_not_look(closed: Path) -> Iterator[None]:
    """As root: we are nobody for the time. As anybody else, who owns it: its mode is nothing for the time."""
    if os.geteuid() == 0:
        with being(NOBODY):
            yield
        return
    mode = closed.stat().st_mode
    closed.chmod(0)
    try:
        yield
    finally:
        closed.chmod(mode)


@contextmanager
def open_to_all() -> Iterator[Path]:
    """A folder that everybody may look into, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
