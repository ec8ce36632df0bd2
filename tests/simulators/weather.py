"""A line in bad weather: every connection is cut, corrupted or held up somewhere, by a seeded throw of dice."""

import socket
import time
from contextlib import suppress
from random import Random

from tests.simulators.forwarding import Forwarding, hang_up

KINDS = ("clear", "clear", "cut", "cut", "corrupt", "held-up")
_FAR = 400_000
"""Bytes: within a handshake and a parcel, mostly."""


class Weather(Forwarding):
    def __init__(self, port: int, seed: int) -> None:
        self._random = Random(seed)
        self.met = dict.fromkeys(KINDS, 0)
        """How many connections met what."""
        super().__init__(port)

    def joined(self, client: socket.socket, server: socket.socket) -> None:
        kind, upwards = self._random.choice(KINDS), self._random.random() < 0.5
        place = int(_FAR ** self._random.random())  # as often in the handshake as in the data
        self.met[kind] += 1
        self.start(_carry, client, server, kind if upwards else "clear", place)
        self.start(_carry, server, client, "clear" if upwards else kind, place)


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
    hang_up(source, sink)
