"""A listener in systemd's place: a real datagram socket, and every line that was said to it, in order."""

import socket
from dataclasses import dataclass, field

import pytest

PATIENCE = 60
"""Seconds; only a service that has gone wrong makes a test wait so long."""


@dataclass
class Listener:
    sock: socket.socket
    address: str
    messages: list[str] = field(default_factory=list)

    def heard(self) -> list[str]:
        """All that has been said so far."""
        self.sock.setblocking(False)
        while True:
            try:
                self.messages.append(self.sock.recv(4096).decode("utf-8"))
            except BlockingIOError:
                return self.messages

    def until(self, word: str, *, after: int = 0) -> str:
        """Wait for a message with this word, not among the first `after`; TimeoutError if it never comes."""
        while True:
            for message in self.messages[after:]:
                if word in message:
                    return message
            self.sock.settimeout(PATIENCE)
            self.messages.append(self.sock.recv(4096).decode("utf-8"))


@pytest.fixture(params=["path", "abstract"])
def any_listener(request, tmp_path):
    address = str(tmp_path / "notify") if request.param == "path" else f"@handoff-test-{tmp_path.name}"
    with _listening(address) as sock:
        yield Listener(sock=sock, address=address)


@pytest.fixture
def listener(tmp_path):
    address = str(tmp_path / "notify")
    with _listening(address) as sock:
        yield Listener(sock=sock, address=address)


def _listening(address: str) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    sock.bind(f"\0{address[1:]}" if address.startswith("@") else address)
    return sock
