"""A person's own private keys: read, and unlocked with a passphrase that is asked for and never echoed."""

import getpass
from pathlib import Path

from gateway.cli.session import Session
from gateway.crypto.age.identity_file import Kept, read_identities
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.plain_file import read_plain
from gateway.vocabulary.errors import GatewayError, KeyUnavailable

LARGEST_KEY, LARGEST_IDENTITY = 16 * 1024, 64 * 1024


def signing_key(session: Session, path: Path) -> SigningKey:
    """KeyUnavailable if it cannot be read or unlocked; a passphrase is asked for only on a terminal."""
    data = _read(path)
    try:
        return SigningKey.load(data)
    except KeyUnavailable:
        if not session.stdin.isatty():
            raise
    return SigningKey.load(data, getpass.getpass("Passphrase of your key: ").encode("utf-8"))


def identities_of(session: Session, path: Path) -> tuple[Kept, ...]:
    """A person's own age identities. KeyUnavailable, AgeInvalid; a passphrase is asked for only on a terminal."""
    ask = (lambda: getpass.getpass("Passphrase of your identity: ")) if session.stdin.isatty() else None
    try:
        data = read_plain(path, LARGEST_IDENTITY, what="the identity")
    except GatewayError as error:
        raise KeyUnavailable(
            "your identity cannot be read", remedy="name the file itself with --identity; it is no link, and yours"
        ) from error
    return read_identities(data, ask)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_KEY)
    except OSError as error:
        raise KeyUnavailable(
            "your private key cannot be read", remedy="name the file itself with --key, not its .pub"
        ) from error
