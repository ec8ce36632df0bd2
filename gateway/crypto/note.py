"""Signed notes (c2sp.org/signed-note): a text, an empty line, then a line for each signature.

    — NAME base64(key id ‖ signature)

Two kinds of signature: plain Ed25519 (1), as a log signs, and the timestamped
cosignature/v1 (4) of c2sp.org/tlog-cosignature, as a witness signs.

Rules. A text is given out only when a known key has signed it. Lines of unknown keys are
ignored, as the specification demands; a bad signature of a known key refuses the whole
note. Base64 has one spelling. What a text says is not looked at here: see `checkpoint`.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.vocabulary.errors import NoteMalformed, SignatureInvalid

LARGEST = 256 * 1024
MOST_SIGNATURES = 64
KEY_BYTES, ID_BYTES, TIME_BYTES = 32, 4, 8
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DASH = "\u2014"


class Ed25519Signer(Protocol):
    """What signs: 64 bytes over a message, by the key whose 32 public bytes are `public_raw`."""

    @property
    def public_raw(self) -> bytes: ...

    def sign_raw(self, message: bytes) -> bytes: ...


class Algorithm(IntEnum):
    ED25519 = 1
    COSIGNATURE = 4


@dataclass(frozen=True, slots=True)
class Vkey:
    """A verifier key: whose signature, of which kind, by which key."""

    name: str
    algorithm: Algorithm
    public: bytes

    def __post_init__(self) -> None:
        if not _is_name(self.name):
            raise NoteMalformed("a verifier key's name is empty or has a space, a plus or a control character")
        if len(self.public) != KEY_BYTES:
            raise NoteMalformed("a verifier key does not hold 32 bytes")

    @classmethod
    def parse(cls, text: str) -> "Vkey":
        """From `NAME+8 hex digits+base64`; NoteMalformed for another kind of key or an id that does not fit."""
        parts = text.split("+", 2)
        if len(parts) != 3:
            raise NoteMalformed("a verifier key is not spelled like NAME+ID+KEY")
        name, key_id, encoded = parts
        raw = _unbase64(encoded, "a verifier key")
        try:
            key = cls(name, Algorithm(raw[0] if raw else 0), raw[1:])
        except ValueError as error:
            raise NoteMalformed("a verifier key is of a kind that is not used here") from error
        if key.key_id.hex() != key_id:
            raise NoteMalformed("a verifier key's id is not that of its name and key")
        return key

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.algorithm]) + self.public).digest()[:ID_BYTES]

    @property
    def spelled(self) -> str:
        encoded = base64.b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.fingerprint}+{encoded}"

    @property
    def fingerprint(self) -> str:
        """`NAME+8 hex digits`: enough to name a key, as receipts do."""
        return f"{self.name}+{self.key_id.hex()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedSignature:
    """One known key's signature over a note; `at` is what a cosigner says the time was."""

    key: Vkey
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedNote:
    """A note that at least one known key has signed."""

    text: str
    signatures: tuple[VerifiedSignature, ...]


def sign(text: str, name: str, signer: Ed25519Signer) -> str:
    """The note of `text`, which must end its last line; one signature."""
    if not text.endswith("\n") or not _is_plain(text):
        raise NoteMalformed("a note's text must end with a newline and hold no other control characters")
    key = Vkey(name, Algorithm.ED25519, signer.public_raw)
    return f"{text}\n{_line(key, signer.sign_raw(text.encode()))}"


def cosign(note: str, name: str, signer: Ed25519Signer, at: datetime) -> str:
    """`note` with one line more. Cosign only what `open_checkpoint` opened and what extends all seen before."""
    key = Vkey(name, Algorithm.COSIGNATURE, signer.public_raw)
    seconds = int(at.timestamp())
    signature = signer.sign_raw(_cosigned(seconds, unverified_text(note.encode())))
    return note + _line(key, seconds.to_bytes(TIME_BYTES, "big") + signature)


def open_note(data: bytes, keys: Sequence[Vkey]) -> OpenedNote:
    """The text, once a known key's signature over it is verified.

    Raises:
        NoteMalformed: not a signed note, too large, or too many signatures.
        SignatureInvalid: no known key signed it, or a known key's signature is not good.
    """
    text, lines = _parse(data)
    found = [
        VerifiedSignature(key=key, at=_verify(key, signature, text))
        for name, key_id, signature in lines
        for key in keys
        if (key.name, key.key_id) == (name, key_id)
    ]
    if not found:
        raise SignatureInvalid("a note is signed by no key that is known here")
    return OpenedNote(text=text, signatures=tuple(found))


def unverified_text(data: bytes) -> str:
    """What a note claims. Nobody has vouched for it: for display, and for signing one's own."""
    return _parse(data)[0]


def _verify(key: Vkey, signature: bytes, text: str) -> datetime | None:
    at, message = None, text.encode()
    if key.algorithm is Algorithm.COSIGNATURE:
        seconds, signature = int.from_bytes(signature[:TIME_BYTES], "big"), signature[TIME_BYTES:]
        at, message = _moment(seconds), _cosigned(seconds, text)
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureInvalid(f"the signature of {key.fingerprint} on a note is not good") from error
    return at


def _cosigned(seconds: int, text: str) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NoteMalformed("a cosignature names no real moment") from error


def _parse(data: bytes) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text and each signature line as name, key id, signature; nothing is verified."""
    if len(data) > LARGEST:
        raise NoteMalformed(f"a note is larger than {LARGEST} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise NoteMalformed("a note is not UTF-8") from error
    text, separator, tail = whole.rpartition("\n\n")
    if not separator or not text or not tail.endswith("\n") or not _is_plain(whole):
        raise NoteMalformed("a note is not a text, an empty line and lines of signatures")
    lines = tail[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise NoteMalformed(f"a note has more than {MOST_SIGNATURES} signatures")
    return text + "\n", list(_signatures(lines))


def _signatures(lines: list[str]) -> Iterator[tuple[str, bytes, bytes]]:
    for line in lines:
        words = line.split(" ")
        if len(words) != 3 or words[0] != _DASH or not _is_name(words[1]):
            raise NoteMalformed("a note's signature line is not a dash, a name and a signature")
        raw = _unbase64(words[2], "a note's signature")
        if len(raw) <= ID_BYTES:
            raise NoteMalformed("a note's signature is too short")
        yield words[1], raw[:ID_BYTES], raw[ID_BYTES:]


def _line(key: Vkey, signature: bytes) -> str:
    return f"{_DASH} {key.name} {base64.b64encode(key.key_id + signature).decode()}\n"


def _is_name(text: str) -> bool:
    return bool(text) and "+" not in text and not any(c.isspace() for c in text) and _is_plain(text)


def _is_plain(text: str) -> bool:
    return _CONTROL.search(text) is None


def _unbase64(text: str, what: str) -> bytes:
    """Standard base64 in its one canonical spelling: trailing bits must be zero."""
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NoteMalformed(f"{what} is not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise NoteMalformed(f"{what} is not base64 in its canonical spelling")
    return raw
