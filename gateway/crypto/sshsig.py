"""SSHSIG signatures, verified: did this key sign this message in this namespace?

    1. parse strictly: armor, magic, version, hash, no trailing bytes
    2. the namespace is the one that the caller expects
    3. key type and signature type are a pair of the table; RSA has at least 3072 bits, and never SHA-1
    4. the signature verifies over namespace, hash and the message's digest

A verified signature says only that this key signed: anybody has a key. Whether the key may
sign is for `signers`. The experimental composite of ML-DSA and Ed25519 is not in the table.
Reference: OpenSSH PROTOCOL.sshsig.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from gateway.crypto import ssh_fido, ssh_schemes
from gateway.crypto.ssh_fido import Authenticator
from gateway.crypto.ssh_public import PublicKey, fingerprint_of
from gateway.crypto.ssh_wire import Reader
from gateway.crypto.sshsig_format import LARGEST, dearmor, parse_blob, signed_bytes
from gateway.vocabulary.errors import FormatInvalid, KeyUnavailable, SignatureInvalid, SignatureMalformed

_Check = Callable[[Reader, Reader, bytes], Authenticator | None]
_SCHEMES: dict[tuple[bytes, bytes], _Check] = {
    (b"ssh-ed25519", b"ssh-ed25519"): ssh_schemes.verify_ed25519,
    (b"ssh-rsa", b"rsa-sha2-256"): ssh_schemes.verify_rsa_sha256,
    (b"ssh-rsa", b"rsa-sha2-512"): ssh_schemes.verify_rsa_sha512,
    (b"ecdsa-sha2-nistp256", b"ecdsa-sha2-nistp256"): ssh_schemes.verify_ecdsa,
    (b"ecdsa-sha2-nistp384", b"ecdsa-sha2-nistp384"): ssh_schemes.verify_ecdsa,
    (b"ecdsa-sha2-nistp521", b"ecdsa-sha2-nistp521"): ssh_schemes.verify_ecdsa,
    (b"sk-ssh-ed25519@openssh.com", b"sk-ssh-ed25519@openssh.com"): ssh_fido.verify_sk_ed25519,
    (b"sk-ecdsa-sha2-nistp256@openssh.com", b"sk-ecdsa-sha2-nistp256@openssh.com"): ssh_fido.verify_sk_ecdsa,
    (b"sk-ecdsa-sha2-nistp256@openssh.com", b"webauthn-sk-ecdsa-sha2-nistp256@openssh.com"): ssh_fido.verify_webauthn,
}
_DIGESTS = {b"sha256": hashlib.sha256, b"sha512": hashlib.sha512}


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSignature:
    """This key signed this message in this namespace. It may still be anybody's key."""

    key: PublicKey
    namespace: str
    authenticator: Authenticator | None = None
    """What a security key said of the act; None for other keys."""

    @property
    def public_blob(self) -> bytes:
        return self.key.blob

    @property
    def fingerprint(self) -> str:
        return self.key.fingerprint

    @property
    def key_type(self) -> str:
        return self.key.key_type


@dataclass(frozen=True, slots=True)
class UnverifiedSignature:
    """A signature as it was found. Its namespace and its key are claims."""

    public_blob: bytes
    namespace: str
    algorithm: bytes
    signature: bytes

    @classmethod
    def parse(cls, data: bytes | str) -> "UnverifiedSignature":
        """From the content of a .sig file; SignatureMalformed for anything that ssh-keygen would not have written."""
        if len(data) > LARGEST:  # before a string is copied
            raise SignatureMalformed("a signature is too large")
        fields = parse_blob(dearmor(data.encode("ascii", "replace") if isinstance(data, str) else data))
        try:
            namespace = fields.namespace.decode("ascii")
        except UnicodeDecodeError as error:
            raise SignatureMalformed("a signature's namespace is not plain text") from error
        return cls(fields.public, namespace, fields.algorithm, fields.signature)

    @property
    def fingerprint(self) -> str:
        return fingerprint_of(self.public_blob)

    def verify(self, message: bytes, namespace: str) -> VerifiedSignature:
        """SignatureInvalid unless this key signed `message` in `namespace`."""
        if self.namespace != namespace:
            raise SignatureInvalid("a signature was made in another namespace, for another act")
        digest = _DIGESTS[self.algorithm](message).digest()
        signed = signed_bytes(namespace.encode("ascii"), self.algorithm, digest)
        try:
            key = PublicKey(self.public_blob)
            key.check_strength()
            authenticator = _verify(key, self.signature, signed)
        except (FormatInvalid, KeyUnavailable) as error:
            raise SignatureInvalid(error.message, remedy="sign again, best with an Ed25519 key") from error
        except (InvalidSignature, ValueError, UnsupportedAlgorithm) as error:
            raise SignatureInvalid("a signature was made over something else, or was damaged") from error
        return VerifiedSignature(key=key, namespace=namespace, authenticator=authenticator)


def _verify(key: PublicKey, signature: bytes, signed: bytes) -> Authenticator | None:
    key_reader, signature_reader = Reader(key.blob, "a public key"), Reader(signature, "a signature")
    scheme = _SCHEMES.get((key_reader.string(), signature_reader.string()))
    if scheme is None:
        raise FormatInvalid("a signature is of a type that is not allowed for its key")
    authenticator = scheme(key_reader, signature_reader, signed)
    signature_reader.end()
    return authenticator
