"""Keys that stock gpg made, once for all tests of a process; and messages by hand, where one must be wrong.

`message` writes what the product writes, from the RFC and not with the product's code, and lets a
test change what is inside before it is encrypted, or what it is encrypted with.
"""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from gateway.crypto.openpgp import MessageSigner, SecretKey, read_secret_keys
from gateway.crypto.openpgp.recipients import EncryptionKey
from tests.simulators.gnupg import gnupg

LITERAL = b"b\0" + bytes(4)
CODE = b"\xd3\x14"


@dataclass(frozen=True)
class Kept:
    """A key pair as its owner keeps it: the certificate for others, and what gpg exports for `gateway receive`."""

    certificate: str
    exported: bytes
    whole: bytes
    """With what signs."""

    @property
    def own(self) -> SecretKey:
        (only,) = read_secret_keys(self.exported)
        return only


@cache
def kept(user_id: str, kind: str = "future-default") -> Kept:
    """Curve25519, unless the case is about another kind."""
    with gnupg() as gpg:
        gpg.make_kind(user_id, kind)
        return Kept(gpg.certificate(user_id), gpg.exported(user_id), gpg.exported(user_id, whole=True))


def one_octet(tag: int, body: bytes) -> bytes:
    """A packet whose length has five octets, which any reader of OpenPGP takes."""
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def packet(tag: int, body: bytes) -> bytes:
    """A packet in the shortest spelling."""
    size = len(body)
    if size < 192:
        return bytes([0xC0 | tag, size]) + body
    if size < 8384:
        return bytes([0xC0 | tag, (size - 192 >> 8) + 192, size - 192 & 0xFF]) + body
    return one_octet(tag, body)


def inside(data: bytes, signer: MessageSigner, intended: Sequence[bytes], at: datetime) -> list[bytes]:
    """The packets in a message: announcement, data, signature."""
    return [signer.one_pass(), packet(11, LITERAL + data), signer.sign(hashlib.sha256(data), intended, at)]


def encrypted(packets: Sequence[bytes], key: bytes, code: Callable[[bytes], bytes] = bytes) -> bytes:
    """The body of an encrypted packet, with its detection code; `code` spoils that."""
    chance = secrets.token_bytes(16)
    plain = chance + chance[-2:] + b"".join(packets)
    plain += code(CODE + hashlib.sha1(plain + CODE, usedforsecurity=False).digest())
    return b"\1" + Cipher(algorithms.AES(key), CFB(bytes(16))).encryptor().update(plain)


def message(packets: Sequence[bytes], keys: Sequence[EncryptionKey], code: Callable[[bytes], bytes] = bytes) -> bytes:
    session_key = secrets.token_bytes(32)
    wrapped = b"".join(key.wrap(session_key, secrets.token_bytes) for key in keys)
    return wrapped + packet(18, encrypted(packets, session_key, code))
