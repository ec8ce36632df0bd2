"""What is sent is hashed in a thread beside: hashing takes a third of the time, and gives up Python's lock meanwhile.

A few pieces are handed over at a time, since handing over costs as much as hashing a tenth of one.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from gateway.vocabulary.digest import Meter

_TOGETHER: Final = 4
PIECES: Final = 2 * _TOGETHER
"""So many are in use at a time: while some are hashed the next are read. Their buffers must be as many."""


class Hashing:
    """Made by `hashed_beside`."""

    def __init__(self, meter: Meter, thread: ThreadPoolExecutor) -> None:
        self._meter, self._thread = meter, thread
        self._pieces: list[memoryview] = []
        self._before: Future[None] | None = None

    def take(self, piece: memoryview) -> None:
        """It may change once `PIECES` others were taken."""
        self._pieces.append(piece)
        if len(self._pieces) == _TOGETHER:
            self._hand_over()

    def end(self) -> None:
        self._hand_over()
        self._wait()

    def _hand_over(self) -> None:
        self._wait()
        pieces, self._pieces = self._pieces, []
        self._before = self._thread.submit(self._feed, pieces)

    def _wait(self) -> None:
        """For what was handed over before."""
        if self._before:
            self._before.result()

    def _feed(self, pieces: list[memoryview]) -> None:
        for piece in pieces:
            self._meter.feed(piece)


@contextmanager
def hashed_beside(meter: Meter) -> Iterator[Hashing]:
    """Once the block is left all that was taken has been hashed, in its order."""
    with ThreadPoolExecutor(1, thread_name_prefix="hashing") as thread:
        hashing = Hashing(meter, thread)
        yield hashing
        hashing.end()
