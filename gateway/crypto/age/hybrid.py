"""The hybrid recipient mlkem768x25519 (c2sp.org/age): HPKE with X-Wing, HKDF-SHA256, ChaCha20-Poly1305.

An identity is a seed of 32 bytes; SHAKE256 stretches it into an ML-KEM seed and an X25519
key. `cryptography`'s HPKE gives the encapsulation and the ciphertext in one string.
"""

import hashlib
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from gateway.crypto.age import bech32
from gateway.crypto.age.header import Stanza, base64_encode
from gateway.crypto.age.x25519 import one_argument
from gateway.vocabulary.errors import AgeHeaderInvalid, KeyUnavailable

KIND, INFO = b"mlkem768x25519", b"age-encryption.org/mlkem768x25519"
PUBLIC, PRIVATE = "age1pq", "age-secret-key-pq-"
SEED, MLKEM_SEED, MLKEM_PUBLIC, X_PUBLIC = 32, 64, 1184, 32
MLKEM_SHARE, SHARE = 1088, 1120
_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


class HybridRecipient:
    """`age1pq1…`: safe as long as either ML-KEM-768 or X25519 is."""

    post_quantum = True
    alone = False

    def __init__(self, raw: bytes) -> None:
        if len(raw) != MLKEM_PUBLIC + X_PUBLIC:
            raise KeyUnavailable("an age recipient has a wrong length", remedy="paste it again")
        self.raw = raw
        try:
            mlkem = MLKEM768PublicKey.from_public_bytes(raw[:MLKEM_PUBLIC])
        except ValueError as error:
            raise KeyUnavailable("an age recipient is not a usable key", remedy="paste it again") from error
        self._key = hpke.MLKEM768X25519PublicKey(mlkem, X25519PublicKey.from_public_bytes(raw[MLKEM_PUBLIC:]))

    @classmethod
    def parse(cls, text: str) -> "HybridRecipient":
        return cls(bech32.decode(PUBLIC, text))

    def spelled(self) -> str:
        return bech32.encode(PUBLIC, self.raw)

    def wrap(self, file_key: bytes, random: Callable[[int], bytes]) -> Stanza:  # noqa: ARG002 - HPKE draws its own
        sealed = _SUITE.encrypt(file_key, self._key, INFO)
        return Stanza((KIND, base64_encode(sealed[:SHARE])), sealed[SHARE:])


class HybridIdentity:
    """`AGE-SECRET-KEY-PQ-1…`, never shown but by `spelled`."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED:
            raise KeyUnavailable("an age identity has a wrong length", remedy="restore it from its backup")
        self._seed = seed
        stretched = hashlib.shake_256(seed).digest(MLKEM_SEED + X_PUBLIC)
        self._mlkem = MLKEM768PrivateKey.from_seed_bytes(stretched[:MLKEM_SEED])
        self._x = X25519PrivateKey.from_private_bytes(stretched[MLKEM_SEED:])
        self._key = hpke.MLKEM768X25519PrivateKey(self._mlkem, self._x)

    def __repr__(self) -> str:
        return "<HybridIdentity>"

    @classmethod
    def parse(cls, text: str) -> "HybridIdentity":
        return cls(bech32.decode(PRIVATE, text))

    def spelled(self) -> str:
        return bech32.encode(PRIVATE, self._seed).upper()

    def recipient(self) -> HybridRecipient:
        return HybridRecipient(self._mlkem.public_key().public_bytes_raw() + self._x.public_key().public_bytes_raw())

    def unwrap(self, stanza: Stanza) -> bytes | None:
        if stanza.kind != KIND:
            return None
        share = one_argument(stanza, SHARE)
        try:
            # HPKE tells a point of low order and a key that is not ours alike: ask for the first by itself.
            self._x.exchange(X25519PublicKey.from_public_bytes(share[MLKEM_SHARE:]))
            return _SUITE.decrypt(share + stanza.body, self._key, INFO)
        except InvalidTag:
            return None
        except ValueError as error:
            raise AgeHeaderInvalid("an age header holds an unusable encapsulated key") from error
