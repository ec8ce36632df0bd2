"""A parcel on paper: what is known before its data, what when the data has ended, and what it has become."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from gateway.seal.envelope import Witness
from gateway.seal.manifest import Manifest
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.parcel import Parcel, ParcelFormat
from gateway.vocabulary.transfer import TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Who may open the parcel: their id, and their age recipient; in OpenPGP their certificate, armored."""

    id: str
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """All that is known of a parcel before its data."""

    transfer: TransferId
    route: str
    scope: str
    sequence: int
    sender: str
    recipients: tuple[Addressee, ...]
    created: datetime
    release_by: datetime
    expires: datetime
    salt: bytes
    """32 bytes of chance, new for each parcel."""
    file_name: str
    agreement: str
    basis: tuple[str, ...]
    retention: str
    domain: str
    witness: Witness
    format: ParcelFormat = "age"
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What is known only when the data has ended."""

    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedParcel:
    """What the receipt says of it, and the parcel itself. `size` is the ciphertext's, `data` the plain file's."""

    parcel: Parcel
    manifest: Digest
    envelope: Digest
    ciphertext: Digest
    size: int
    data: int
    rows: int


class Weighed(Protocol):
    """The plain data, when all of it has passed."""

    @property
    def size(self) -> int: ...
    @property
    def digest(self) -> Digest: ...


Describe = Callable[[Weighed], Manifest]
"""Asked once, when the data has ended. It may raise: then nothing may be left that could be opened."""


class Sealer(Protocol):
    """One of the two formats."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The fingerprint of each recipient's key, in their order."""

    def write(
        self, paths: Sequence[Path], chunks: Iterable[bytes], describe: Describe
    ) -> tuple[Manifest, tuple[Meter, ...]]:
        """Seal the data, and the manifest with it, into these files; what each of them weighs.

        Raises:
            StorageError: the disk failed. Whatever `chunks` and `describe` raise passes through.
        """
