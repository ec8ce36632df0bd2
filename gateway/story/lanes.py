"""Work that must not wait for other work: a thread for each name, one piece at a time under a name.

Whoever is slow holds up nobody but what comes under the same name. What is asked of a lane that
is at work is done once it is free; of several such pieces the last one counts.
"""

import threading
import time
from collections.abc import Callable, Iterable

Work = Callable[[], int]
"""Returns how much came of it."""


class Lanes:
    """Started by one thread, and awaited by the same. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}
        self._since: dict[str, float] = {}
        self._following: dict[str, Work] = {}
        self._done = 0
        self._failed: list[BaseException] = []

    def start(self, name: str, work: Work) -> bool:
        """False: the lane is at work, and does it afterwards."""
        with self._lock:
            if name in self._threads:
                self._following[name] = work
                return False
            thread = threading.Thread(target=self._run, args=(name, work), name=f"lane-{name}")
            self._threads[name], self._since[name] = thread, self._clock()
        thread.start()
        return True

    def wait(self) -> int:
        """Until all have ended; what came of their work since it was last asked.

        Raises what a lane raised, once all have ended.
        """
        while running := self._running(self.at_work()):
            running.join()
        return self.done()

    def wait_for(self, names: Iterable[str], patience: float) -> int:
        """As `wait`, for these and so many seconds at most: whoever needs longer is left at work."""
        wanted, end = tuple(names), self._clock() + patience
        while (running := self._running(wanted)) and (left := end - self._clock()) > 0:
            running.join(left)
        return self.done()

    def done(self) -> int:
        with self._lock:
            failed, self._failed = self._failed, []
            if not failed:
                done, self._done = self._done, 0
                return done
        raise failed[0]

    def at_work(self, *, longer_than: float = 0.0) -> tuple[str, ...]:
        """Names of lanes that have been at one piece of work for so many seconds."""
        now = self._clock()
        with self._lock:
            return tuple(name for name, since in self._since.items() if now - since >= longer_than)

    def _running(self, names: Iterable[str]) -> threading.Thread | None:
        with self._lock:
            return next((self._threads[name] for name in names if name in self._threads), None)

    def _run(self, name: str, work: Work) -> None:
        following: Work | None = work
        while following is not None:
            following = self._once(name, following)

    def _once(self, name: str, work: Work) -> Work | None:
        """What is to be done next under this name; without it the lane is free."""
        made, failed = 0, list[BaseException]()
        try:
            made = work()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            failed.append(error)
        with self._lock:
            self._done += made
            self._failed += failed
            following = None if failed else self._following.pop(name, None)
            if following is None:
                self._following.pop(name, None)
                del self._threads[name], self._since[name]
            else:
                self._since[name] = self._clock()
            return following
