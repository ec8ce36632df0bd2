"""Checkpoints (c2sp.org/tlog-checkpoint): the log's name, its size and its root, as a signed note.

    council.example/handoff
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

Rules. The log's key bears the log's name. Sizes and roots have one spelling. Extension
lines, which the specification allows and advises against since no monitor can audit them,
are refused: our log writes none, so whoever shows one shows another log's note.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.crypto.merkle import HASH_BYTES
from gateway.crypto.note import Algorithm, Vkey, open_note
from gateway.vocabulary.errors import NoteMalformed, SignatureInvalid

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log as it stood at one size. `root` is 32 bytes."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Read the text of a note back; NoteMalformed unless it is spelled exactly so."""
        lines = text.split("\n")
        if len(lines) != 4 or not lines[0] or not _SIZE.fullmatch(lines[1]):
            raise NoteMalformed("a checkpoint is not a name, a size and a root, a line each")
        try:
            checkpoint = cls(lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True))
        except ValueError as error:
            raise NoteMalformed("a checkpoint's root is not base64") from error
        if len(checkpoint.root) != HASH_BYTES or checkpoint.text() != text:
            raise NoteMalformed("a checkpoint's root is not 32 bytes in canonical base64")
        return checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Cosignature:
    """A witness has verified that this checkpoint extends every one it had seen before `at`."""

    witness: Vkey
    at: datetime


def log_key(origin: str, public: bytes) -> Vkey:
    """The verifier key of a log: it bears the log's name."""
    return Vkey(origin, Algorithm.ED25519, public)


def witness_key(name: str, public: bytes) -> Vkey:
    return Vkey(name, Algorithm.COSIGNATURE, public)


def open_checkpoint(
    note: bytes, log: Vkey, witnesses: Sequence[Vkey] = ()
) -> tuple[Checkpoint, tuple[Cosignature, ...]]:
    """A checkpoint that `log` has signed, with the cosignatures of those `witnesses` that are on it.

    Raises:
        NoteMalformed: not a signed note, or not of a checkpoint.
        SignatureInvalid: the log did not sign it, a known signature is bad, or it is of another log.
    """
    opened = open_note(note, [log, *witnesses])
    if not any(signature.key == log for signature in opened.signatures):
        raise SignatureInvalid(f"a checkpoint is not signed by {log.fingerprint}")
    checkpoint = Checkpoint.parse(opened.text)
    if checkpoint.origin != log.name:
        raise SignatureInvalid("a checkpoint is of another log than its key's")
    return checkpoint, tuple(
        Cosignature(witness=signature.key, at=signature.at) for signature in opened.signatures if signature.at
    )
