"""Recipients wrap a file key, identities unwrap it; both are parsed from the text people exchange."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from typing import Protocol

from gateway.crypto.age.header import Stanza
from gateway.crypto.age.hybrid import PRIVATE as HYBRID_PRIVATE
from gateway.crypto.age.hybrid import PUBLIC as HYBRID_PUBLIC
from gateway.crypto.age.hybrid import SEED, HybridIdentity, HybridRecipient
from gateway.crypto.age.ssh import SshRecipient
from gateway.crypto.age.x25519 import SIZE, X25519Identity, X25519Recipient

_SSH = "ssh-"


class Recipient(Protocol):
    """To whom a file is sealed. `random(n)` gives n unpredictable bytes."""

    @property
    def post_quantum(self) -> bool: ...

    @property
    def alone(self) -> bool:
        """A passphrase: it is the only recipient of its file."""
        ...

    def wrap(self, file_key: bytes, random: Callable[[int], bytes]) -> Stanza: ...


class Identity(Protocol):
    """Who may open it. None: not for me, try the next; AgeHeaderInvalid: for me, and broken."""

    def unwrap(self, stanza: Stanza) -> bytes | None: ...


def parse_recipient(text: str) -> X25519Recipient | HybridRecipient | SshRecipient:
    """`age1…`, `age1pq1…` or `ssh-ed25519 AAAA…`; KeyUnavailable if the text is no recipient that we know."""
    if text.startswith(_SSH):
        return SshRecipient.parse(text)
    kind = HybridRecipient if text.lower().startswith(HYBRID_PUBLIC + "1") else X25519Recipient
    return kind.parse(text)


def parse_identity(text: str) -> X25519Identity | HybridIdentity:
    """One line of an identity file; see `identity_file` for the whole of it, and for SSH keys."""
    kind = HybridIdentity if text.lower().startswith(HYBRID_PRIVATE) else X25519Identity
    return kind.parse(text)


def generate_identity(random: Callable[[int], bytes] = secrets.token_bytes) -> X25519Identity:
    return X25519Identity(random(SIZE))


def generate_hybrid_identity(random: Callable[[int], bytes] = secrets.token_bytes) -> HybridIdentity:
    return HybridIdentity(random(SEED))


def recipient_fingerprint(text: str) -> str:
    """`SHA256:` and 43 characters, to be read aloud and put into receipts.

    Of an age recipient the hash of its text; of an SSH key what `ssh-keygen -l` shows, whatever its comment.
    """
    if text.startswith(_SSH):
        return SshRecipient.parse(text).key.fingerprint
    return "SHA256:" + base64.b64encode(hashlib.sha256(text.encode("ascii")).digest()).decode().rstrip("=")
