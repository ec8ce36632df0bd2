"""A security key in memory: signs as FIDO keys do, touched or not, for SSH or through a browser."""

import base64
import hashlib
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.crypto.ssh_public import PublicKey
from gateway.crypto.ssh_wire import mpint, string
from gateway.crypto.sshsig_format import Fields, armor, signed_bytes, spell_blob

TOUCHED, VERIFIED = 0x01, 0x04
_ED25519, _ECDSA = b"sk-ssh-ed25519@openssh.com", b"sk-ecdsa-sha2-nistp256@openssh.com"


@dataclass
class SecurityKey:
    application: bytes = b"ssh:"
    kind: bytes = _ED25519
    private: Ed25519PrivateKey | ec.EllipticCurvePrivateKey = field(init=False)

    def __post_init__(self) -> None:
        self.private = (
            Ed25519PrivateKey.generate() if self.kind == _ED25519 else ec.generate_private_key(ec.SECP256R1())
        )

    @classmethod
    def ecdsa(cls, application: bytes = b"ssh:") -> "SecurityKey":
        return cls(application, _ECDSA)

    @property
    def public(self) -> PublicKey:
        if self.kind == _ED25519:
            parts = [self.private.public_key().public_bytes_raw()]
        else:
            point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            parts = [b"nistp256", point]
        return PublicKey(b"".join(string(part) for part in (self.kind, *parts, self.application)))

    def sign(self, message: bytes, namespace: str, *, flags: int = TOUCHED, counter: int = 7) -> str:
        signed, said = self._about(message, namespace), bytes([flags]) + counter.to_bytes(4, "big")
        told = hashlib.sha256(self.application).digest() + said + hashlib.sha256(signed).digest()
        return self._spell(namespace, string(self.kind) + string(self._raw(told)) + said)

    def sign_in_browser(
        self, message: bytes, namespace: str, *, origin: str, flags: int = TOUCHED, extra: bytes = b""
    ) -> str:
        challenge = base64.urlsafe_b64encode(self._about(message, namespace)).rstrip(b"=").decode()
        data = f'{{"type":"webauthn.get","challenge":"{challenge}","origin":"{origin}"}}'.encode()
        said = bytes([flags]) + bytes(4)
        told = hashlib.sha256(self.application).digest() + said + extra + hashlib.sha256(data).digest()
        rest = said + string(origin.encode()) + string(data) + string(extra)
        return self._spell(namespace, string(b"webauthn-" + self.kind) + string(self._raw(told)) + rest)

    def _about(self, message: bytes, namespace: str) -> bytes:
        return signed_bytes(namespace.encode(), b"sha512", hashlib.sha512(message).digest())

    def _raw(self, told: bytes) -> bytes:
        if isinstance(self.private, Ed25519PrivateKey):
            return self.private.sign(told)
        r, s = decode_dss_signature(self.private.sign(told, ec.ECDSA(hashes.SHA256())))
        return mpint(r) + mpint(s)

    def _spell(self, namespace: str, signature: bytes) -> str:
        fields = Fields(public=self.public.blob, namespace=namespace.encode(), algorithm=b"sha512", signature=signature)
        return armor(spell_blob(fields))
