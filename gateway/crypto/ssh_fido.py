"""Signatures by security keys (FIDO), which say more than others: was the key touched, was a PIN given.

    SHA-256(application) · flags · counter · SHA-256(what SSH signs)                  ssh-keygen's
    SHA-256(application) · flags · counter · extensions · SHA-256(a browser's JSON)   WebAuthn's

What was said is reported, never judged here: `signers` asks for the touch. The counter is
told but not kept, since it guards against a copied key, which such keys do not allow.
Reference: OpenSSH PROTOCOL.u2f.
"""

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.crypto.ssh_schemes import CURVES, ecdsa_der
from gateway.crypto.ssh_wire import Reader
from gateway.vocabulary.errors import FormatInvalid

_TOUCHED, _USER_VERIFIED, _ATTESTED, _EXTENDED = 0x01, 0x04, 0x40, 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """What a security key says of the act. `origin` is the web site that asked, for WebAuthn alone."""

    touched: bool
    user_verified: bool
    counter: int
    application: str
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class _Said:
    """Flags and counter, as they are signed."""

    flags: int
    counter: int

    @classmethod
    def read(cls, signature: Reader) -> "_Said":
        return cls(signature.take(1)[0], signature.uint32())

    def signed(self, application: bytes, rest: bytes) -> bytes:
        return hashlib.sha256(application).digest() + bytes([self.flags]) + self.counter.to_bytes(4, "big") + rest

    def authenticator(self, application: bytes, origin: bytes | None = None) -> Authenticator:
        return Authenticator(
            touched=bool(self.flags & _TOUCHED),
            user_verified=bool(self.flags & _USER_VERIFIED),
            counter=self.counter,
            application=application.decode("utf-8"),
            origin=None if origin is None else origin.decode("utf-8"),
        )


def verify_sk_ed25519(key: Reader, signature: Reader, signed: bytes) -> Authenticator:
    public, application = key.string(), key.string()
    raw, said = signature.string(), _Said.read(signature)
    told = said.signed(application, hashlib.sha256(signed).digest())
    Ed25519PublicKey.from_public_bytes(public).verify(raw, told)
    return said.authenticator(application)


def verify_sk_ecdsa(key: Reader, signature: Reader, signed: bytes) -> Authenticator:
    public, application = _point(key), key.string()
    der, said = ecdsa_der(signature.string()), _Said.read(signature)
    told = said.signed(application, hashlib.sha256(signed).digest())
    public.verify(der, told, ec.ECDSA(hashes.SHA256()))
    return said.authenticator(application)


def verify_webauthn(key: Reader, signature: Reader, signed: bytes) -> Authenticator:
    public, application = _point(key), key.string()
    der, said = ecdsa_der(signature.string()), _Said.read(signature)
    origin, client_data, extensions = signature.string(), signature.string(), signature.string()
    if said.flags & _ATTESTED or bool(said.flags & _EXTENDED) != bool(extensions):
        raise FormatInvalid("a WebAuthn signature's flags contradict its content")
    _check_client_data(client_data, origin, signed)
    told = said.signed(application, extensions + hashlib.sha256(client_data).digest())
    public.verify(der, told, ec.ECDSA(hashes.SHA256()))
    return said.authenticator(application, origin)


def _point(key: Reader) -> ec.EllipticCurvePublicKey:
    curve, _ = CURVES[key.string()]
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, key.string())


def _check_client_data(client_data: bytes, origin: bytes, signed: bytes) -> None:
    """The JSON's beginning is fixed, so it is compared, not read: what is signed stands there as the challenge."""
    challenge = base64.urlsafe_b64encode(signed).rstrip(b"=")
    begins = b'{"type":"webauthn.get","challenge":"' + challenge + b'","origin":"' + origin + b'"'
    if b'"' in origin or not client_data.startswith(begins):
        raise FormatInvalid("a WebAuthn signature is about something else")
