"""The sealed handoff as it travels: three files, or four in OpenPGP; the last one completes it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, get_args

from gateway.vocabulary.digest import Digest
from gateway.vocabulary.transfer import TransferId

ParcelFormat = Literal["age", "openpgp"]
_SEALED: Final[dict[ParcelFormat, tuple[str, ...]]] = {"age": (".age",), "openpgp": (".pgp", ".manifest.pgp")}
_SIGNED: Final = (".json.sig", ".json")


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedFile:
    """One file of a parcel: its final name at the partner, and what it must weigh there."""

    name: str
    path: Path
    size: int
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What is sealed, signature, envelope, in the order they are made visible (DESIGN §6)."""

    transfer: TransferId
    release_by: datetime
    files: tuple[SealedFile, ...]


def names_of(transfer: TransferId, form: ParcelFormat = "age") -> tuple[str, ...]:
    """What is sealed, the envelope's signature, the envelope: the order in which they are published."""
    return tuple(f"{transfer}{ending}" for ending in (*_SEALED[form], *_SIGNED))


def names_in_any_format(transfer: TransferId) -> tuple[str, ...]:
    """Whatever may lie in an inbox under this transfer's names, the envelope last."""
    return tuple(f"{transfer}{ending}" for ending in (*sum(_SEALED.values(), ()), *_SIGNED))


def is_a_parcel(transfer: TransferId, names: tuple[str, ...]) -> bool:
    """Whether these are the files of a parcel in one of the formats, all of them and in their order."""
    return any(names == names_of(transfer, form) for form in get_args(ParcelFormat))


def acknowledgement_names(transfer: TransferId) -> tuple[str, str]:
    """The answer's signature, then the answer: the second completes it."""
    return f"{transfer}.ack.json.sig", f"{transfer}.ack.json"


def disposal_names(transfer: TransferId) -> tuple[str, str]:
    """The later answer that nothing is left of it, under names of its own: the first answer may not be collected yet."""
    return f"{transfer}.disposed.json.sig", f"{transfer}.disposed.json"
