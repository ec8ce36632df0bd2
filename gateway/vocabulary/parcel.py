"""The sealed handoff as it travels: three files, the last of which completes it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.vocabulary.digest import Digest
from gateway.vocabulary.transfer import TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFile:
    """One file of a parcel: its final name at the partner, and what it must weigh there."""

    name: str
    path: Path
    size: int
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Ciphertext, signature, envelope, in the order they are made visible (DESIGN §6)."""

    transfer: TransferId
    release_by: datetime
    files: tuple[SealedFile, ...]


def names_of(transfer: TransferId) -> tuple[str, str, str]:
    """Ciphertext, envelope's signature, envelope: the order in which they are published."""
    return f"{transfer}.age", f"{transfer}.json.sig", f"{transfer}.json"


def acknowledgement_names(transfer: TransferId) -> tuple[str, str]:
    """The answer's signature, then the answer: the second completes it."""
    return f"{transfer}.ack.json.sig", f"{transfer}.ack.json"


def disposal_names(transfer: TransferId) -> tuple[str, str]:
    """The later answer that nothing is left of it, under names of its own: the first answer may not be collected yet."""
    return f"{transfer}.disposed.json.sig", f"{transfer}.disposed.json"


def openpgp_names_of(transfer: TransferId) -> tuple[str, str, str, str]:
    """A parcel in OpenPGP: data, manifest, envelope's signature, envelope, in the order they are published."""
    return f"{transfer}.pgp", f"{transfer}.manifest.pgp", f"{transfer}.json.sig", f"{transfer}.json"
