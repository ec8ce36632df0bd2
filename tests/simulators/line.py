"""A network line between a client and a server on this machine, that can be cut, freeze, fall silent or forget."""

import socket
import threading
from contextlib import suppress

from tests.simulators.forwarding import Forwarding, hang_up


class Line(Forwarding):
    def __init__(self, port: int) -> None:
        self._thawed, self._heard = threading.Event(), threading.Event()
        self.connections = self._forgotten = 0
        self.mend()
        super().__init__(port)

    def cut_after(self, size: int) -> None:
        """Both ends lose the connection once the client has sent this many more bytes."""
        self._cut, self.carried = size, 0

    def freeze_after(self, size: int) -> None:
        """Nothing the client sends is taken off the line any more, once it has sent this many more bytes."""
        self._frozen, self.carried = size, 0
        self._thawed.clear()

    def fall_silent(self) -> None:
        """Nothing the server says arrives any more; what the client says still does."""
        self._heard.clear()

    def forget(self) -> None:
        """As firewalls do with quiet connections: what is sent on one that stands now is dropped, and nobody is told."""
        self._forgotten = self.connections

    def mend(self) -> None:
        """From now on all is well; `carried` counts the client's bytes from here."""
        self._cut = self._frozen = 1 << 60
        self.carried = 0
        self._thawed.set()
        self._heard.set()

    def __exit__(self, *_) -> None:
        self._thawed.set()
        self._heard.set()
        super().__exit__()

    def joined(self, client: socket.socket, server: socket.socket) -> None:
        self.connections += 1
        self.start(self._carry, client, server, True, self.connections)
        self.start(self._carry, server, client, False, self.connections)

    def _carry(self, source: socket.socket, sink: socket.socket, upwards: bool, number: int) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self.carried += len(data) * upwards
                if number <= self._forgotten:
                    continue
                if not upwards:
                    self._heard.wait()
                if self.carried > self._frozen and upwards:
                    self._thawed.wait()
                if self.carried > self._cut:
                    break
                sink.sendall(data)
        hang_up(source, sink)
