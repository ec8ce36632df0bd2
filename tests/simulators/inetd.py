"""Servers that take a connection over on their standard input, as inetd would have it.

We listen; for each connection a process is started with the socket. So there is no port to
guess and nothing to wait for, and every process is known and ended.
"""

import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread


@contextmanager
def serving(listener: socket.socket, command: Callable[[], list[str]]) -> Iterator[None]:
    """`command` is asked anew for every connection."""
    sessions: list[subprocess.Popen] = []
    thread = Thread(target=_accept, args=(listener, command, sessions), daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        for session in sessions:
            session.terminate()
            session.wait(10)


def _accept(listener: socket.socket, command: Callable[[], list[str]], sessions: list[subprocess.Popen]) -> None:
    while True:
        try:
            connection = listener.accept()[0]
        except OSError:
            return
        with connection:
            sessions.append(subprocess.Popen(command(), stdin=connection, stdout=connection, stderr=subprocess.DEVNULL))
