"""A socket that is read in large pieces, since paramiko asks for small ones.

It asks for the first sixteen bytes of a packet, then for its rest; each time the socket is waited for
and then read. A server that takes a large file in sends thousands of tiny packets, one for each
64 KiB that it has room for again: most of them lie there together.
"""

import socket
from contextlib import suppress
from typing import Final, Self

_AT_ONCE: Final = 1 << 16
LEAST_PATIENCE: Final = 0.5
"""Seconds that a read or a write waits, at the least."""


class ReadAhead(socket.socket):
    """For one thread that reads; the others may send."""

    _ahead, _at = b"", 0

    @classmethod
    def of(cls, connected: socket.socket) -> Self:
        """Takes the connection over: what was given is closed, and its timeout is forgotten."""
        return cls(fileno=connected.detach())

    def settimeout(self, seconds: float | None, /) -> None:
        super().settimeout(seconds if seconds is None else max(seconds, LEAST_PATIENCE))

    def close(self) -> None:
        """Whoever waits for something to read is woken; what was sent still goes out."""
        with suppress(OSError):
            self.shutdown(socket.SHUT_RDWR)
        super().close()

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """As any socket's: at least a byte, unless the other side has ended."""
        if self._at == len(self._ahead):
            self._ahead, self._at = super().recv(_AT_ONCE, flags), 0
        taken = self._ahead[self._at : self._at + size]
        self._at += len(taken)
        return taken
