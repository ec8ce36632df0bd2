"""What protects a secret key in its file: a key made of a passphrase, AES, and a SHA-1 inside (RFC 9580 §3.7, §5.5.3).

    0                nothing but a sum: the file's mode is all that protects it
    254, AES, 3      encrypted, the passphrase salted and hashed many times: what gpg writes
    101              there is no secret half: gpg leaves it out with --export-secret-subkeys

What has a sum alone inside (255) or hashes the passphrase once is not read: whoever holds the file tries
passphrases at no cost, or changes the key unnoticed.
"""

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from gateway.crypto.openpgp.message import BLOCK
from gateway.vocabulary.errors import KeyUnavailable

NOTHING, SUM, HASHED = 0, 255, 254
SALTED_AND_ITERATED, LEFT_OUT = 3, 101
_KEY_BYTES: Final = {7: 16, 8: 24, 9: 32}
_HASHES: Final = {2: "sha1", 8: "sha256", 9: "sha384", 10: "sha512"}
_SALT: Final = 8
_SHA1: Final = 20
_AT_ONCE: Final = 1 << 16
_REMEDY = "export it again with gpg --export-secret-subkeys, protected by a passphrase or by nothing"


def unprotected(data: bytes, passphrase: bytes | None) -> bytes | None:
    """The secret numbers out of what follows a key's public half; None if they were left out of the file.

    Raises:
        KeyUnavailable: the passphrase is missing or wrong, or the protection is none that is read here.
        ValueError, IndexError, KeyError: cut short, or of another kind.
    """
    usage = data[0]
    if usage == NOTHING:
        return _summed(data[1:])
    if data[2] == LEFT_OUT:
        return None
    if usage != HASHED or data[2] != SALTED_AND_ITERATED:
        raise KeyUnavailable("an OpenPGP key is protected in a way that is not used here", remedy=_REMEDY)
    if passphrase is None:
        raise KeyUnavailable(
            "an OpenPGP key is protected by a passphrase, and none is given",
            remedy="give the passphrase, or a key without one that only the service can read",
        )
    return _decrypted(data, passphrase)


def _summed(data: bytes) -> bytes:
    numbers, check = data[:-2], data[-2:]
    if sum(numbers) & 0xFFFF != int.from_bytes(check, "big"):
        raise ValueError("a sum that is wrong")
    return numbers


def _decrypted(data: bytes, passphrase: bytes) -> bytes:
    size, hash_name, salt, count = _KEY_BYTES[data[1]], _HASHES[data[3]], data[4:12], data[12]
    vector, encrypted = data[13 : 13 + BLOCK], data[13 + BLOCK :]
    if len(vector) != BLOCK or len(encrypted) <= _SHA1:
        raise ValueError("cut short")
    key = _derived(hash_name, salt + passphrase, (16 + (count & 15)) << (count >> 4) + 6, size)
    plain = Cipher(algorithms.AES(key), CFB(vector)).decryptor().update(encrypted)
    numbers, check = plain[:-_SHA1], plain[-_SHA1:]
    if not hmac.compare_digest(hashlib.sha1(numbers, usedforsecurity=False).digest(), check):
        raise KeyUnavailable(
            "an OpenPGP key could not be unlocked", remedy="check its passphrase, or restore it from its backup"
        )
    return numbers


def _derived(hash_name: str, text: bytes, count: int, size: int) -> bytes:
    """`text` again and again, `count` octets of it, or once if it is longer; hashed behind no zero, then one, then two."""
    count = max(count, len(text))
    block = text * -(-_AT_ONCE // len(text))
    key = b""
    while len(key) < size:
        digest = hashlib.new(hash_name, bytes(len(key) // hashlib.new(hash_name).digest_size))
        for done in range(0, count, len(block)):
            digest.update(block[: count - done])
        key += digest.digest()
    return key[:size]
