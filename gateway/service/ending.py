"""The end of a half's work: an event that wakes whoever waits for something else, and lets go of a step that takes too long."""

import threading
from collections.abc import Callable


class End(threading.Event):
    """Set when the halves are to end."""

    def __init__(self) -> None:
        super().__init__()
        self._also: list[threading.Event] = []
        self._letting_go: list[Callable[[], object]] = []

    def also_sets(self, other: threading.Event) -> None:
        """Whoever waits for `other` is not kept waiting."""
        self._also.append(other)
        if self.is_set():
            other.set()

    def set(self) -> None:
        super().set()
        for other in self._also:
            other.set()

    def lets_go(self, let_go: Callable[[], object]) -> None:
        """What makes a half let go of what it has in hand."""
        self._letting_go.append(let_go)

    def hand_back(self) -> None:
        for let_go in self._letting_go:
            let_go()
