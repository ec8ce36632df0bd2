"""A partner's SFTP server for demonstrations, rehearsals and tests.

NOT FOR PRODUCTION: it is bound to the loopback interface and refuses any other, it has one
user with one key, and SSH server mode is not what paramiko is trusted with elsewhere. It
offers the algorithms that our client allows, and SFTP alone: no shell, no forwarding.
"""

import logging
import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from paramiko import common
from paramiko.server import ServerInterface
from paramiko.sftp_server import SFTPServer
from paramiko.ssh_exception import SSHException
from paramiko.transport import Transport

from gateway.crypto.ssh_keys import PublicKey, SigningKey
from gateway.deliver.sftp.algorithms import CIPHERS, KEY_EXCHANGES, MACS
from gateway.deliver.sftp.own_key import OwnKey
from gateway.partner.standin.confined import Confined
from gateway.partner.standin.faults import Faults, Mischief
from gateway.partner.standin.files import Files
from gateway.vocabulary.errors import UsageError

LOOPBACK = ("127.0.0.1", "::1")
_HANDSHAKE = 30


class StandIn:
    """A running server. As a context manager it ends with its block, and all its connections with it."""

    def __init__(self, listener: socket.socket, root: Path, host_key: SigningKey, authorised: PublicKey) -> None:
        self._listener, self._host_key = listener, host_key
        self._confined = Confined(root)
        self._mischief = Mischief()
        self._door = Door(authorised, self._mischief)
        self._strange = SigningKey.generate_ed25519()
        self._transports: list[Any] = []
        self._thread = threading.Thread(target=self._accept, name="stand-in", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def host_key_line(self) -> str:
        """To be pinned."""
        return self._host_key.public_line()

    @property
    def keys_shown(self) -> int:
        """How many logins were tried, refused ones included."""
        return self._door.keys_shown

    @property
    def bytes_written(self) -> int:
        """Since the faults were last set."""
        return self._mischief.writes(0)

    @property
    def releases(self) -> int:
        """How often an envelope was given its final name, in all."""
        return self._mischief.releases

    def misbehave(self, faults: Faults) -> None:
        """From now on, on old connections and new ones; `Faults()` ends it."""
        self._mischief.set(faults)

    def close(self) -> None:
        self._mischief.released.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._thread.join()
        self._listener.close()
        for transport in self._transports:
            _end(transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._transports = [transport for transport in self._transports if transport.is_alive()]
            self._transports.append(self._talk(connection))

    def _talk(self, connection: socket.socket) -> Any:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport: Any = Transport(connection)  # type: ignore[no-untyped-call]
        options = transport.get_security_options()
        options.kex, options.ciphers, options.digests = KEY_EXCHANGES, CIPHERS, MACS
        transport.handshake_timeout = _HANDSHAKE
        strange = self._mischief.at("connect").change_host_key
        transport.add_server_key(OwnKey(self._strange if strange else self._host_key))
        transport.set_subsystem_handler(
            "sftp", SFTPServer, Files, self._confined, self._mischief, lambda: _end(transport)
        )
        transport.start_server(event=threading.Event(), server=self._door)
        return transport


class Door(ServerInterface):
    """Who may come in, and what for."""

    def __init__(self, authorised: PublicKey, mischief: Mischief) -> None:
        self._authorised, self._mischief = authorised, mischief
        self.keys_shown = 0

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 - one user, whatever the name
        return "publickey"

    def check_auth_publickey(self, username: str, key: Any) -> int:  # noqa: ARG002 - one user, whatever the name
        self.keys_shown += 1
        known = key.asbytes() == self._authorised.blob and not self._mischief.faults.refuse_authentication
        return int(common.AUTH_SUCCESSFUL if known else common.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 - any channel of the right kind
        wanted = kind == "session"
        return int(common.OPEN_SUCCEEDED if wanted else common.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED)


def serve(root: Path, host_key: bytes, authorised: str, *, port: int = 0, host: str = LOOPBACK[0]) -> StandIn:
    """Serve `root` to the holder of `authorised` (a public key line); `host_key` is an Ed25519 OpenSSH private key.

    Raises:
        UsageError: another address than a loopback one.
        KeyUnavailable, FormatInvalid: one of the keys cannot be used.
    """
    if host not in LOOPBACK:
        raise UsageError("the stand-in serves this machine only", remedy="give 127.0.0.1 or ::1")
    key, allowed = SigningKey.load(host_key), PublicKey.parse(authorised)
    logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)  # it logs what clients say
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return StandIn(socket.create_server((host, port), family=family), root, key, allowed)


def _end(transport: Any) -> None:
    with suppress(OSError, EOFError, SSHException):
        transport.close()
        transport.sock.close()
