"""Folder events as hints to look again: never believed, never needed (DESIGN §12).

inotify drops events on overflow and sees none on network mounts; so an event only sets a
flag, and the scan every `scan_seconds` is the truth. What makes hints cease without a word is
looked for at every scan and mended: a folder that was replaced, unmounted or mounted over (the
watch is on the old one), a watching thread that died, a folder that came later.
"""

import logging
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import ObservedWatch

HINTS = [FileClosedEvent, FileCreatedEvent, FileMovedEvent, DirCreatedEvent, DirMovedEvent]
"""An order is a folder that is renamed into place. Not opening and reading: those we do ourselves, and would wake us for ever."""
TELLS_OF_OVERFLOW = logging.getLogger("watchdog.observers.inotify_c")
"""The library says so nowhere else than in its log."""
Place = tuple[int, int]
"""Device and inode."""


class _Waker(FileSystemEventHandler):
    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:  # noqa: ARG002 - that something happened is all there is to know
        self._wake.set()


class _WokenByOverflow(logging.Handler):
    def __init__(self, wake: threading.Event) -> None:
        super().__init__(logging.WARNING)
        self._wake = wake

    def emit(self, record: logging.LogRecord) -> None:  # noqa: ARG002 - as above
        self._wake.set()


class FolderWatch:
    """Sets `wake` whenever something happens directly in one of the folders that are watched."""

    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake
        self._observer: Any = Observer()
        self._watched: dict[Path, tuple[Place, ObservedWatch]] = {}
        self._observer.start()

    def mend(self, folders: Iterable[Path]) -> int:
        """Watch these folders as they are now, and no others; how many had to be watched anew."""
        wanted = set(folders)
        if not self._observer.is_alive():
            self.close()
            self._observer = Observer()
            self._observer.start()
        for folder in self._watched.keys() - wanted:
            self._forget(folder)
        return sum(self._watch_anew(folder) for folder in sorted(wanted) if not self._is_watched(folder))

    def close(self) -> None:
        self._watched.clear()
        self._observer.stop()
        self._observer.join()

    def _is_watched(self, folder: Path) -> bool:
        known = self._watched.get(folder)
        if known is None:
            return False
        place, watch = known
        return place == _place(folder) and any(
            emitter.watch == watch and emitter.is_alive() for emitter in self._observer.emitters
        )

    def _watch_anew(self, folder: Path) -> bool:
        """A folder that is not there, or one too many for the kernel, is left to the scan."""
        self._forget(folder)
        place = _place(folder)  # before: what is replaced in between is found out the next time
        if place is None:
            return False
        try:
            watch = self._observer.schedule(_Waker(self._wake), str(folder), event_filter=HINTS)
        except OSError:
            return False
        self._watched[folder] = place, watch
        return True

    def _forget(self, folder: Path) -> None:
        known = self._watched.pop(folder, None)
        if known is not None:
            with suppress(KeyError, OSError):  # its thread is gone already, and so is what it watched
                self._observer.unschedule(known[1])


@contextmanager
def watched(folders: Iterable[Path], wake: threading.Event) -> Iterator[FolderWatch]:
    """As long as the block lasts."""
    watch, overflow = FolderWatch(wake), _WokenByOverflow(wake)
    TELLS_OF_OVERFLOW.addHandler(overflow)
    try:
        watch.mend(folders)
        yield watch
    finally:
        TELLS_OF_OVERFLOW.removeHandler(overflow)
        watch.close()


def _place(folder: Path) -> Place | None:
    """None if it cannot be seen."""
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
