"""A network line between a client and a server on this machine, that can be cut or freeze."""

import socket
import threading
from contextlib import suppress
from typing import Self


class Line:
    """Forwards one port of the loopback interface to another. A context manager."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._thawed = threading.Event()
        self.mend()
        self._start(self._accept)

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

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_) -> None:
        self._thawed.set()
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
                self._ends.append(client)
                server = socket.create_connection(("127.0.0.1", self._target))
                self._ends.append(server)
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._start(self._carry, client, server, True)
                self._start(self._carry, server, client, False)

    def _carry(self, source: socket.socket, sink: socket.socket, upwards: bool) -> None:
        with suppress(OSError):
            while data := source.recv(1 << 16):
                self.carried += len(data) * upwards
                if self.carried > self._frozen and upwards:
                    self._thawed.wait()
                if self.carried > self._cut:
                    break
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
