"""The manifest: what a parcel holds and on what terms, signed and sealed beside the data.

    {"type": "handoff-manifest/v1", transfer, route, sequence, sender, recipients, created, release_by, expires,
     "scope", "salt", "file": {"name", "size", "sha256", "rows"}, "agreement", "basis", "retention"}

Version 2 has `format` in its heading. It counts only what the parcel contains: who was left out, and how many, is not the partner's
to know. The salt keeps the manifest's hash, which is public, from being guessed at.
"""

from dataclasses import dataclass
from typing import Final

from gateway.seal.heading import Heading, versions_of
from gateway.seal.members import FILE_NAME, HASH, REFERENCE, SENTENCE, Members
from gateway.vocabulary import canonical
from gateway.vocabulary.digest import Digest

PAGE, WHAT = "manifest", "a manifest"
_OWN = ("scope", "salt", "file", "agreement", "basis", "retention")
VERSIONS: Final = versions_of(PAGE, {1: _OWN, 2: _OWN})
LARGEST: Final = 64 * 1024
SCOPES: Final = ("full", "changes", "removal")
MOST_BASES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """The one data file: our name for it, its size in bytes, its rows without the header."""

    name: str
    size: int
    digest: Digest
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    heading: Heading
    scope: str
    salt: bytes
    file: DataFile
    agreement: str
    basis: tuple[str, ...]
    retention: str

    def encode(self) -> bytes:
        file = {
            "name": self.file.name, "size": self.file.size, "sha256": str(self.file.digest), "rows": self.file.rows,
        }  # fmt: skip
        return canonical.encode(
            {
                "type": self.heading.type_of(PAGE), **self.heading.plain(), "scope": self.scope, "salt": self.salt.hex(), "file": file,
                "agreement": self.agreement, "basis": list(self.basis), "retention": self.retention,
            }
        )  # fmt: skip

    @classmethod
    def parse(cls, data: bytes) -> "Manifest":
        """FormatInvalid for anything but exactly these members in their shapes."""
        kind, members = Members.of_versions(data, VERSIONS, WHAT, LARGEST)
        file = members.part("file", ("name", "size", "sha256", "rows"))
        return cls(
            heading=Heading.read(members, kind),
            scope=members.word("scope", SCOPES),
            salt=bytes.fromhex(members.text("salt", HASH)),
            file=DataFile(
                name=file.text("name", FILE_NAME),
                size=file.count("size"),
                digest=file.digest("sha256"),
                rows=file.count("rows"),
            ),
            agreement=members.text("agreement", REFERENCE),
            basis=members.texts("basis", SENTENCE, most=MOST_BASES),
            retention=members.text("retention", SENTENCE),
        )
