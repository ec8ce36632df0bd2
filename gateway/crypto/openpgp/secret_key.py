"""A partner's own OpenPGP key, as gpg exports it, and what it opens: the session key of a message that is for it.

    gpg --export-secret-subkeys FINGERPRINT > identity.pgp     the encrypting subkeys, without what signs

Of the file only keys count: their owner says by putting it there that they are his. Whether
one has expired is for whoever seals to ask: what was sealed to a key before is opened with it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from gateway.crypto.openpgp import armor
from gateway.crypto.openpgp.message import KEY_BYTES
from gateway.crypto.openpgp.packets import Tag, framed, number, split
from gateway.crypto.openpgp.protection import unprotected
from gateway.crypto.openpgp.recipients import AES256, ECDH, RSA, SESSION_KEY_VERSION, VERSION, EncryptionKey
from gateway.vocabulary.errors import KeyUnavailable, MessageMalformed

Private = rsa.RSAPrivateKey | X25519PrivateKey | ec.EllipticCurvePrivateKey
_NUMBERS: Final = {1: 2, 2: 2, 3: 2, 16: 3, 17: 4}
"""How many numbers a public half has: RSA, ElGamal, DSA."""
_CURVE_NUMBERS: Final = {ECDH: 1, 19: 1, 22: 1}
"""Behind a curve's name: ECDH, ECDSA, EdDSA."""
_REMEDY = "put there what gpg --export-secret-subkeys gives for the key whose certificate the sender has"


@dataclass(frozen=True, slots=True)
class DecryptionKey:
    """One key that can open. It is never shown."""

    public: EncryptionKey
    _private: Private

    def __repr__(self) -> str:
        return f"DecryptionKey({self.public.fingerprint.hex()})"

    def unwrap(self, body: bytes) -> bytes | None:
        """The AES-256 key in a session key packet; None if it is for another key, or is none."""
        if body[:9] != bytes([SESSION_KEY_VERSION]) + self.public.fingerprint[-8:]:
            return None
        try:
            return _session_key(self._told(body[9], body[10:]))
        except (ValueError, IndexError, InvalidUnwrap):
            return None

    def _told(self, algorithm: int, rest: bytes) -> bytes:
        if isinstance(self._private, rsa.RSAPrivateKey):
            wrapped, behind = number(rest)
            if algorithm != RSA[0] or behind:
                raise ValueError("another algorithm, or more than one number")
            # what is badly padded comes out as chance, and not as an error that could be told from others
            return self._private.decrypt(wrapped.rjust(self._private.key_size // 8, b"\0"), padding.PKCS1v15())
        point, wrapped = number(rest)
        if algorithm != ECDH or wrapped[0] != len(wrapped) - 1:
            raise ValueError("another algorithm, or more than one key")
        told = aes_key_unwrap(self.public.wrapping(_agreed(self._private, point)), wrapped[1:])
        fill = told[-1]
        if not 0 < fill <= 8 or told[-fill:] != bytes([fill]) * fill:
            raise ValueError("filled up otherwise")
        return told[:-fill]


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretKey:
    """A certificate with its secret half: the fingerprint that the sender knows, and every key in it that can open."""

    fingerprint: bytes
    keys: tuple[DecryptionKey, ...]


def read_secret_keys(data: bytes, passphrase: bytes | None = None) -> tuple[SecretKey, ...]:
    """Of each certificate in the file, armored or not: more than one while its owner changes it.

    Raises:
        KeyUnavailable: none, one without a key that opens, or the passphrase is missing or wrong.
    """
    try:
        content = b"".join(armor.dearmored(data, armor.PRIVATE)) if armor.is_armored(data) else data
        found = tuple(_secret_key(bodies, passphrase) for bodies in _by_certificate(content))
    except (ValueError, IndexError, KeyError, MessageMalformed) as error:
        raise KeyUnavailable("a file does not hold an OpenPGP key with its secret half", remedy=_REMEDY) from error
    if not all(key.keys for key in found):
        raise KeyUnavailable("an OpenPGP key has no secret half that opens anything", remedy=_REMEDY)
    return found


def _by_certificate(content: bytes) -> list[list[bytes]]:
    """The keys of each, the primary one first; what else is in the file is passed over."""
    found: list[list[bytes]] = []
    for tag, body in split(content):
        if tag == Tag.SECRET_KEY:
            found.append([body])
        elif not found:
            raise ValueError("something before the first key")
        elif tag == Tag.SECRET_SUBKEY:
            found[-1].append(body)
    if not found:
        raise ValueError("no key")
    return found


def _secret_key(bodies: Sequence[bytes], passphrase: bytes | None) -> SecretKey:
    primary, _ = _halves(bodies[0])
    fingerprint = hashlib.sha1(framed(primary), usedforsecurity=False).digest()
    return SecretKey(fingerprint=fingerprint, keys=tuple(_opening(bodies, passphrase)))


def _opening(bodies: Sequence[bytes], passphrase: bytes | None) -> Iterator[DecryptionKey]:
    for body in bodies:
        public, secret = _halves(body)
        if public[5] not in (*RSA, ECDH):
            continue
        numbers = unprotected(secret, passphrase)
        if numbers is not None:
            key = EncryptionKey.parse(public)
            yield DecryptionKey(key, _private(key, numbers))


def _halves(body: bytes) -> tuple[bytes, bytes]:
    """A secret key's packet is its public one, and more behind it."""
    if body[0] != VERSION:
        raise ValueError("another version")
    algorithm, rest = body[5], body[6:]
    if algorithm in _CURVE_NUMBERS:
        rest = rest[1 + rest[0] :]
    for _ in range(_NUMBERS[algorithm] if algorithm in _NUMBERS else _CURVE_NUMBERS[algorithm]):
        _, rest = number(rest)
    if algorithm == ECDH:
        rest = rest[1 + rest[0] :]
    return body[: len(body) - len(rest)], rest


def _private(key: EncryptionKey, secret: bytes) -> Private:
    """ValueError unless it is the secret half of this very key."""
    private = _loaded(key, secret)
    if private.public_key() != key.public:
        raise ValueError("the two halves do not belong together")
    return private


def _loaded(key: EncryptionKey, secret: bytes) -> Private:
    if isinstance(key.public, rsa.RSAPublicKey):
        d, p, q, _ = _secret_numbers(secret, 4)
        numbers = rsa.RSAPrivateNumbers(
            p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q), key.public.public_numbers()
        )
        return numbers.private_key()
    (scalar,) = _secret_numbers(secret, 1)
    if isinstance(key.public, X25519PublicKey):
        return X25519PrivateKey.from_private_bytes(scalar.to_bytes(32, "little"))
    return ec.derive_private_key(scalar, key.public.curve)


def _secret_numbers(data: bytes, count: int) -> list[int]:
    """gpg does not always count a secret number's bits as it should."""
    found: list[int] = []
    while data:
        size = (int.from_bytes(data[:2], "big") + 7) // 8
        if len(data) < 2 + size:
            raise ValueError("cut short")
        found.append(int.from_bytes(data[2 : 2 + size], "big"))
        data = data[2 + size :]
    if len(found) != count:
        raise ValueError("more numbers than there should be, or fewer")
    return found


def _agreed(private: Private, point: bytes) -> bytes:
    if isinstance(private, X25519PrivateKey):
        if point[:1] != b"\x40":
            raise ValueError("no point of Curve25519")
        return private.exchange(X25519PublicKey.from_public_bytes(point[1:]))
    if isinstance(private, ec.EllipticCurvePrivateKey):
        return private.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(private.curve, point))
    raise ValueError("a key that agrees on nothing")


def _session_key(told: bytes) -> bytes:
    algorithm, key, check = told[0], told[1:-2], told[-2:]
    if (algorithm, len(key)) != (AES256, KEY_BYTES) or sum(key) & 0xFFFF != int.from_bytes(check, "big"):
        raise ValueError("no key of AES-256")
    return key
