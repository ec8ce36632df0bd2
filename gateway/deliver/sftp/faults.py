"""paramiko's errors, and the network's, as ours. A table; a test proves that nothing is missing.

paramiko has four roots: SSHException, OSError (with NoValidConnectionsError and
TimeoutError), EOFError and SFTPError; and a few that are none of these. An `except SSHException` alone lets most network
faults through. The first row that fits decides. Their messages are never repeated in ours,
since a server can write into them; the cause stays chained.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Final

from paramiko import ssh_exception
from paramiko.ber import BERException
from paramiko.hostkeys import InvalidHostKey
from paramiko.packet import NeedRekeyException
from paramiko.pkey import UnknownKeyType
from paramiko.sftp import SFTPError

from gateway.vocabulary.errors import (
    AuthenticationRefused,
    DeliveryError,
    FormatInvalid,
    HostKeyMismatch,
    PartnerRefused,
    PartnerUnreachable,
)

_Row = tuple[type[Exception], type[DeliveryError], str]
TABLE: Final[tuple[_Row, ...]] = (
    (ssh_exception.BadHostKeyException, HostKeyMismatch, "shows a host key that is not pinned"),
    (ssh_exception.PasswordRequiredException, AuthenticationRefused, "cannot be logged in to: the key is locked"),
    (ssh_exception.BadAuthenticationType, AuthenticationRefused, "does not take public keys for this user"),
    (ssh_exception.PartialAuthentication, AuthenticationRefused, "asks for more than the key"),
    (ssh_exception.UnableToAuthenticate, AuthenticationRefused, "refused the key"),
    (ssh_exception.AuthenticationException, AuthenticationRefused, "refused the key"),
    (ssh_exception.IncompatiblePeer, PartnerRefused, "offers no algorithm that is allowed here"),
    (ssh_exception.MessageOrderError, PartnerRefused, "broke the rules of strict key exchange"),
    (ssh_exception.ChannelException, PartnerRefused, "refused to open a channel"),
    (ssh_exception.ProxyCommandFailure, PartnerUnreachable, "could not be reached through the proxy"),
    (ssh_exception.CouldNotCanonicalize, PartnerUnreachable, "has a name that could not be resolved"),
    (ssh_exception.ConfigParseError, PartnerRefused, "cannot be reached with this configuration"),
    (ssh_exception.SSHException, PartnerUnreachable, "ended the SSH conversation"),
    (SFTPError, PartnerRefused, "broke the SFTP protocol"),
    (UnknownKeyType, PartnerRefused, "shows a key of a kind that is not known here"),
    (InvalidHostKey, PartnerRefused, "shows a host key that cannot be read"),
    (BERException, PartnerRefused, "sent a key that cannot be read"),
    (NeedRekeyException, PartnerUnreachable, "ended the SSH conversation"),
    (ssh_exception.NoValidConnectionsError, PartnerUnreachable, "did not take the connection"),
    (TimeoutError, PartnerUnreachable, "did not answer in time"),
    (ConnectionRefusedError, PartnerUnreachable, "did not take the connection"),
    (EOFError, PartnerUnreachable, "closed the connection"),
    (OSError, PartnerUnreachable, "could not be reached"),
)
_REMEDIES: Final[dict[type[DeliveryError], str]] = {
    PartnerUnreachable: "it is tried again by itself",
    AuthenticationRefused: "ask the partner whether our public key is installed for this user",
    HostKeyMismatch: "do not pin what it shows: ask the partner on another channel which key is right",
    PartnerRefused: "ask the partner, then 'gateway retry'",
}
KNOWN: Final = tuple(row[0] for row in TABLE)


def translate(error: Exception) -> DeliveryError:
    """Our error for one of theirs; the caller raises it from theirs."""
    kind, words = next((ours, words) for theirs, ours, words in TABLE if isinstance(error, theirs))
    return kind(f"the partner's server {words}", remedy=_REMEDIES[kind])


@contextmanager
def translated() -> Iterator[None]:
    """What paramiko or the network raises inside leaves as a DeliveryError, chained."""
    try:
        yield
    except KNOWN as error:
        raise translate(error) from error


class _Understood:
    """No generator: it is entered some thirty times a parcel."""

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, FormatInvalid):
            raise PartnerRefused("the partner's server broke the SFTP protocol") from error


_UNDERSTOOD = _Understood()


def understood() -> _Understood:
    """A reply that `wire` cannot parse leaves as PartnerRefused: the server is at fault, not an extract."""
    return _UNDERSTOOD
