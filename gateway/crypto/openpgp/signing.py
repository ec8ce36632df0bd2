"""Our Ed25519 key as an OpenPGP key: its certificate for partners, and its signature over a message."""

from collections.abc import Sequence
from datetime import datetime

from gateway.crypto.note import Ed25519Signer
from gateway.crypto.openpgp.armor import PUBLIC, armored
from gateway.crypto.openpgp.certificate import Hashing, SigningCertificate, announced, signature_body, signed_digest
from gateway.crypto.openpgp.packets import Tag, packet


class MessageSigner:
    """Signs messages for one partner, whom `user_id` names. It is never shown."""

    def __init__(self, key: Ed25519Signer, user_id: str) -> None:
        self._key = key
        self.public = SigningCertificate(key.public_raw, user_id)

    @property
    def fingerprint(self) -> bytes:
        return self.public.fingerprint

    def one_pass(self) -> bytes:
        return packet(Tag.ONE_PASS_SIGNATURE, announced(self.fingerprint[-8:]))

    def sign(self, hashed: Hashing, intended: Sequence[bytes], at: datetime) -> bytes:
        """What stands behind the data. `intended`: the recipients' fingerprints, so that nobody passes it on as meant for others."""
        return self._signature(hashed, self.public.says(intended, at))

    def certificate(self) -> str:
        """For the partner, armored: `gpg --import` takes it."""
        public = self.public
        user_id = packet(Tag.USER_ID, public.user_id.encode())
        bound = self._signature(public.certified, public.certifies())
        return armored(packet(Tag.PUBLIC_KEY, public.body) + user_id + bound, PUBLIC)

    def _signature(self, hashed: Hashing, said: bytes) -> bytes:
        digest = signed_digest(hashed, said)
        return packet(Tag.SIGNATURE, signature_body(said, self.fingerprint, digest, self._key.sign_raw(digest)))
