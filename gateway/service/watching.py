"""Folder events as hints to look again: never believed, never needed (DESIGN §12).

inotify drops events on overflow and sees none on network mounts; so an event only sets a
flag, and the scan every `scan_seconds` is the truth.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from watchdog.events import FileClosedEvent, FileCreatedEvent, FileMovedEvent, FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

HINTS = [FileClosedEvent, FileCreatedEvent, FileMovedEvent]
"""Not opening and reading: those we do ourselves, and would wake us for ever."""


class _Waker(FileSystemEventHandler):
    def __init__(self, wake: threading.Event) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:  # noqa: ARG002 - that something happened is all there is to know
        self._wake.set()


@contextmanager
def watched(folders: Sequence[Path], wake: threading.Event) -> Iterator[None]:
    """Set `wake` whenever something happens directly in one of the folders."""
    observer = Observer()
    for folder in folders:
        observer.schedule(_Waker(wake), str(folder), event_filter=HINTS)
    observer.start()
    try:
        yield
    finally:
        observer.stop()
        observer.join()
