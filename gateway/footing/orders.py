"""The orders that lie in the mailbox, each read once for as long as its folder is unchanged.

Orders stay until their partners have answered, for weeks where a partner is slow, and deliver looks at
all of them in every round. An order appears with its folder and is never written again; a word that
revokes it, or another order in its place, changes the folder.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gateway.footing import mailbox
from gateway.footing.mailbox import ORDER, Order

_Mark = tuple[int, int, int]
"""What is another as soon as anything in a folder is."""
_Known = tuple[_Mark, Path, Order]


@dataclass(slots=True)
class Orders:
    """For the threads of all lanes."""

    _known: dict[str, _Known] = field(default_factory=dict)

    def lying(self, place: Path) -> Iterator[tuple[Path, Order | None]]:
        """Folders that hold an order, oldest first, with it if it was read before; what is known of others is forgotten."""
        marks = _marks(place)
        for name in self._known.keys() - marks.keys():
            self._known.pop(name, None)
        for name, mark in marks.items():
            known = self._known.get(name)
            if known and known[0] == mark:
                yield known[1], known[2]
            elif (place / name / ORDER).exists():
                yield place / name, None

    def read(self, folder: Path) -> Order:
        """As `mailbox.read_order`."""
        mark = _marked(folder)  # before it is read: a change meanwhile is seen the next time
        known = self._known.get(folder.name)
        if known and known[0] == mark:
            return known[2]
        order = mailbox.read_order(folder)
        if mark:
            self._known[folder.name] = mark, folder, order
        return order


def _marks(place: Path) -> dict[str, _Mark]:
    """Of all that lies there, by name."""
    found: dict[str, _Mark] = {}
    with os.scandir(place) as entries:
        for entry in entries:
            try:
                found[entry.name] = _mark(entry.stat(follow_symlinks=False))
            except FileNotFoundError:
                continue  # closed meanwhile
    return dict(sorted(found.items()))


def _marked(folder: Path) -> _Mark | None:
    try:
        return _mark(os.lstat(folder))
    except OSError:
        return None


def _mark(status: os.stat_result) -> _Mark:
    return status.st_ino, status.st_ctime_ns, status.st_mtime_ns
