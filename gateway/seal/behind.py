"""Work on a stream that a thread of its own does: piece by piece, in their order, and only so far behind or ahead.

    with behind(sink.write) as written:      leaving the block: all of it has been done
        written.write(piece)                 returns at once, unless too much is waiting

    with closing(ahead(pieces)) as read:     what makes the pieces works while others are worked on
        for piece in read: ...

What the work raises comes out of a later write, or of leaving. After a failure no further
piece is worked on, nor is one begun once the block is left by exception. Hashing, writing and
deflating give up Python's lock while they work; that is what this is for.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, TypeVar

from gateway.footing.freed_memory import keep_freed_memory

MOST_WAITING: Final = 4
MOST_AHEAD: Final = 4
Piece = bytes | memoryview
T = TypeVar("T")


class Behind:
    """Made by `behind`."""

    def __init__(self, work: Callable[[Piece], object], thread: ThreadPoolExecutor) -> None:
        self._work, self._thread = work, thread
        self._waiting: deque[Future[None]] = deque()
        self._broken = False

    def write(self, data: Piece, /) -> None:
        while self._waiting and (self._waiting[0].done() or len(self._waiting) >= MOST_WAITING):
            self._waiting.popleft().result()
        self._waiting.append(self._thread.submit(self._do, data))

    @property
    def is_busy(self) -> bool:
        """Whether anything that was given to it is not written yet."""
        return bool(self._waiting) and not self._waiting[-1].done()

    def drain(self) -> None:
        while self._waiting:
            self._waiting.popleft().result()

    def stop(self) -> None:
        self._broken = True

    def _do(self, data: Piece) -> None:
        if self._broken:
            return
        try:
            self._work(data)
        except BaseException:
            self._broken = True
            raise


def ahead(pieces: Iterable[T]) -> Generator[T]:
    """The same pieces. What making one raises is raised when its turn has come."""
    source = iter(pieces)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="ahead") as thread:
        waiting = deque(thread.submit(next, source, None) for _ in range(MOST_AHEAD))
        while (piece := waiting.popleft().result()) is not None:
            waiting.append(thread.submit(next, source, None))
            yield piece


@contextmanager
def behind(work: Callable[[Piece], object]) -> Iterator[Behind]:
    keep_freed_memory()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="behind") as thread:
        written = Behind(work, thread)
        try:
            yield written
            written.drain()
        finally:
            written.stop()
