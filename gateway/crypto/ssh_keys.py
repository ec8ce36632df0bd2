"""Private keys in OpenSSH's format: made, loaded, and used to sign.

Ours are Ed25519; people and partners bring ECDSA, or RSA of at least 3072 bits, as well. A
private key shows its fingerprint and nothing else. A security key's private half never
leaves it, so it is not loaded here: it signs with ssh-keygen. The public half, `PublicKey`,
is a file of its own and can be had from here.
"""

import base64
import hashlib

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_private_key

from gateway.crypto.ssh_public import PublicKey, fingerprint_of
from gateway.crypto.ssh_schemes import CURVES
from gateway.crypto.ssh_wire import mpint, string
from gateway.crypto.sshsig_format import Fields, armor, signed_bytes, spell_blob
from gateway.vocabulary.errors import KeyUnavailable

__all__ = ["PublicKey", "SigningKey", "fingerprint_of"]

_CURVE_NAMES = {curve.name: name for name, (curve, _) in CURVES.items()}
_Private = Ed25519PrivateKey | ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_ED25519 = b"ssh-ed25519"
_BEGIN, _END = "-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----"
_WIDTH = 70


class SigningKey:
    """A private key. It signs; it is never shown."""

    __slots__ = ("_private", "public")

    def __init__(self, private: _Private) -> None:
        self._private = private
        self.public = PublicKey(_public_blob(private))

    @classmethod
    def generate_ed25519(cls) -> "SigningKey":
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, data: bytes, passphrase: bytes | None = None) -> "SigningKey":
        """From OpenSSH's private key format.

        Raises:
            KeyUnavailable: not such a key, of a type or size that is not used here, or a passphrase
                that is missing, wrong, or given for a key that has none.
        """
        private = _load(data, passphrase)
        if not isinstance(private, _Private) or getattr(private, "curve", ec.SECP256R1).name not in _CURVE_NAMES:
            raise KeyUnavailable(
                "a private key is of a type that is not used here",
                remedy="make an Ed25519 key: ssh-keygen -t ed25519",
            )
        key = cls(private)
        key.public.check_strength()
        return key

    def __repr__(self) -> str:
        return f"<SigningKey {self.fingerprint}>"

    @property
    def fingerprint(self) -> str:
        return self.public.fingerprint

    def public_line(self, comment: str = "") -> str:
        return self.public.line(comment)

    @property
    def public_raw(self) -> bytes:
        """32 bytes; KeyUnavailable unless it is an Ed25519 key."""
        return self.public.raw_ed25519()

    def seed_ed25519(self) -> bytes:
        """The secret itself, 32 bytes, for opening what is sealed to this key; KeyUnavailable for another type."""
        return self._ed25519().private_bytes_raw()

    def openssh_private(self, comment: str = "") -> bytes:
        """An unprotected key file, whose safety is its mode; KeyUnavailable unless it is an Ed25519 key."""
        return _spell_private(self.seed_ed25519(), self.public, comment)

    def sign_raw(self, message: bytes) -> bytes:
        """64 bytes of plain Ed25519, for the log's signed notes; KeyUnavailable for another type."""
        return self._ed25519().sign(message)

    def sign_wire(self, message: bytes) -> bytes:
        """A signature as SSH spells it: its algorithm, then its content. RSA signs with SHA-512."""
        match self._private:
            case Ed25519PrivateKey():
                return string(_ED25519) + string(self._private.sign(message))
            case rsa.RSAPrivateKey():
                signature = self._private.sign(message, padding.PKCS1v15(), hashes.SHA512())
                return string(b"rsa-sha2-512") + string(signature)
            case ec.EllipticCurvePrivateKey():
                return _sign_ecdsa(self._private, message)

    def sign(self, message: bytes, namespace: str) -> str:
        """An armored SSHSIG over `message` in `namespace`, hashed with SHA-512 as ssh-keygen does."""
        name, algorithm = namespace.encode("ascii"), b"sha512"
        signature = self.sign_wire(signed_bytes(name, algorithm, hashlib.sha512(message).digest()))
        fields = Fields(public=self.public.blob, namespace=name, algorithm=algorithm, signature=signature)
        return armor(spell_blob(fields))

    def _ed25519(self) -> Ed25519PrivateKey:
        if not isinstance(self._private, Ed25519PrivateKey):
            raise KeyUnavailable(
                f"an Ed25519 key is needed here, this is {self.public.key_type}",
                remedy="make one with ssh-keygen -t ed25519",
            )
        return self._private


def _load(data: bytes, passphrase: bytes | None) -> object:
    try:
        return load_ssh_private_key(data, passphrase or None)
    except TypeError as error:  # the library's answer to a passphrase that is missing or superfluous
        raise KeyUnavailable(
            "a private key has no passphrase, but one was given"
            if passphrase
            else "a private key is protected by a passphrase, and none was given",
            remedy="give the passphrase that belongs to this key",
        ) from error
    except (ValueError, InvalidTag, UnsupportedAlgorithm) as error:
        raise KeyUnavailable(
            "a private key could not be read",
            remedy="check its passphrase; it must be in OpenSSH's format: ssh-keygen -p -f KEY rewrites an older one",
        ) from error


def _sign_ecdsa(private: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    name = _CURVE_NAMES[private.curve.name]
    _, algorithm = CURVES[name]
    r, s = decode_dss_signature(private.sign(message, ec.ECDSA(algorithm)))
    return string(b"ecdsa-sha2-" + name) + string(mpint(r) + mpint(s))


def _public_blob(private: _Private) -> bytes:
    match private:
        case Ed25519PrivateKey():
            return string(_ED25519) + string(private.public_key().public_bytes_raw())
        case rsa.RSAPrivateKey():
            numbers = private.public_key().public_numbers()
            return string(b"ssh-rsa") + mpint(numbers.e) + mpint(numbers.n)
        case ec.EllipticCurvePrivateKey():
            name = _CURVE_NAMES[private.curve.name]
            point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            return string(b"ecdsa-sha2-" + name) + string(name) + string(point)


def _spell_private(seed: bytes, public: PublicKey, comment: str) -> bytes:
    """OpenSSH's PROTOCOL.key with no cipher; written here since the library leaves no room for a comment.

    The two equal check numbers only tell a wrong passphrase from a right one: without one they may be zero.
    """
    raw = public.raw_ed25519()
    content = bytes(8) + string(_ED25519) + string(raw) + string(seed + raw) + string(comment.encode())
    padded = content + bytes(range(1, 1 + -len(content) % 8))
    none = string(b"none")
    data = (
        b"openssh-key-v1\0" + none + none + string(b"") + (1).to_bytes(4, "big") + string(public.blob) + string(padded)
    )
    text = base64.b64encode(data).decode("ascii")
    return "\n".join([_BEGIN, *(text[i : i + _WIDTH] for i in range(0, len(text), _WIDTH)), _END, ""]).encode("ascii")
