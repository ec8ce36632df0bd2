"""A network line between a client and a server on this machine, that can be cut or freeze."""

import socket
import threading
from contextlib import suppress

from tests.simulators.forwarding import Forwarding, hang_up


class Line(Forwarding):
    def __init__(self, port: int) -> None:
        self._thawed = threading.Event()
        self.mend()
        super().__init__(port)

    def cut_after(self, size: int) -> None:
        """Both ends lose the connection once the client has sent this many more bytes."""
        self._cut, self.carried = size, 0

    def freeze_after(self, size: int) -> None:
        """Nothing the client sends is taken off the line any more, once it has sent this many more bytes."""
        self._frozen, self.carried = size, 0
        self._thawed.clear()

    def mend(self) -> None:
        """From now on all is well; `carried` counts the client's bytes from here."""
        self._cut = self._frozen = 1 << 60
        self.carried = 0
        self._thawed.set()

    def __exit__(self, *_) -> None:
        self._thawed.set()
        super().__exit__()

    def joined(self, client: socket.socket, server: socket.socket) -> None:
        self.start(self._carry, client, server, True)
        self.start(self._carry, server, client, False)

    def _carry(self, source: socket.socket, sink: socket.socket, upwards: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self.carried += len(data) * upwards
                if self.carried > self._frozen and upwards:
                    self._thawed.wait()
                if self.carried > self._cut:
                    break
                sink.sendall(data)
        hang_up(source, sink)
