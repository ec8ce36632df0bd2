"""One message as a stream: for each recipient the session key, then, encrypted, the data and our signature over it.

    session key for each recipient
    encrypted, with a modification detection code (RFC 9580 §5.13.1, version 1, which gpg 2.2 reads):
        16 octets of chance, the last two of them once more
        one-pass signature · literal data · signature · SHA-1 over all of this

Nothing is compressed: OpenPGP has no length to hide, and sizes would tell even more of the data.
Leaving the block by exception writes no end: a packet of unknown length is open, and there is no
signature and no detection code, so what was broken off can never pass for whole.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from gateway.crypto.openpgp.certificate import Hashing
from gateway.crypto.openpgp.packets import Parts, Sink, Tag
from gateway.crypto.openpgp.recipients import EncryptionKey
from gateway.crypto.openpgp.signing import MessageSigner
from gateway.vocabulary.errors import KeyUnavailable

KEY_BYTES, BLOCK = 32, 16
ENCRYPTED_VERSION = b"\x01"
DETECTION_CODE: Final = b"\xd3\x14"
LITERAL_HEAD: Final = b"b\0" + bytes(4)
"""Binary, without a name and without a date: the manifest has the name."""


@contextmanager
def encrypting(
    sink: Sink,
    recipients: Sequence[EncryptionKey],
    *,
    signer: MessageSigner,
    hashed: Hashing,
    intended: Sequence[bytes],
    at: datetime,
    random: Callable[[int], bytes],
) -> Iterator[Sink]:
    """Seal what is written in the block, in pieces of any size.

    Args:
        hashed: SHA-256, through which the caller passes the same data: who seals hashes it anyway.
        intended: the fingerprints of the recipients' certificates, raw.

    Raises:
        KeyUnavailable: no recipient.
    """
    if not recipients:
        raise KeyUnavailable("a message is sealed to at least one recipient")
    session_key = random(KEY_BYTES)
    sink.write(b"".join(recipient.wrap(session_key, random) for recipient in recipients))
    body = _Encrypted(Parts(sink, Tag.ENCRYPTED), session_key, random(BLOCK))
    body.write(signer.one_pass())
    literal = Parts(body, Tag.LITERAL)
    literal.write(LITERAL_HEAD)
    yield literal
    literal.finish()
    body.write(signer.sign(hashed, intended, at))
    body.finish()


class _Encrypted:
    """The encrypted packet's body: what is written is hashed, then encrypted."""

    def __init__(self, parts: Parts, key: bytes, chance: bytes) -> None:
        self._parts, self._sha = parts, hashlib.sha1(usedforsecurity=False)
        self._cipher = Cipher(algorithms.AES(key), CFB(bytes(BLOCK))).encryptor()
        parts.write(ENCRYPTED_VERSION)
        self.write(chance + chance[-2:])

    def write(self, data: bytes | memoryview, /) -> None:
        self._sha.update(data)
        self._parts.write(self._cipher.update(data))

    def finish(self) -> None:
        self._sha.update(DETECTION_CODE)
        self._parts.write(self._cipher.update(DETECTION_CODE + self._sha.digest()) + self._cipher.finalize())
        self._parts.finish()
