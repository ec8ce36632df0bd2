"""A person's own private key: read, and unlocked with a passphrase that is asked for and never echoed."""

import getpass
from pathlib import Path

from gateway.cli.session import Session
from gateway.crypto.ssh_keys import SigningKey
from gateway.vocabulary.errors import KeyUnavailable

LARGEST_KEY = 16 * 1024


def signing_key(session: Session, path: Path) -> SigningKey:
    """KeyUnavailable if it cannot be read or unlocked; a passphrase is asked for only on a terminal."""
    data = _read(path)
    try:
        return SigningKey.load(data)
    except KeyUnavailable:
        if not session.stdin.isatty():
            raise
    return SigningKey.load(data, getpass.getpass("Passphrase of your key: ").encode("utf-8"))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_KEY)
    except OSError as error:
        raise KeyUnavailable(
            "your private key cannot be read", remedy="name the file itself with --key, not its .pub"
        ) from error
