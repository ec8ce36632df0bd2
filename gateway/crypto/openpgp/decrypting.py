"""One message of ours as its recipient reads it: the session key for us, then what is encrypted, to its detection code.

    for piece in decrypting(source, keys): ...     # signed data still in packets (`reading`); discard it if this raises

Only what `message` writes is read: session keys of version 3 that say for whom they are, one
encrypted packet of version 1, in parts of one size, and nothing behind it. So there is no older
encryption without a code, no compression to expand, no second message, and no second spelling.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from typing import Final, Protocol

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from gateway.crypto.openpgp.feed import Feed
from gateway.crypto.openpgp.message import BLOCK, DETECTION_CODE, ENCRYPTED_VERSION
from gateway.crypto.openpgp.packets import Tag
from gateway.crypto.openpgp.secret_key import DecryptionKey
from gateway.vocabulary.errors import MessageUndecryptable

PIECE: Final = 1 << 20
MOST_SESSION_KEYS: Final = 64
"""16 recipients, and a certificate may have several keys."""
_CODE_BYTES: Final = len(DETECTION_CODE) + hashlib.sha1(usedforsecurity=False).digest_size
_PREFIX: Final = BLOCK + 2


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


def decrypting(source: Source, keys: Sequence[DecryptionKey]) -> Iterator[bytes]:
    """What is inside, in pieces of at most a part; whether it is whole and unchanged shows at the end alone.

    Raises:
        MessageUndecryptable: for none of these keys, changed, cut short, or not as ours are.
    """
    feed = Feed(iter(lambda: source.read(PIECE), b""), _undecryptable)
    session_key = _session_key(feed, keys)
    yield from _opened(feed, session_key)
    feed.expect_end()


def _session_key(feed: Feed, keys: Sequence[DecryptionKey]) -> bytes:
    found: bytes | None = None
    for _ in range(MOST_SESSION_KEYS):
        if not feed.next_is(Tag.SESSION_KEY):
            break
        body = feed.body(Tag.SESSION_KEY)
        for key in keys:
            found = found or key.unwrap(body)
    if found is None:
        raise MessageUndecryptable("an OpenPGP message is not sealed to our key")
    return found


def _opened(feed: Feed, session_key: bytes) -> Iterator[bytes]:
    """Without the octets of chance and the code. Of each piece the last octets are kept back: they may be the code."""
    cipher = Cipher(algorithms.AES(session_key), CFB(bytes(BLOCK))).decryptor()
    sha = hashlib.sha1(usedforsecurity=False)
    parts = feed.parts(Tag.ENCRYPTED)
    held, skip, version = b"", _PREFIX, b""
    for part in parts:
        encrypted = part
        if not version:
            version, encrypted = bytes(part[:1]), part[1:]
            _expect(version == ENCRYPTED_VERSION)
        plain = held + cipher.update(encrypted)
        known = max(len(plain) - _CODE_BYTES, 0)
        sha.update(plain[:known])
        held = plain[known:]
        skipped = min(skip, known)
        skip -= skipped
        yield plain[skipped:known]
    sha.update(held[: len(DETECTION_CODE)])
    _expect(skip == 0 and hmac.compare_digest(held, DETECTION_CODE + sha.digest()))


def _expect(holds: bool) -> None:
    if not holds:
        raise _undecryptable()


def _undecryptable() -> MessageUndecryptable:
    return MessageUndecryptable("an OpenPGP message was changed, is cut short, or is not made as ours are")
