"""Files that staff put where nothing picks them up: a workbook, a folder, a file beside the routes' folders.

Nobody would ever come for them, and children's data lies on a share. So somebody is told, who takes them away:
they are no extracts, and are neither read, moved nor named. Links are not followed.
"""

import stat
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gateway.footing.workspace import Workspace
from gateway.pickup.settle import is_stray

TABLES: Final = (".csv", ".tsv", ".xml", ".xls", ".xlsx", ".xlsm", ".xlsb", ".ods", ".zip", ".7z")
"""Beside the routes' folders these alone are told of: a handbook may lie there."""


def oldest_in(workspace: Workspace, route: str) -> datetime | None:
    """Since when the oldest lies in the drop folder of a route; None too if the folder is away, which others tell."""
    return _oldest(path for path in _within(workspace.drop_folder(route)) if is_stray(path.name))


def oldest_beside(workspace: Workspace, routes: Collection[str]) -> datetime | None:
    """The same of the outbox itself, and of folders in it that are no route's."""
    return _oldest(path for path in _beside(workspace.outbox, routes) if path.suffix.lower() in TABLES)


def _beside(outbox: Path, routes: Collection[str]) -> Iterator[Path]:
    for path in _within(outbox):
        if path.name in routes:
            continue
        yield path
        if not path.is_symlink() and path.is_dir():
            yield from _within(path)


def _within(folder: Path) -> list[Path]:
    with suppress(OSError):
        return list(folder.iterdir())
    return []


def _oldest(paths: Iterable[Path]) -> datetime | None:
    times = []
    for path in paths:
        with suppress(FileNotFoundError):
            status = path.lstat()
            times += [] if stat.S_ISLNK(status.st_mode) else [status.st_ctime]
    return datetime.fromtimestamp(min(times), UTC) if times else None
