"""Whether a certificate's own key binds a subkey to it (RFC 9580 §5.2.1, type 0x18).

Sequoia keeps what it has not verified in a certificate that it parses, and verifies on use. We use
subkeys ourselves, so we verify: else whoever can write the file adds a key to it, and reads along.
"""

import hashlib
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from gateway.crypto.openpgp.packets import framed, numbers
from gateway.crypto.openpgp.recipients import CURVES
from gateway.vocabulary.errors import SignatureInvalid

VERSION, SUBKEY_BINDING = 4, 0x18
RSA, ECDSA, EDDSA = (1, 3), 19, 22
_ED25519: Final = bytes.fromhex("2b06010401da470f01")
_HASHES: Final = {8: hashes.SHA256(), 9: hashes.SHA384(), 10: hashes.SHA512()}
_HEAD: Final = 6
"""Version, type, two algorithms, and the length of what is hashed of the subpackets."""


@dataclass(frozen=True, slots=True)
class _Signed:
    """A binding's parts: its algorithm, the hash's, the digest that is signed, the numbers of the signature."""

    algorithm: int
    hashed_with: hashes.HashAlgorithm
    digest: bytes
    numbers: tuple[bytes, bytes]


def verify_binding(primary: bytes, subkey: bytes, signature: bytes) -> None:
    """All three are packets' bodies. SignatureInvalid unless `primary` signed that `subkey` belongs to it."""
    try:
        _verify(primary, _parsed(primary, subkey, signature))
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, IndexError, KeyError) as error:
        raise SignatureInvalid("a certificate's own key did not sign one of its subkeys") from error


def _parsed(primary: bytes, subkey: bytes, signature: bytes) -> _Signed:
    version, kind, algorithm, hash_number = signature[:4]
    if (version, kind) != (VERSION, SUBKEY_BINDING):
        raise ValueError("another version or kind")
    end = _HEAD + int.from_bytes(signature[4:_HEAD], "big")
    behind = end + 2 + int.from_bytes(signature[end : end + 2], "big")
    if len(signature) < behind + 2:
        raise ValueError("cut short")
    trailer = bytes([VERSION, 0xFF]) + end.to_bytes(4, "big")
    hashed_with = _HASHES[hash_number]
    digest = hashlib.new(hashed_with.name, framed(primary) + framed(subkey) + signature[:end] + trailer).digest()
    found = numbers(signature[behind + 2 :])
    return _Signed(algorithm, hashed_with, digest, (found[0], found[-1]))


def _verify(primary: bytes, signed: _Signed) -> None:
    """The key's algorithm decides, and the signature must say the same."""
    algorithm, rest = primary[5], primary[6:]
    if primary[0] != VERSION or signed.algorithm != algorithm:
        raise ValueError("another version or algorithm")
    first, last = signed.numbers
    if algorithm in RSA:
        modulus, exponent = (int.from_bytes(number, "big") for number in numbers(rest))
        key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
        key.verify(
            first.rjust(key.key_size // 8, b"\0"), signed.digest, padding.PKCS1v15(), Prehashed(signed.hashed_with)
        )
        return
    curve, (point,) = rest[1 : 1 + rest[0]], numbers(rest[1 + rest[0] :])
    if algorithm == EDDSA and curve == _ED25519 and point[:1] == b"\x40":
        Ed25519PublicKey.from_public_bytes(point[1:]).verify(
            first.rjust(32, b"\0") + last.rjust(32, b"\0"), signed.digest
        )
    elif algorithm == ECDSA:
        both = encode_dss_signature(int.from_bytes(first, "big"), int.from_bytes(last, "big"))
        public = ec.EllipticCurvePublicKey.from_encoded_point(CURVES[curve], point)
        public.verify(both, signed.digest, ec.ECDSA(Prehashed(signed.hashed_with)))
    else:
        raise ValueError("another algorithm")
