"""A line that is long: what goes in comes out half a round trip later, in both directions."""

import queue
import socket
import threading
import time
from contextlib import suppress
from typing import Self

_BUFFERED = 4096
"""Pieces on the line at a time: more than any window of SSH fills."""


class Distance:
    """Forwards one port of the loopback interface to another, `round_trip` seconds away. A context manager."""

    def __init__(self, port: int, round_trip: float) -> None:
        self._target, self._delay = port, round_trip / 2
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_) -> None:
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _start(self, target, *arguments) -> None:
        threading.Thread(target=target, args=arguments, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self._target))
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._ends.append(end)
                for source, sink in ((client, server), (server, client)):
                    line: queue.Queue[tuple[float, bytes]] = queue.Queue(_BUFFERED)
                    self._start(self._in, source, line)
                    self._start(self._out, line, sink)

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
