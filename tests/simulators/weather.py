"""A line in bad weather: every connection is cut, corrupted or held up somewhere, by a seeded throw of dice."""

import socket
import threading
import time
from contextlib import suppress
from random import Random
from typing import Self

KINDS = ("clear", "clear", "cut", "cut", "corrupt", "held-up")
_FAR = 400_000
"""Bytes: within a handshake and a parcel, mostly."""


class Weather:
    """Forwards one port of the loopback interface to another. A context manager."""

    def __init__(self, port: int, seed: int) -> None:
        self._target, self._random = port, Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.met = dict.fromkeys(KINDS, 0)
        """How many connections met what."""
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_) -> None:
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
        for end in (self._listener, *self._ends):
            end.close()

    def _start(self, target, *arguments) -> None:
        self._threads.append(threading.Thread(target=target, args=arguments, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self._target))
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self._ends.append(end)
                kind, upwards = self._random.choice(KINDS), self._random.random() < 0.5
                place = int(_FAR ** self._random.random())  # as often in the handshake as in the data
                self.met[kind] += 1
                self._start(_carry, client, server, kind if upwards else "clear", place)
                self._start(_carry, server, client, "clear" if upwards else kind, place)


def _carry(source: socket.socket, sink: socket.socket, kind: str, place: int) -> None:
    carried = 0
    with suppress(OSError):
        while data := source.recv(1 << 14):
            meets, carried = carried <= place < carried + len(data), carried + len(data)
            if meets and kind == "cut":
                sink.sendall(data[: place - (carried - len(data))])
                break
            if meets and kind == "corrupt":
                at = place - (carried - len(data))
                data = data[:at] + bytes([data[at] ^ 0x20]) + data[at + 1 :]
            if meets and kind == "held-up":
                time.sleep(0.02)
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
