"""Files sealed with a passphrase (scrypt): read, never written, and only up to a bearable work factor."""

import re

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.crypto.age.derive import unwrap_key
from gateway.crypto.age.header import Stanza, base64_decode
from gateway.vocabulary.errors import AgeHeaderInvalid

KIND, LABEL = b"scrypt", b"age-encryption.org/v1/scrypt"
SALT, WRAPPED, HARDEST = 16, 32, 22
_FACTOR = re.compile(rb"[1-9][0-9]{0,2}")


class PassphraseIdentity:
    def __init__(self, passphrase: str) -> None:
        self._passphrase = passphrase.encode("utf-8")

    def __repr__(self) -> str:
        return "<PassphraseIdentity>"

    def unwrap(self, stanza: Stanza) -> bytes | None:
        if stanza.kind != KIND:
            return None
        if len(stanza.arguments) != 3 or not _FACTOR.fullmatch(stanza.arguments[2]):
            raise AgeHeaderInvalid("an age passphrase line is malformed")
        salt, factor = base64_decode(stanza.arguments[1]), int(stanza.arguments[2])
        if len(salt) != SALT or len(stanza.body) != WRAPPED or factor > HARDEST:
            raise AgeHeaderInvalid("an age passphrase line is malformed or asks for too much work")
        return unwrap_key(Scrypt(LABEL + salt, 32, 1 << factor, 8, 1).derive(self._passphrase), stanza.body)
