"""The X25519 recipient (c2sp.org/age): an ephemeral share, HKDF, ChaCha20-Poly1305."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from gateway.crypto.age import bech32
from gateway.crypto.age.derive import hkdf, unwrap_key, wrap_key
from gateway.crypto.age.header import Stanza, base64_decode, base64_encode
from gateway.vocabulary.errors import AgeHeaderInvalid, KeyUnavailable

KIND, LABEL = b"X25519", b"age-encryption.org/v1/X25519"
PUBLIC, PRIVATE = "age", "age-secret-key-"
SIZE, WRAPPED = 32, 32


class X25519Recipient:
    """`age1…`: whoever holds its identity can open what is sealed to it."""

    post_quantum = False
    alone = False

    def __init__(self, raw: bytes) -> None:
        if len(raw) != SIZE:
            raise KeyUnavailable("an age recipient has a wrong length", remedy="paste it again")
        self.raw = raw
        self._key = X25519PublicKey.from_public_bytes(raw)

    @classmethod
    def parse(cls, text: str) -> "X25519Recipient":
        return cls(bech32.decode(PUBLIC, text))

    def spelled(self) -> str:
        return bech32.encode(PUBLIC, self.raw)

    def wrap(self, file_key: bytes, random: Callable[[int], bytes]) -> Stanza:
        ephemeral = X25519PrivateKey.from_private_bytes(random(SIZE))
        share = ephemeral.public_key().public_bytes_raw()
        try:
            shared = ephemeral.exchange(self._key)
        except ValueError as error:
            raise KeyUnavailable(
                "an age recipient is not a usable point", remedy="ask its owner for a new one"
            ) from error
        return Stanza((KIND, base64_encode(share)), wrap_key(hkdf(shared, share + self.raw, LABEL), file_key))


class X25519Identity:
    """`AGE-SECRET-KEY-1…`, never shown but by `spelled`."""

    def __init__(self, raw: bytes) -> None:
        if len(raw) != SIZE:
            raise KeyUnavailable("an age identity has a wrong length", remedy="restore it from its backup")
        self._raw = raw
        self._key = X25519PrivateKey.from_private_bytes(raw)
        self._public = self._key.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"<X25519Identity of {self.recipient().spelled()}>"

    @classmethod
    def parse(cls, text: str) -> "X25519Identity":
        return cls(bech32.decode(PRIVATE, text))

    def spelled(self) -> str:
        return bech32.encode(PRIVATE, self._raw).upper()

    def recipient(self) -> X25519Recipient:
        return X25519Recipient(self._public)

    def unwrap(self, stanza: Stanza) -> bytes | None:
        if stanza.kind != KIND:
            return None
        share = one_argument(stanza, SIZE)
        try:
            shared = self._key.exchange(X25519PublicKey.from_public_bytes(share))
        except ValueError as error:  # a point of low order: the shared secret would be all zero
            raise AgeHeaderInvalid("an age header holds a share of low order") from error
        return unwrap_key(hkdf(shared, share + self._public, LABEL), stanza.body)


def one_argument(stanza: Stanza, size: int) -> bytes:
    """The stanza's only argument, decoded, of the size its kind has."""
    if len(stanza.arguments) != 2:
        raise AgeHeaderInvalid("an age recipient line has a wrong number of arguments")
    value = base64_decode(stanza.arguments[1])
    if len(value) != size or len(stanza.body) != WRAPPED:
        raise AgeHeaderInvalid("an age recipient line has a wrong length")
    return value
