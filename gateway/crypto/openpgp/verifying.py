"""Whether a message is signed with our key for this partner, for this partner, at its time; and our certificate, read.

Both are read as we write them, and in no other way. Nothing in the certificate can end, and
nothing revokes it but that the partner takes it out of its file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.crypto.openpgp import armor
from gateway.crypto.openpgp.certificate import (
    FINGERPRINT,
    KEY_BYTES,
    MADE,
    Hashing,
    SigningCertificate,
    intended_for,
    signature_body,
    signed_digest,
)
from gateway.crypto.openpgp.packets import Tag, numbers, packet, split
from gateway.vocabulary.errors import KeyUnavailable, MessageMalformed, SignatureInvalid

_SAID_TO_NOBODY: Final = len(SigningCertificate(bytes(KEY_BYTES), "").says((), MADE))
"""How long it is what a signature says of time and issuer alone."""
_ISSUER_PLACE: Final = _SAID_TO_NOBODY - FINGERPRINT
_RECIPIENT: Final = len(intended_for(bytes(FINGERPRINT)))
_HINT: Final = 12
"""The issuer's number once more, unsigned, and its length."""
_REMEDY = "put there the file council.asc of the sender's kit, and compare its digest with them by telephone"


@dataclass(frozen=True, slots=True)
class UnverifiedMessageSignature:
    """A signature as it stood behind the data; what it says is anybody's word."""

    body: bytes
    said: bytes
    signature: bytes

    @classmethod
    def parse(cls, body: bytes) -> "UnverifiedMessageSignature":
        """MessageMalformed unless it is spelled as ours are."""
        said = body[: 6 + int.from_bytes(body[4:6], "big")]
        try:
            first, second = numbers(body[len(said) + _HINT + 2 :])
        except ValueError as error:
            raise MessageMalformed("an OpenPGP signature is none") from error
        parsed = cls(body, said, first.rjust(KEY_BYTES, b"\0") + second.rjust(KEY_BYTES, b"\0"))
        check = body[len(said) + _HINT :][:2]
        if len(said) < _SAID_TO_NOBODY or body != signature_body(said, parsed.issuer, check, parsed.signature):
            raise MessageMalformed("an OpenPGP signature is not spelled as ours are")
        return parsed

    @property
    def intended(self) -> tuple[bytes, ...]:
        """For whom it is said to be, by the fingerprints of their certificates."""
        rest = self.said[_SAID_TO_NOBODY:]
        return tuple(rest[place : place + _RECIPIENT][-FINGERPRINT:] for place in range(0, len(rest), _RECIPIENT))

    @property
    def issuer(self) -> bytes:
        """The fingerprint of the key that is said to have signed."""
        return self.said[_ISSUER_PLACE:_SAID_TO_NOBODY]

    @property
    def detached(self) -> bytes:
        """As a file of its own beside the data: `gpg --verify` takes it."""
        return packet(Tag.SIGNATURE, self.body)

    def verify(
        self, hashed: Hashing, certificates: Sequence[SigningCertificate], *, intended: Sequence[bytes], at: datetime
    ) -> None:
        """That one of these signed at `at` what was hashed, for exactly those who are `intended`, by their fingerprints.

        Raises:
            SignatureInvalid: none of them did, or not then, or for others.
        """
        signer = next((one for one in certificates if one.fingerprint == self.issuer), None)
        if signer is None:
            raise SignatureInvalid("a message is signed by a key that is not the sender's for us")
        if self.said != signer.says(intended, at):
            raise SignatureInvalid("a message was signed at another time, or for somebody else")
        self.verify_digest(signer, signed_digest(hashed, self.said))

    def verify_digest(self, signer: SigningCertificate, digest: bytes) -> None:
        """SignatureInvalid unless `signer` signed `digest`, and the two octets of it that stand here are its own."""
        if self.body != signature_body(self.said, signer.fingerprint, digest, self.signature):
            raise SignatureInvalid("an OpenPGP signature names another digest")
        try:
            Ed25519PublicKey.from_public_bytes(signer.public_raw).verify(self.signature, digest)
        except (InvalidSignature, ValueError) as error:
            raise SignatureInvalid("an OpenPGP signature does not hold") from error


def read_signing_certificates(data: bytes, user_id: str) -> tuple[SigningCertificate, ...]:
    """The sender's, one block after another: more than one while it changes its key.

    Raises:
        KeyUnavailable: one of them is not made as ours are, does not hold, or names another partner.
    """
    try:
        return tuple(_certificate(block, user_id) for block in armor.dearmored(data, armor.PUBLIC))
    except (MessageMalformed, SignatureInvalid, ValueError) as error:
        raise KeyUnavailable(
            "the sender's OpenPGP certificate is not one of the gateway's, or names somebody else", remedy=_REMEDY
        ) from error


def _certificate(data: bytes, user_id: str) -> SigningCertificate:
    (first, key), (second, name), (third, bound) = split(data)
    found = SigningCertificate(key[-KEY_BYTES:], user_id)
    if (first, second, third) != (Tag.PUBLIC_KEY, Tag.USER_ID, Tag.SIGNATURE):
        raise ValueError("other packets")
    signature = UnverifiedMessageSignature.parse(bound)
    if (key, name, signature.said) != (found.body, user_id.encode(), found.certifies()):
        raise ValueError("another key, another name, or it says something else")
    signature.verify_digest(found, signed_digest(found.certified, signature.said))
    return found
