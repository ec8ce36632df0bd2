"""What every line has: a port of the loopback interface that leads to another, and an end."""

import socket
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import Self

ENDING_SECONDS = 10


class Forwarding(ABC):
    """Forwards one port of the loopback interface to another. A context manager: when it ends, so does every connection."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.start(self._accept)

    @abstractmethod
    def joined(self, client: socket.socket, server: socket.socket) -> None:
        """A connection stands: carry what comes, in threads that `start` makes."""

    def start(self, target, *arguments) -> None:
        self._threads.append(threading.Thread(target=target, args=arguments, daemon=True))
        self._threads[-1].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_) -> None:
        for end in (self._listener, *self._ends):
            hang_up(end)
        for thread in self._threads:
            thread.join(ENDING_SECONDS)
        for end in (self._listener, *self._ends):
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client = self._listener.accept()[0]
                self._ends.append(client)
                server = socket.create_connection(("127.0.0.1", self._target))
                self._ends.append(server)
                for end in (client, server):
                    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.joined(client, server)


def hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
