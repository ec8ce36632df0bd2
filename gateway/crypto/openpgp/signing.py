"""Our Ed25519 key as an OpenPGP key: its certificate for partners, and its signature over a message.

The certificate is made of the key and its user id alone, and is the same whenever it is made:
its date is a constant, since a date is part of an OpenPGP fingerprint.
"""

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Protocol

from gateway.crypto.note import Ed25519Signer
from gateway.crypto.openpgp.packets import Tag, length, mpi, packet

VERSION, EDDSA, SHA256 = 4, 22, 8
MADE: Final = datetime(2026, 1, 1, tzinfo=UTC)
_ED25519 = bytes.fromhex("2b06010401da470f01")
_BINARY, _POSITIVE = 0x00, 0x13
_CREATED, _ISSUER, _KEY_FLAGS, _ISSUER_FINGERPRINT, _INTENDED_RECIPIENT = 2, 16, 27, 33, 35
_CERTIFIES_AND_SIGNS = b"\x03"
_CRC_START, _CRC_POLYNOMIAL = 0xB704CE, 0x1864CFB
_WIDTH: Final = 64


class Hashing(Protocol):
    """SHA-256 that has passed over what is signed."""

    def copy(self) -> "Hashing": ...
    def update(self, data: bytes, /) -> object: ...
    def digest(self) -> bytes: ...


class MessageSigner:
    """Signs messages for one partner, whom `user_id` names. It is never shown."""

    def __init__(self, key: Ed25519Signer, user_id: str) -> None:
        self._key = key
        self._user_id = user_id.encode()
        point = mpi(b"\x40" + key.public_raw)
        algorithm = bytes([EDDSA, len(_ED25519)]) + _ED25519
        self._body = bytes([VERSION]) + _spelled(MADE) + algorithm + point
        self.fingerprint = hashlib.sha1(_framed(self._body), usedforsecurity=False).digest()

    def one_pass(self) -> bytes:
        """What stands before the data, so that it can be hashed as it passes."""
        return packet(Tag.ONE_PASS_SIGNATURE, bytes([3, _BINARY, SHA256, EDDSA]) + self.fingerprint[-8:] + b"\1")

    def sign(self, hashed: Hashing, intended: Sequence[bytes], at: datetime) -> bytes:
        """What stands behind it. `intended`: the recipients' fingerprints, so that nobody passes it on as meant for others."""
        binding = [_subpacket(_INTENDED_RECIPIENT, bytes([VERSION]) + fingerprint) for fingerprint in intended]
        return self._signature(_BINARY, hashed, at, binding)

    def certificate(self) -> str:
        """For the partner, armored: `gpg --import` takes it."""
        user_id = b"\xb4" + len(self._user_id).to_bytes(4, "big") + self._user_id
        hashed = hashlib.sha256(_framed(self._body) + user_id)
        bound = self._signature(_POSITIVE, hashed, MADE, [_subpacket(_KEY_FLAGS, _CERTIFIES_AND_SIGNS)])
        return _armored(packet(Tag.PUBLIC_KEY, self._body) + packet(Tag.USER_ID, self._user_id) + bound)

    def _signature(self, kind: int, hashed: Hashing, at: datetime, more: Sequence[bytes]) -> bytes:
        subpackets = b"".join((
            _subpacket(_CREATED, _spelled(at)), _subpacket(_ISSUER_FINGERPRINT, bytes([VERSION]) + self.fingerprint), *more,
        ))  # fmt: skip
        covered = bytes([VERSION, kind, EDDSA, SHA256]) + len(subpackets).to_bytes(2, "big") + subpackets
        whole = hashed.copy()
        whole.update(covered + bytes([VERSION, 0xFF]) + len(covered).to_bytes(4, "big"))
        digest = whole.digest()
        signature = self._key.sign_raw(digest)
        issuer = _subpacket(_ISSUER, self.fingerprint[-8:])
        numbers = mpi(signature[:32]) + mpi(signature[32:])
        return packet(Tag.SIGNATURE, covered + len(issuer).to_bytes(2, "big") + issuer + digest[:2] + numbers)


def _framed(body: bytes) -> bytes:
    return b"\x99" + len(body).to_bytes(2, "big") + body


def _subpacket(kind: int, content: bytes) -> bytes:
    return length(1 + len(content)) + bytes([kind]) + content


def _spelled(at: datetime) -> bytes:
    return int(at.timestamp()).to_bytes(4, "big")


def _armored(data: bytes) -> str:
    text, check = (
        base64.b64encode(data).decode("ascii"),
        base64.b64encode(_crc(data).to_bytes(3, "big")).decode("ascii"),
    )
    lines = [text[start : start + _WIDTH] for start in range(0, len(text), _WIDTH)]
    begin, end = (f"-----{word} PGP PUBLIC KEY BLOCK-----" for word in ("BEGIN", "END"))
    return "\n".join([begin, "", *lines, f"={check}", end, ""])


def _crc(data: bytes) -> int:
    """CRC-24 (RFC 9580 §6.1.1), which gpg still looks at."""
    crc = _CRC_START
    for octet in data:
        crc ^= octet << 16
        for _ in range(8):
            crc = crc << 1 ^ (_CRC_POLYNOMIAL if crc & 0x800000 else 0)
    return crc & 0xFFFFFF
