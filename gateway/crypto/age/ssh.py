"""SSH-Ed25519 recipients, as `age -R key.pub` seals to them: for partners whose only key is the one they log in with.

The Ed25519 key is read as an X25519 key of the same secret (RFC 7748 §4.1: u = (1 + y) / (1 - y)),
tweaked by a value that depends on the SSH key, so that neither stanza serves as the other:

    -> ssh-ed25519 <4 bytes of the key's hash> <ephemeral share>

The four bytes say for whom the stanza is; they may agree by chance, so a file key that does
not unwrap is not for us, and no error. A key that is no point of the curve is refused: what
is sealed to it could never be opened. Reference: the `agessh` recipient of age v1.
"""

import hashlib
from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from gateway.crypto.age.derive import hkdf, unwrap_key, wrap_key
from gateway.crypto.age.header import Stanza, base64_decode, base64_encode
from gateway.crypto.age.x25519 import WRAPPED
from gateway.crypto.ssh_keys import SigningKey
from gateway.crypto.ssh_public import PublicKey
from gateway.vocabulary.errors import AgeHeaderInvalid, FormatInvalid, KeyUnavailable

KIND, LABEL = b"ssh-ed25519", b"age-encryption.org/v1/ssh-ed25519"
SIZE, TAG = 32, 4
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P


class SshRecipient:
    """`ssh-ed25519 AAAA…`: whoever holds the private key can open what is sealed to it."""

    post_quantum = False
    alone = False

    def __init__(self, key: PublicKey) -> None:
        self.key = key
        self.raw = _montgomery(key.raw_ed25519())
        self._point = X25519PublicKey.from_public_bytes(self.raw)

    @classmethod
    def parse(cls, text: str) -> "SshRecipient":
        """KeyUnavailable unless it is an Ed25519 key as it stands in a .pub file."""
        try:
            return cls(PublicKey.parse(text))
        except FormatInvalid as error:
            raise KeyUnavailable(
                f"a recipient is no SSH key: {error.message}", remedy="paste the partner's .pub file whole"
            ) from error

    def spelled(self) -> str:
        return self.key.line()

    def wrap(self, file_key: bytes, random: Callable[[int], bytes]) -> Stanza:
        ephemeral = X25519PrivateKey.from_private_bytes(random(SIZE))
        share = ephemeral.public_key().public_bytes_raw()
        try:
            wrapping = _wrapping_key(ephemeral.exchange(self._point), self.key.blob, share + self.raw)
        except ValueError as error:
            raise KeyUnavailable(
                "an SSH recipient is not a usable point", remedy="ask its owner for a new key"
            ) from error
        arguments = (KIND, base64_encode(_tag(self.key)), base64_encode(share))
        return Stanza(arguments, wrap_key(wrapping, file_key))


class SshIdentity:
    """The private half of an Ed25519 key, for opening alone. Never shown."""

    def __init__(self, key: SigningKey) -> None:
        self.key = key.public
        scalar = hashlib.sha512(key.seed_ed25519()).digest()[:SIZE]
        self._secret = X25519PrivateKey.from_private_bytes(scalar)
        self._public = self._secret.public_key().public_bytes_raw()

    def __repr__(self) -> str:
        return f"<SshIdentity {self.key.fingerprint}>"

    def recipient(self) -> SshRecipient:
        return SshRecipient(self.key)

    def unwrap(self, stanza: Stanza) -> bytes | None:
        if stanza.kind != KIND:
            return None
        tag, share = _two_arguments(stanza)
        if tag != _tag(self.key):
            return None
        try:
            shared = self._secret.exchange(X25519PublicKey.from_public_bytes(share))
            wrapping = _wrapping_key(shared, self.key.blob, share + self._public)
        except ValueError as error:  # a point of low order: the shared secret would be all zero
            raise AgeHeaderInvalid("an age header holds a share of low order") from error
        return unwrap_key(wrapping, stanza.body)


def _two_arguments(stanza: Stanza) -> tuple[bytes, bytes]:
    if len(stanza.arguments) != 3:
        raise AgeHeaderInvalid("an age recipient line has a wrong number of arguments")
    tag, share = map(base64_decode, stanza.arguments[1:])
    if (len(tag), len(share), len(stanza.body)) != (TAG, SIZE, WRAPPED):
        raise AgeHeaderInvalid("an age recipient line has a wrong length")
    return tag, share


def _wrapping_key(shared: bytes, blob: bytes, salt: bytes) -> bytes:
    tweak = X25519PrivateKey.from_private_bytes(hkdf(b"", blob, LABEL))
    return hkdf(tweak.exchange(X25519PublicKey.from_public_bytes(shared)), salt, LABEL)


def _tag(key: PublicKey) -> bytes:
    return hashlib.sha256(key.blob).digest()[:TAG]


def _montgomery(raw: bytes) -> bytes:
    """The X25519 spelling of an Ed25519 public key; KeyUnavailable if that is no point, or a useless one."""
    y = int.from_bytes(raw, "little") & ((1 << 255) - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    # y² = 1 is the neutral element and its twin; a square of x that is none means off the curve
    if y >= _P or square == 0 or pow(square, (_P - 1) // 2, _P) != 1:
        raise KeyUnavailable("an SSH recipient is not a usable point", remedy="ask its owner for a new key")
    return ((1 + y) * pow(1 - y, -1, _P) % _P).to_bytes(SIZE, "little")
