"""Work on a stream that a thread of its own does: piece by piece, in their order, and only so far behind.

    with behind(sink.write) as written:      leaving the block: all of it has been done
        written.write(piece)                 returns at once, unless too much is waiting

What the work raises comes out of a later write, or of leaving. After a failure no further
piece is worked on, nor is one begun once the block is left by exception. Hashing, writing and
deflating give up Python's lock while they work; that is what this is for.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final

from gateway.footing.freed_memory import keep_freed_memory

MOST_WAITING: Final = 6


class Behind:
    """Made by `behind`."""

    def __init__(self, work: Callable[[bytes], object], thread: ThreadPoolExecutor) -> None:
        self._work, self._thread = work, thread
        self._waiting: deque[Future[None]] = deque()
        self._broken = False

    def write(self, data: bytes, /) -> None:
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

    def _do(self, data: bytes) -> None:
        if self._broken:
            return
        try:
            self._work(data)
        except BaseException:
            self._broken = True
            raise


@contextmanager
def behind(work: Callable[[bytes], object]) -> Iterator[Behind]:
    keep_freed_memory()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="behind") as thread:
        written = Behind(work, thread)
        try:
            yield written
            written.drain()
        finally:
            written.stop()
