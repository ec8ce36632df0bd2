"""The public half of our Ed25519 key as an OpenPGP key, and what a signature of it says beside what it signs.

It is made of the key and its user id alone, and is the same whenever it is made: its date is a
constant, since a date is part of an OpenPGP fingerprint. Who signs builds these bytes, and who
verifies builds them too and compares: they have one spelling.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from gateway.crypto.openpgp.packets import framed, length, mpi

VERSION, EDDSA, SHA256, ONE_PASS_VERSION = 4, 22, 8, 3
MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)
KEY_BYTES: Final = 32
FINGERPRINT: Final = 20
_ED25519 = bytes.fromhex("2b06010401da470f01")
_BINARY, _POSITIVE = 0x00, 0x13
_CREATED, _ISSUER, _KEY_FLAGS, _ISSUER_FINGERPRINT, _INTENDED_RECIPIENT = 2, 16, 27, 33, 35
_CERTIFIES_AND_SIGNS = b"\x03"


class Hashing(Protocol):
    """SHA-256 that has passed over what is signed."""

    def copy(self) -> "Hashing": ...
    def update(self, data: bytes, /) -> object: ...
    def digest(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class SigningCertificate:
    """`public_raw`: the key's 32 bytes. `user_id` names the one partner that it signs for."""

    public_raw: bytes
    user_id: str

    @property
    def body(self) -> bytes:
        algorithm = bytes([EDDSA, len(_ED25519)]) + _ED25519
        return bytes([VERSION]) + _spelled(MADE) + algorithm + mpi(b"\x40" + self.public_raw)

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha1(framed(self.body), usedforsecurity=False).digest()

    @property
    def certified(self) -> Hashing:
        """Key and user id, hashed: what the certificate's own signature is over."""
        user_id = self.user_id.encode()
        return hashlib.sha256(framed(self.body) + b"\xb4" + len(user_id).to_bytes(4, "big") + user_id)

    def certifies(self) -> bytes:
        """What that signature says."""
        return self._said(_POSITIVE, MADE, [_subpacket(_KEY_FLAGS, _CERTIFIES_AND_SIGNS)])

    def says(self, intended: Sequence[bytes], at: datetime) -> bytes:
        """What a message's signature says: when, by whom, and for which certificates, by their fingerprints."""
        return self._said(_BINARY, at, [intended_for(fingerprint) for fingerprint in intended])

    def _said(self, kind: int, at: datetime, more: Sequence[bytes]) -> bytes:
        subpackets = b"".join((
            _subpacket(_CREATED, _spelled(at)), _subpacket(_ISSUER_FINGERPRINT, bytes([VERSION]) + self.fingerprint), *more,
        ))  # fmt: skip
        return bytes([VERSION, kind, EDDSA, SHA256]) + len(subpackets).to_bytes(2, "big") + subpackets


def announced(key_id: bytes) -> bytes:
    """What stands before signed data, so that it can be hashed as it passes: the body of its packet."""
    return bytes([ONE_PASS_VERSION, _BINARY, SHA256, EDDSA]) + key_id + b"\1"


def intended_for(fingerprint: bytes) -> bytes:
    return _subpacket(_INTENDED_RECIPIENT, bytes([VERSION]) + fingerprint)


def signed_digest(hashed: Hashing, said: bytes) -> bytes:
    """What is signed: what was hashed, and behind it what the signature says."""
    whole = hashed.copy()
    whole.update(said + bytes([VERSION, 0xFF]) + len(said).to_bytes(4, "big"))
    return whole.digest()


def signature_body(said: bytes, issuer: bytes, digest: bytes, signature: bytes) -> bytes:
    """The body of a signature's packet. Its issuer's number stands in it once more, unsigned, for gpg 2.2."""
    hint = _subpacket(_ISSUER, issuer[-8:])
    return said + len(hint).to_bytes(2, "big") + hint + digest[:2] + mpi(signature[:32]) + mpi(signature[32:])


def _subpacket(kind: int, content: bytes) -> bytes:
    return length(1 + len(content)) + bytes([kind]) + content


def _spelled(at: datetime) -> bytes:
    return int(at.timestamp()).to_bytes(4, "big")
