"""An HTTPS server that keeps what it was sent, and answers as a test wants it to."""

import ssl
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.simulators.listening import listening


@dataclass
class Heard:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebServer:
    """`answer`: the status line and headers, as bytes; None is to hang, b"" to close."""

    context: ssl.SSLContext | None
    answer: bytes | None = b"HTTP/1.1 204 No Content\r\n\r\n"
    drips: bool = False
    heard: list[Heard] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def serve(self, connection):
        with ExitStack() as held:
            if self.context:
                connection = held.enter_context(self.context.wrap_socket(connection, server_side=True))
            self._hear(held.enter_context(connection.makefile("rb")))
            while self.drips and not self.over.wait(0.1):
                connection.sendall(b"H")
            if self.answer is None:
                self.over.wait(20)
            elif not self.drips:
                connection.sendall(self.answer)

    def _hear(self, lines):
        method, target, _ = lines.readline(4096).decode("ascii").split(" ")
        headers = {}
        while (line := lines.readline(4096)) not in (b"\r\n", b""):
            name, _, value = line.decode("ascii").partition(":")
            headers[name.lower()] = value.strip()
        body = lines.read(int(headers.get("content-length", 0)))
        self.heard.append(Heard(method, target, headers, body))


@contextmanager
def web_server(context, **behaviour):
    server = WebServer(context=context, **behaviour)
    with listening(server.serve) as server.port:
        try:
            yield server
        finally:
            server.over.set()
