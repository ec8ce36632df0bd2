"""A line that is long: what goes in comes out half a round trip later, in both directions."""

import queue
import socket
import time
from contextlib import suppress

from tests.simulators.forwarding import Forwarding

_BUFFERED = 4096
"""Pieces on the line at a time: more than any window of SSH fills."""


class Distance(Forwarding):
    """`round_trip`: seconds."""

    def __init__(self, port: int, round_trip: float) -> None:
        self._delay = round_trip / 2
        super().__init__(port)

    def joined(self, client: socket.socket, server: socket.socket) -> None:
        for source, sink in ((client, server), (server, client)):
            line: queue.Queue[tuple[float, bytes]] = queue.Queue(_BUFFERED)
            self.start(self._in, source, line)
            self.start(self._out, line, sink)

    def _in(self, source: socket.socket, line: "queue.Queue[tuple[float, bytes]]") -> None:
        data = b"x"
        while data:
            try:
                data = source.recv(1 << 18)
            except OSError:
                data = b""
            line.put((time.monotonic() + self._delay, data))

    @staticmethod
    def _out(line: "queue.Queue[tuple[float, bytes]]", sink: socket.socket) -> None:
        with suppress(OSError):
            while True:
                due, data = line.get()
                if (left := due - time.monotonic()) > 0:
                    time.sleep(left)
                if not data:
                    break
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
