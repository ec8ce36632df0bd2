"""A connection that is proved before anything is said on it, and that ends in time.

TLS 1.2 or newer, certificate and host name checked, no way to switch either off. Every operation
has a deadline, and so has the whole: however slowly the other side drips, its connection is cut
under whoever reads from it.
"""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from smtplib import SMTPException
from threading import Timer
from typing import Final

from gateway.vocabulary.errors import AlertUndelivered

EACH_SECONDS: Final = 10.0
WHOLE_SECONDS: Final = 30.0


def trusting(ca: Path | None) -> ssl.SSLContext:
    """The machine's certificate authorities, or only those of `ca`, a PEM file."""
    try:
        context = ssl.create_default_context(cafile=ca)
    except (OSError, ssl.SSLError) as error:
        raise AlertUndelivered(
            "no-authorities", "the certificate authorities for alerts cannot be read", remedy="check `ca` in [alerts]"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@contextmanager
def connected(host: str, port: int) -> Iterator[socket.socket]:
    """A plain connection; whatever goes wrong on it within the block is AlertUndelivered."""
    with _told(host), socket.create_connection((host, port), timeout=EACH_SECONDS) as plain:
        handle = plain.dup()  # stays ours when the connection is wrapped
        cut = Timer(WHOLE_SECONDS, _cut, (handle,))
        cut.daemon = True
        cut.start()
        try:
            yield plain
        finally:
            cut.cancel()
            cut.join()
            handle.close()


def _cut(handle: socket.socket) -> None:
    with suppress(OSError):
        handle.shutdown(socket.SHUT_RDWR)


@contextmanager
def _told(host: str) -> Iterator[None]:
    """Of another program's words none is passed on."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise AlertUndelivered(
            "certificate-refused", f"the certificate of {host} is not one that is trusted for it",
            remedy="name its certificate authority with `ca` in [alerts], and its host as the certificate does",
        ) from error  # fmt: skip
    except ssl.SSLError as error:
        raise AlertUndelivered("tls-failed", f"no TLS connection with {host} came about") from error
    except (OSError, SMTPException, HTTPException) as error:
        raise AlertUndelivered(
            "unreachable", f"{host} could not be reached, or broke off",
            remedy="check the network, and IPAddressAllow= in the drop-in of handoff-deliver.service",
        ) from error  # fmt: skip
