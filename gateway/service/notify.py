"""What systemd is told: sd_notify(3), datagrams to the socket that NOTIFY_SOCKET names. No library.

    READY=1       once every half has ended a round well; and when a reload is over, whichever way it went
    WATCHDOG=1    each time every half has ended another round well: progress feeds it, never a clock
    RELOADING=1   with the machine's monotonic time, as systemd wants it to tell this reload from the next
    STOPPING=1    as soon as we were told to stop
    STATUS=       one line for whoever types `systemctl status`

Without a socket nothing is said. What cannot be sent is dropped: systemd then misses its
watchdog, which is the right alarm.
"""

import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from threading import Lock

SEND_SECONDS = 1.0


class Notify:
    """Says lines to one socket: a path, or `@` and an abstract name. None: nobody listens."""

    def __init__(self, address: str | None) -> None:
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address

    def tell(self, *lines: str) -> None:
        if not self._address:
            return
        words = "\n".join(" ".join(line.splitlines()) for line in lines)
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            sender.settimeout(SEND_SECONDS)
            sender.sendto(words.encode("utf-8"), self._address)


class Pulse:
    """Turns the rounds of all halves into READY, WATCHDOG and STATUS. A round that failed feeds nothing."""

    def __init__(self, notify: Notify, halves: Iterable[str]) -> None:
        self._notify, self._halves = notify, frozenset(halves)
        self._owing = set(self._halves)
        self._failing: dict[str, str] = {}
        self._ready = False
        self._lock = Lock()

    def round_ended(self, half: str) -> None:
        with self._lock:
            mended = self._failing.pop(half, None) is not None
            self._owing.discard(half)
            words = [*self._progress(), *([self._status()] if mended else [])]
        if words:
            self._notify.tell(*words)

    def round_failed(self, half: str, code: str) -> None:
        with self._lock:
            news = self._failing.get(half) != code
            self._failing[half] = code
        if news:
            self._notify.tell(self._status())

    def reloading(self, monotonic_ns: int) -> None:
        self._notify.tell("RELOADING=1", f"MONOTONIC_USEC={monotonic_ns // 1000}")

    def reloaded(self, outcome: str) -> None:
        self._notify.tell("READY=1", f"STATUS={outcome}")

    def stopping(self) -> None:
        self._notify.tell("STOPPING=1", "STATUS=ending the step in hand")

    def _progress(self) -> list[str]:
        if self._owing:
            return []
        self._owing = set(self._halves)
        first, self._ready = not self._ready, True
        return ["READY=1", "WATCHDOG=1", self._status()] if first else ["WATCHDOG=1"]

    def _status(self) -> str:
        if not self._failing:
            return f"STATUS={' and '.join(sorted(self._halves))}: at work"
        faults = ", ".join(f"the last round of {half} failed: {code}" for half, code in sorted(self._failing.items()))
        return f"STATUS={faults}"


MonotonicNs = Callable[[], int]
SILENT = Notify(None)
