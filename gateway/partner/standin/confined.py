"""File operations that cannot leave one folder, whatever the path says.

A path is walked component by component from the root's descriptor, links never followed;
`..` cannot climb, since paths are made absolute inside the root first. So a link that
somebody put there leads nowhere. Raises OSError, as the functions of `os` do.
"""

import os
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def canonical(path: str) -> str:
    """Absolute within the root: `/inbox/x`."""
    return "/" + posixpath.normpath("/" + path).lstrip("/")


class Confined:
    """The root folder as a client sees it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, path: str, flags: int) -> int:
        """A descriptor; O_EXCL is honoured, links are refused."""
        with self._parent(path) as (folder, name):
            return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=folder)

    def status(self, path: str) -> os.stat_result:
        if canonical(path) == "/":
            return self._root.stat()
        with self._parent(path) as (folder, name):
            return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def names(self, path: str) -> list[tuple[str, os.stat_result]]:
        with self._folder(canonical(path)) as folder:
            found = sorted(os.listdir(folder))  # noqa: PTH208 - of a descriptor, which a path could not name safely
            return [(name, os.stat(name, dir_fd=folder, follow_symlinks=False)) for name in found]

    def remove(self, path: str) -> None:
        with self._parent(path) as (folder, name):
            os.unlink(name, dir_fd=folder)

    def rename(self, old: str, new: str, *, over: bool = False) -> None:
        """FileExistsError if the new name is taken by anything, unless `over`: link and unlink, as OpenSSH does it."""
        with self._parent(old) as (old_folder, old_name), self._parent(new) as (new_folder, new_name):
            if over:
                os.rename(old_name, new_name, src_dir_fd=old_folder, dst_dir_fd=new_folder)
                return
            os.link(old_name, new_name, src_dir_fd=old_folder, dst_dir_fd=new_folder, follow_symlinks=False)
            os.unlink(old_name, dir_fd=old_folder)

    def make_folder(self, path: str) -> None:
        with self._parent(path) as (folder, name):
            os.mkdir(name, 0o700, dir_fd=folder)

    @contextmanager
    def _parent(self, path: str) -> Iterator[tuple[int, str]]:
        folder, name = posixpath.split(canonical(path))
        with self._folder(folder) as descriptor:
            yield descriptor, name or "."

    @contextmanager
    def _folder(self, path: str) -> Iterator[int]:
        descriptor = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for part in path.split("/"):
                if part:
                    below = os.open(part, _FOLDER, dir_fd=descriptor)
                    os.close(descriptor)
                    descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)
