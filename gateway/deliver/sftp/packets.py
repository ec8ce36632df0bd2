"""SSH packets as we want them of paramiko: with a deadline, sealed without detours, the server's first offer remembered.

paramiko takes a packetizer class of one's own; public methods of it are extended, nothing private touched:

- `write_all` never gives up on a server that stops reading: here it does;
- `read_message` shows the server's KEXINIT, since the key exchange that was agreed on is
  kept nowhere once it is over, and a receipt must name it;
- `send_message` copies a packet six times before it leaves: under an AEAD cipher, and no other is
  offered, here twice. `set_outbound_cipher` and `need_rekey` belong to it, since it counts by itself.
"""

import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from paramiko.message import Message
from paramiko.packet import Packetizer

from gateway.crypto.ssh_wire import Reader

_KEXINIT = 20
_COOKIE = 16
_BLOCK: Final = 16
_LEAST_PADDING: Final = 4


class PatientPackets(Packetizer):
    """A write without any progress for `patience` seconds ends the connection."""

    patience = 60.0

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)  # type: ignore[no-untyped-call]
        self._plain_socket = sock
        self.server_offer: bytes = b""
        self._sealing: _Sealing | None = None
        self._one_at_a_time = threading.Lock()

    def set_outbound_cipher(self, block_engine: Any, *others: Any, **named: Any) -> None:
        super().set_outbound_cipher(block_engine, *others, **named)  # type: ignore[no-untyped-call]
        self._sealing = _Sealing(block_engine.encrypt, named["iv_out"]) if named.get("aead") else None

    def need_rekey(self) -> bool:
        """Also once as much was sealed with one key as paramiko thinks right."""
        asked = bool(super().need_rekey())  # type: ignore[no-untyped-call]
        return asked or bool(self._sealing and self._sealing.size >= self.REKEY_BYTES)

    def send_message(self, data: Message) -> None:
        """RFC 5647: the length is authenticated and not encrypted; each packet has the next number of 64 bits."""
        with self._one_at_a_time:
            if self._sealing:
                self.write_all(self._sealing.packet(bytes(data)))
                return
        super().send_message(data)  # type: ignore[no-untyped-call]

    def write_all(self, out: bytes) -> None:
        left, since = memoryview(out), time.monotonic()
        while left:
            sent = self._send_some(left)
            if sent:
                left, since = left[sent:], time.monotonic()
            elif self.closed or time.monotonic() - since > self.patience:
                raise EOFError

    def _send_some(self, data: memoryview) -> int:
        """How much the kernel took, within the half second that the socket waits."""
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


class _Sealing:
    """One key's packets; `size` counts their bytes. Never two of them with the same number."""

    def __init__(self, encrypt: Callable[[bytes, bytes, bytes], bytes], iv: bytes) -> None:
        self._encrypt, self._fixed, self._number = encrypt, iv[:4], int.from_bytes(iv[4:], "big")
        self.size = 0

    def packet(self, payload: bytes) -> bytes:
        padding = _LEAST_PADDING + (-1 - len(payload) - _LEAST_PADDING) % _BLOCK
        length = (1 + len(payload) + padding).to_bytes(4, "big")
        number, self._number = self._number, (self._number + 1) % (1 << 64)
        plain = b"".join((padding.to_bytes(1, "big"), payload, os.urandom(padding)))
        packet = length + self._encrypt(self._fixed + number.to_bytes(8, "big"), plain, length)
        self.size += len(packet)
        return packet
