"""The three derivations that every part of age shares."""

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FILE_KEY = 16
_ZERO_NONCE = bytes(12)
"""Safe here alone: each wrapping key is derived afresh and used once."""


def hkdf(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def wrap_key(wrapping: bytes, file_key: bytes) -> bytes:
    return ChaCha20Poly1305(wrapping).encrypt(_ZERO_NONCE, file_key, None)


def unwrap_key(wrapping: bytes, body: bytes) -> bytes | None:
    """None where the key is not for us: the next identity is tried."""
    try:
        return ChaCha20Poly1305(wrapping).decrypt(_ZERO_NONCE, body, None)
    except InvalidTag:
        return None
