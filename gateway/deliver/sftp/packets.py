"""SSH packets with a deadline, and the server's first offer remembered.

paramiko takes a packetizer class of one's own; two of its public methods are extended:

- `write_all` never gives up on a server that stops reading: here it does;
- `read_message` shows the server's KEXINIT, since the key exchange that was agreed on is
  kept nowhere once it is over, and a receipt must name it.
"""

import socket
import time
from typing import Any

from paramiko.packet import Packetizer

from gateway.crypto.ssh_wire import Reader

_KEXINIT = 20
_COOKIE = 16


class PatientPackets(Packetizer):
    """A write without any progress for `patience` seconds ends the connection."""

    patience = 60.0

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)  # type: ignore[no-untyped-call]
        self._plain_socket = sock
        self.server_offer: bytes = b""

    def write_all(self, out: bytes) -> None:
        left, since = memoryview(out), time.monotonic()
        while left:
            sent = self._send_some(left)
            if sent:
                left, since = left[sent:], time.monotonic()
            elif self.closed or time.monotonic() - since > self.patience:
                raise EOFError

    def _send_some(self, data: memoryview) -> int:
        """How much the kernel took, within the tenth of a second that paramiko gives the socket."""
        try:
            return self._plain_socket.send(data)
        except (TimeoutError, BlockingIOError):
            return 0
        except OSError as error:
            raise EOFError from error

    def read_message(self) -> tuple[int, Any]:
        kind, message = super().read_message()  # type: ignore[no-untyped-call]
        if kind == _KEXINIT and not self.server_offer:
            self.server_offer = message.asbytes()
        return kind, message

    def offered(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The server's key exchanges and host key algorithms, in its order; empty before it spoke."""
        if not self.server_offer:
            return (), ()
        reader = Reader(self.server_offer, "the server's offer")
        reader.take(_COOKIE)
        exchanges, host_keys = (reader.string().decode("ascii", "replace").split(",") for _ in range(2))
        return tuple(exchanges), tuple(host_keys)
