"""One SSH connection to a pinned host, opened in six steps, none of which can be skipped.

    1 offer only allowed algorithms, and only the host key types that are pinned
    2 connect, exchange keys, within the deadline
    3 the host key is one of the pinned ones: before anything of ours is shown
    4 strict key exchange was agreed on; post-quantum where the partner requires it
    5 our own key, nothing else: no agent, no search, no password
    6 the SFTP subsystem on one channel

Everything that was negotiated becomes Facts for the receipt. Nothing here tries again.
"""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from paramiko.ssh_exception import SSHException
from paramiko.transport import Transport

from gateway.contract.partner import Endpoint
from gateway.crypto.ssh_keys import PublicKey, SigningKey, fingerprint_of
from gateway.deliver.sftp import algorithms
from gateway.deliver.sftp.faults import translate, translated
from gateway.deliver.sftp.own_key import OwnKey
from gateway.deliver.sftp.pace import Pace
from gateway.deliver.sftp.packets import PatientPackets
from gateway.deliver.sftp.read_ahead import ReadAhead
from gateway.deliver.sftp.session import Session
from gateway.vocabulary.errors import (
    AuthenticationRefused,
    ConfigError,
    FormatInvalid,
    HostKeyMismatch,
    PartnerRefused,
    PartnerUnreachable,
)
from gateway.vocabulary.facts import Facts

KEEP_ALIVE = 15
"""Seconds; firewalls forget quiet connections sooner than parcels are verified."""


class Connection:
    """An authenticated connection with an SFTP session on it."""

    def __init__(self, transport: Any, session: Session, negotiated: Facts) -> None:
        self._transport = transport
        self.session = session
        self.negotiated = negotiated

    def is_alive(self) -> bool:
        """As far as anyone knows: the server may have gone without a word."""
        return bool(self._transport.is_active()) and self.session.echoes()

    def close(self) -> None:
        _close(self._transport)


def connect(endpoint: Endpoint, key: SigningKey, *, timeout: float, day: date) -> Connection:
    """Steps 1 to 6. `timeout`, in seconds, bounds each step and later each answer of the server.

    `day` is London's: which host keys are pinned may depend on it.

    Raises:
        PartnerUnreachable, HostKeyMismatch, AuthenticationRefused, PartnerRefused.
        ConfigError: a pinned host key cannot be read, or is of a type that is not used here.
    """
    pinned = _pinned(endpoint.pinned(day))
    offer = algorithms.for_host_keys(key.key_type for key in pinned)
    transport = _transport(endpoint, timeout)
    try:
        options = transport.get_security_options()
        algorithms.restrict(options, host_keys=offer, post_quantum_only=endpoint.require_post_quantum)  # 1
        _exchange_keys(transport, offer, timeout)  # 2
        _check_host_key(transport, pinned)  # 3
        _check_strict(transport)  # 4
        _authenticate(transport, endpoint.username, key, timeout)  # 5
        session = _session(transport, timeout, _pace(endpoint))  # 6
        return Connection(transport, session, _negotiated(transport))
    except BaseException:
        _close(transport)
        raise


def _pinned(lines: tuple[str, ...]) -> tuple[PublicKey, ...]:
    try:
        return tuple(PublicKey.parse(line) for line in lines)
    except FormatInvalid as error:
        raise ConfigError("a pinned host key cannot be read", remedy="pin it as 'ssh-ed25519 AAAA…'") from error


def _transport(endpoint: Endpoint, timeout: float) -> Any:
    _silence()
    with translated():
        sock = ReadAhead.of(socket.create_connection((endpoint.host, endpoint.port), timeout=timeout))
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport: Any = Transport(  # type: ignore[no-untyped-call]
            sock,
            disabled_algorithms={"pubkeys": list(algorithms.UNUSED_SIGNATURES)},
            packetizer_class=PatientPackets,
        )
    except BaseException:
        sock.close()
        raise
    transport.packetizer.patience = timeout
    transport.banner_timeout = transport.handshake_timeout = timeout
    transport.auth_timeout = transport.clear_to_send_timeout = timeout
    return transport


def _silence() -> None:
    """paramiko logs tracebacks and what servers say: none of that may reach our log or a terminal."""
    logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)


def _exchange_keys(transport: Any, offer: tuple[str, ...], timeout: float) -> None:
    try:
        with translated():
            transport.start_client(timeout=timeout)
    except PartnerRefused as error:
        _, shown = transport.packetizer.offered()
        if shown and not set(offer) & set(shown):
            raise HostKeyMismatch(
                "the partner's server has no host key of a pinned type",
                remedy="ask the partner on another channel which host keys its server has now",
            ) from error
        raise
    if not (transport.is_active() and transport.initial_kex_done):
        # start_client returns as if all were well when its time is over
        raise PartnerUnreachable("the partner's server did not finish the key exchange in time")


def _check_host_key(transport: Any, pinned: tuple[PublicKey, ...]) -> None:
    with translated():
        shown = transport.get_remote_server_key().asbytes()
    if shown not in {key.blob for key in pinned}:
        raise HostKeyMismatch(
            f"the partner's server shows a host key that is not pinned: {fingerprint_of(shown)}",
            remedy="do not pin it unseen: ask the partner on another channel which key is right",
        )


def _check_strict(transport: Any) -> None:
    if not transport.agreed_on_strict_kex:
        raise PartnerRefused(
            "the partner's server does not know strict key exchange",
            remedy="ask the partner to update it: this closes CVE-2023-48795",
        )


def _authenticate(transport: Any, username: str, key: SigningKey, timeout: float) -> None:
    """paramiko's own waiting calls a time-out and a lost connection refused; those are tried again, refusals never."""
    answered = threading.Event()
    with translated():
        transport.auth_publickey(username, OwnKey(key), event=answered)
    in_time = answered.wait(timeout)
    if transport.is_authenticated():
        return
    if not in_time:
        raise PartnerUnreachable("the partner's server did not answer the login in time")
    cause = transport.get_exception()
    if transport.is_active() or cause is None:  # it said no, or hung up in good order
        raise AuthenticationRefused(
            f"the partner's server refused our key {key.fingerprint}",
            remedy="ask the partner whether this public key is installed for our user",
        ) from cause
    raise translate(cause) from cause


def _pace(endpoint: Endpoint) -> Pace | None:
    cap = endpoint.kilobytes_per_second
    return Pace(cap * 1000, clock=time.monotonic, wait=time.sleep) if cap else None


def _session(transport: Any, timeout: float, pace: Pace | None) -> Session:
    def another(beside: Session) -> Session:
        try:
            return Session(_channel(transport, timeout), timeout=timeout, pace=pace, like=beside)
        except PartnerUnreachable as error:
            if not transport.is_active():
                raise
            # of several that are asked for at once paramiko gives the server's no to whoever looks first
            raise PartnerRefused("the partner's server opens no further channel") from error

    return Session(_channel(transport, timeout), timeout=timeout, pace=pace, another=another)


def _channel(transport: Any, timeout: float) -> Any:
    transport.set_keepalive(KEEP_ALIVE)
    with _deadline(transport, timeout), translated():
        channel = transport.open_session(timeout=timeout)
    with _deadline(transport, timeout):
        try:
            channel.invoke_subsystem("sftp")
        except (SSHException, EOFError) as error:  # the second where the connection ended meanwhile, at times
            if transport.is_active():
                raise PartnerRefused("the partner's server offers no SFTP to our user") from error
            raise PartnerUnreachable("the partner's server did not start SFTP") from error
    return channel


@contextmanager
def _deadline(transport: Any, timeout: float) -> Iterator[None]:
    """paramiko waits for ever for the answer to a channel request: closing the connection wakes it."""
    timer = threading.Timer(timeout, transport.close)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _negotiated(transport: Any) -> Facts:
    offered, _ = transport.packetizer.offered()
    kex = next((name for name in transport.get_security_options().kex if name in offered), "unknown")
    return Facts(
        kex=kex,
        cipher=transport.local_cipher,
        mac="implicit",
        host_key=fingerprint_of(transport.get_remote_server_key().asbytes()),
        host_key_type=transport.host_key_type,
        server=_server_name(transport.remote_version),
        strict_kex=bool(transport.agreed_on_strict_kex),
        post_quantum=kex in algorithms.POST_QUANTUM,
    )


def _server_name(banner: str) -> str:
    """The software's name, where it has the shape of one: the server may write here what it likes."""
    words = banner.removeprefix("SSH-2.0-").split()
    try:
        return str(Facts(server=words[0])["server"])
    except (ValueError, IndexError):
        return "unnamed"


def _close(transport: Any) -> None:
    """Twice is fine; a transport that ended by itself leaves its socket to us."""
    transport.close()
    transport.sock.close()
