"""Recipients wrap a file key, identities unwrap it; both are parsed from the text people exchange."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from typing import Protocol

from gateway.crypto.age.header import Stanza
from gateway.crypto.age.hybrid import PRIVATE as HYBRID_PRIVATE
from gateway.crypto.age.hybrid import PUBLIC as HYBRID_PUBLIC
from gateway.crypto.age.hybrid import HybridIdentity, HybridRecipient
from gateway.crypto.age.x25519 import X25519Identity, X25519Recipient


class Recipient(Protocol):
    """To whom a file is sealed. `random(n)` gives n unpredictable bytes."""

    @property
    def post_quantum(self) -> bool: ...

    def wrap(self, file_key: bytes, random: Callable[[int], bytes]) -> Stanza: ...


class Identity(Protocol):
    """Who may open it. None: not for me, try the next; AgeHeaderInvalid: for me, and broken."""

    def unwrap(self, stanza: Stanza) -> bytes | None: ...


def parse_recipient(text: str) -> X25519Recipient | HybridRecipient:
    """KeyUnavailable if the text is no recipient that we know."""
    kind = HybridRecipient if text.lower().startswith(HYBRID_PUBLIC + "1") else X25519Recipient
    return kind.parse(text)


def parse_identity(text: str) -> X25519Identity | HybridIdentity:
    kind = HybridIdentity if text.lower().startswith(HYBRID_PRIVATE) else X25519Identity
    return kind.parse(text)


def generate_identity(random: Callable[[int], bytes] = secrets.token_bytes) -> X25519Identity:
    return X25519Identity(random(32))


def recipient_fingerprint(text: str) -> str:
    """`SHA256:` and the unpadded base64 of the recipient's text, to be read aloud and put into receipts."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(text.encode("ascii")).digest()).decode().rstrip("=")
