"""A file of identities, as people keep it: lines of age-keygen, an OpenSSH private key, or either under a passphrase.

    # created: …                             comments and empty lines are passed over
    AGE-SECRET-KEY-1…                        one a line, or AGE-SECRET-KEY-PQ-1…
    -----BEGIN OPENSSH PRIVATE KEY-----      or one Ed25519 key, and nothing else
    age-encryption.org/v1 or its armor       or any of these, sealed with `age -p`

The passphrase is asked for only where one is needed. No message repeats a line of the file.
"""

import io
from collections.abc import Callable

from gateway.crypto.age.armor import armor, dearmor, is_armored
from gateway.crypto.age.header import VERSION
from gateway.crypto.age.hybrid import HybridIdentity
from gateway.crypto.age.passphrase import PassphraseIdentity, PassphraseRecipient
from gateway.crypto.age.payload import decrypting, encrypting
from gateway.crypto.age.recipients import parse_identity
from gateway.crypto.age.ssh import SshIdentity
from gateway.crypto.age.x25519 import X25519Identity
from gateway.crypto.ssh_keys import SigningKey
from gateway.vocabulary.errors import AgeInvalid, KeyUnavailable

Kept = X25519Identity | HybridIdentity | SshIdentity
Ask = Callable[[], str]
_OPENSSH = b"-----BEGIN OPENSSH PRIVATE KEY-----"
_REMEDY = "make one with 'gateway keys new', age-keygen or ssh-keygen -t ed25519"


def read_identities(data: bytes, ask: Ask | None = None) -> tuple[Kept, ...]:
    """At least one. `ask` gives the passphrase; without it a protected file is refused.

    Raises:
        KeyUnavailable: no identity in it, one misspelt, or the passphrase is missing or wrong.
    """
    if is_sealed(data):
        return _lines(_unsealed(data, _asked(ask)))
    if data.lstrip().startswith(_OPENSSH):
        return (SshIdentity(_ssh_key(data, ask)),)
    return _lines(data)


def is_sealed(data: bytes) -> bool:
    """Whether it needs a passphrase; an OpenSSH key tells that only when it is loaded."""
    return data.startswith(VERSION) or data.lstrip().startswith(b"-----BEGIN AGE")


def seal_identities(data: bytes, passphrase: str, random: Callable[[int], bytes], work: int | None = None) -> bytes:
    """The file under a passphrase, armored, as `age -p -a` writes it."""
    sink = io.BytesIO()
    recipient = PassphraseRecipient(passphrase) if work is None else PassphraseRecipient(passphrase, work)
    with encrypting(sink, [recipient], random) as writer:
        writer.write(data)
    return armor(sink.getvalue())


def _lines(data: bytes) -> tuple[Kept, ...]:
    lines = [line.strip() for line in data.decode("utf-8", "replace").splitlines()]
    texts = [line for line in lines if line and not line.startswith("#")]
    if not texts:
        raise KeyUnavailable("an identity file holds no identity", remedy=_REMEDY)
    return tuple(map(parse_identity, texts))


def _unsealed(data: bytes, passphrase: str) -> bytes:
    try:
        source = dearmor(data) if is_armored(data) else io.BytesIO(data)
        return b"".join(decrypting(source, [PassphraseIdentity(passphrase)]))
    except AgeInvalid as error:
        raise KeyUnavailable(
            "an identity file could not be unlocked", remedy="check its passphrase, or restore it from its backup"
        ) from error


def _ssh_key(data: bytes, ask: Ask | None) -> SigningKey:
    try:
        return SigningKey.load(data)
    except KeyUnavailable:
        if ask is None:
            raise
    return SigningKey.load(data, ask().encode("utf-8"))


def _asked(ask: Ask | None) -> str:
    if ask is None:
        raise KeyUnavailable(
            "an identity file is protected by a passphrase, and nobody can be asked for it here",
            remedy="type the command in a terminal, or keep an unprotected file that only the service can read",
        )
    return ask()
