"""Files sealed with a passphrase (scrypt): for identity files at rest, never for parcels.

A passphrase stands alone: whoever else could open the file could also have written it, and
the reader of a passphrase file takes it for its own. Reading stops at a bearable work factor:
the memory it costs is 1 KiB times two to the factor, and a stranger chooses it.
"""

import re
from collections.abc import Callable

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from gateway.crypto.age.derive import unwrap_key, wrap_key
from gateway.crypto.age.header import Stanza, base64_decode, base64_encode
from gateway.vocabulary.errors import AgeHeaderInvalid, KeyUnavailable

KIND, LABEL = b"scrypt", b"age-encryption.org/v1/scrypt"
SALT, WRAPPED, HARDEST = 16, 32, 22
WORK = 18
"""The factor we write with, as stock age does: 256 MiB and about a second."""
_FACTOR = re.compile(rb"[1-9][0-9]{0,2}")


class PassphraseRecipient:
    """Seals to whoever knows the passphrase; KeyUnavailable for an empty one."""

    post_quantum = True  # nothing here is broken by a quantum computer
    alone = True

    def __init__(self, passphrase: str, work: int = WORK) -> None:
        if not passphrase:
            raise KeyUnavailable("a passphrase is empty", remedy="type one of several words")
        self._passphrase, self._work = passphrase.encode("utf-8"), work

    def __repr__(self) -> str:
        return "<PassphraseRecipient>"

    def wrap(self, file_key: bytes, random: Callable[[int], bytes]) -> Stanza:
        salt = random(SALT)
        arguments = (KIND, base64_encode(salt), b"%d" % self._work)
        return Stanza(arguments, wrap_key(_stretched(self._passphrase, salt, self._work), file_key))


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
        return unwrap_key(_stretched(self._passphrase, salt, factor), stanza.body)


def _stretched(passphrase: bytes, salt: bytes, factor: int) -> bytes:
    return Scrypt(LABEL + salt, 32, 1 << factor, 8, 1).derive(passphrase)
