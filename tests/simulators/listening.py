"""A server on the loopback for one test: each connection in a thread of its own, all gone at the end."""

import socket
import socketserver
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress

ENDS = (OSError, ValueError)
"""What a client that goes away leaves behind, a closed file included."""


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextmanager
def listening(serve: Callable[[socket.socket], None]):
    """Gives the port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.settimeout(20)
            with suppress(*ENDS):
                serve(self.request)

    with _Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()
