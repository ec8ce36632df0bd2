"""A partner's encrypting key: parsed from its packet's body, and a session key wrapped to it (RFC 9580 §5.1)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.keywrap import aes_key_wrap
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.crypto.openpgp.packets import Tag, framed, mpi, number, packet
from gateway.vocabulary.errors import KeyUnavailable

RSA, ECDH = (1, 2), 18
AES256: Final = 9
LEAST_RSA: Final = 2048
VERSION, SESSION_KEY_VERSION = 4, 3
_CURVE25519 = bytes.fromhex("2b060104019755010501")
CURVES: Final[dict[bytes, ec.EllipticCurve]] = {
    bytes.fromhex("2a8648ce3d030107"): ec.SECP256R1(),
    bytes.fromhex("2b81040022"): ec.SECP384R1(),
    bytes.fromhex("2b81040023"): ec.SECP521R1(),
}
_HASHES: Final = {8: "sha256", 9: "sha384", 10: "sha512"}
_WRAPPING_BYTES: Final = {7: 16, 8: 24, 9: 32}
_ANONYMOUS: Final = b"Anonymous Sender    "
Public = rsa.RSAPublicKey | X25519PublicKey | ec.EllipticCurvePublicKey
_REMEDY = "ask the partner for a certificate with an RSA, Curve25519 or NIST key that encrypts: gpg makes these"


@dataclass(frozen=True, slots=True)
class _Ecdh:
    """What an ECDH key says of how its session keys are wrapped, as it stands in the packet."""

    curve: bytes
    point: bytes
    kdf: bytes


@dataclass(frozen=True, slots=True)
class EncryptionKey:
    """One live encrypting key. Whether it may be used is not known here."""

    body: bytes
    _public: rsa.RSAPublicKey | _Ecdh

    @classmethod
    def parse(cls, body: bytes) -> "EncryptionKey":
        """From the body of a public key packet, version 4; KeyUnavailable for what is no such key, or is too weak."""
        try:
            return cls(body, _parsed(body))
        except (ValueError, IndexError) as error:
            raise KeyUnavailable("an OpenPGP key is of a kind that is not used here", remedy=_REMEDY) from error

    @property
    def public(self) -> Public:
        return _point(self._public) if isinstance(self._public, _Ecdh) else self._public

    @property
    def fingerprint(self) -> bytes:
        return hashlib.sha1(framed(self.body), usedforsecurity=False).digest()

    def wrap(self, session_key: bytes, random: Callable[[int], bytes]) -> bytes:
        """The packet out of which the key's holder gets the AES-256 key."""
        told = bytes([AES256]) + session_key + (sum(session_key) & 0xFFFF).to_bytes(2, "big")
        head = bytes([SESSION_KEY_VERSION]) + self.fingerprint[-8:]
        if isinstance(self._public, _Ecdh):
            return packet(Tag.SESSION_KEY, head + bytes([ECDH]) + self._agreed(self._public, told, random))
        return packet(Tag.SESSION_KEY, head + bytes([RSA[0]]) + mpi(self._public.encrypt(told, padding.PKCS1v15())))

    def wrapping(self, shared: bytes) -> bytes:
        """What a session key is wrapped with, out of the secret that both sides agree on (RFC 9580 §11.5)."""
        public = self._public
        if not isinstance(public, _Ecdh):
            raise TypeError("a key that agrees on nothing")
        curve = bytes([len(public.curve)]) + public.curve
        about = curve + bytes([ECDH]) + public.kdf + _ANONYMOUS + self.fingerprint
        size = _WRAPPING_BYTES[public.kdf[3]]
        return hashlib.new(_HASHES[public.kdf[2]], b"\0\0\0\1" + shared + about).digest()[:size]

    def _agreed(self, public: _Ecdh, told: bytes, random: Callable[[int], bytes]) -> bytes:
        shared, ephemeral = _exchange(public, random)
        fill = -len(told) % 8 or 8
        wrapped = aes_key_wrap(self.wrapping(shared), told + bytes([fill]) * fill)
        return mpi(ephemeral) + bytes([len(wrapped)]) + wrapped


def _parsed(body: bytes) -> rsa.RSAPublicKey | _Ecdh:
    if body[0] != VERSION:
        raise ValueError("another version")
    algorithm, rest = body[5], body[6:]
    if algorithm in RSA:
        modulus, rest = number(rest)
        exponent, rest = number(rest)
        key = rsa.RSAPublicNumbers(int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big")).public_key()
        if rest or key.key_size < LEAST_RSA:
            raise ValueError("too weak, or more than a key")
        return key
    if algorithm == ECDH:
        return _ecdh(rest)
    raise ValueError("another algorithm")


def _ecdh(rest: bytes) -> _Ecdh:
    curve, rest = rest[1 : 1 + rest[0]], rest[1 + rest[0] :]
    point, kdf = number(rest)
    if len(kdf) != 4 or kdf[:2] != b"\x03\x01" or kdf[2] not in _HASHES or kdf[3] not in _WRAPPING_BYTES:
        raise ValueError("another way to wrap")
    public = _Ecdh(curve, point, kdf)
    _point(public)
    return public


def _point(public: _Ecdh) -> X25519PublicKey | ec.EllipticCurvePublicKey:
    if public.curve != _CURVE25519:
        if public.curve not in CURVES:
            raise ValueError("another curve")
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[public.curve], public.point)
    if public.point[:1] != b"\x40":
        raise ValueError("no point of Curve25519")
    return X25519PublicKey.from_public_bytes(public.point[1:])


def _exchange(public: _Ecdh, random: Callable[[int], bytes]) -> tuple[bytes, bytes]:
    """The shared secret, and our half of it, made for this one message."""
    theirs = _point(public)
    if isinstance(theirs, X25519PublicKey):
        ours = X25519PrivateKey.from_private_bytes(random(32))
        return ours.exchange(theirs), b"\x40" + ours.public_key().public_bytes_raw()
    mine = ec.generate_private_key(CURVES[public.curve])
    point = mine.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return mine.exchange(ec.ECDH(), theirs), point
