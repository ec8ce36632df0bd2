"""A cap on what is sent, for partners whose line is thin: bytes a second, over the whole of a connection."""

from collections.abc import Callable


class Pace:
    """Waits before sending, so that no more than `per_second` bytes leave on average; a burst is one request."""

    def __init__(self, per_second: int, *, clock: Callable[[], float], wait: Callable[[float], None]) -> None:
        self._per_second, self._clock, self._wait = per_second, clock, wait
        self._free = clock()
        """When what was sent so far has used up its time."""

    def before(self, size: int) -> None:
        now = self._clock()
        if self._free > now:
            self._wait(self._free - now)
        self._free = max(self._free, now) + size / self._per_second
