"""The envelope: all that anybody but the recipient learns of a parcel. A closed list, signed.

    {"type": "handoff-envelope/v1", transfer, route, sequence, sender, recipients, created, release_by, expires,
     "manifest": SHA-256, "ciphertext": {"size", "sha256"}, "log": {"checkpoint", "since", "proof"}}

Version 2 has `format` in its heading, and "description": {"size", "sha256"} of a manifest that is a
sealed file of its own (OpenPGP), null where it is not. The manifest's hash tells nothing of it: a salt of 32 bytes stands inside.
"""

from dataclasses import dataclass
from typing import Any, Final

from gateway.seal.heading import Heading, versions_of
from gateway.seal.members import HASH, NOTE, Members
from gateway.vocabulary import canonical
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import FormatInvalid

PAGE, WHAT = "envelope", "an envelope"
_OWN = ("manifest", "ciphertext", "log")
VERSIONS: Final = versions_of(PAGE, {1: _OWN, 2: (*_OWN, "description")})
LARGEST: Final = 64 * 1024
LONGEST_PROOF: Final = 128
"""A log of 2^63 leaves would need no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Our log as it stands, for the partner to cosign: `proof` shows that it begins with the log of size `since`."""

    note: str
    """Our latest checkpoint, signed."""
    since: int
    """The size that this partner last cosigned; 0 if there is none."""
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Weight:
    """How many bytes a sealed file has, and their SHA-256."""

    size: int
    digest: Digest

    def plain(self) -> dict[str, Any]:
        return {"size": self.size, "sha256": str(self.digest)}

    @classmethod
    def read(cls, members: Members, name: str) -> "Weight":
        part = members.part(name, ("size", "sha256"))
        return cls(part.count("size"), part.digest("sha256"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    heading: Heading
    manifest: Digest
    ciphertext: Digest
    size: int
    """Of the ciphertext, in bytes."""
    witness: Witness
    description: Weight | None = None
    """Of the manifest's own sealed file, from version 2 on; None if there is none."""

    def encode(self) -> bytes:
        log = {
            "checkpoint": self.witness.note, "since": self.witness.since,
            "proof": [step.hex() for step in self.witness.proof],
        }  # fmt: skip
        return canonical.encode(
            {
                "type": self.heading.type_of(PAGE), **self.heading.plain(), "manifest": str(self.manifest),
                "ciphertext": {"size": self.size, "sha256": str(self.ciphertext)}, "log": log,
                **self._of_its_version(),
            }
        )  # fmt: skip

    @classmethod
    def parse(cls, data: bytes) -> "Envelope":
        """FormatInvalid for anything but exactly these members in their shapes."""
        kind, members = Members.of_versions(data, VERSIONS, WHAT, LARGEST)
        ciphertext = Weight.read(members, "ciphertext")
        log = members.part("log", ("checkpoint", "since", "proof"))
        heading = Heading.read(members, kind)
        return cls(
            heading=heading,
            manifest=members.digest("manifest"),
            ciphertext=ciphertext.digest,
            size=ciphertext.size,
            witness=Witness(
                note=log.text("checkpoint", NOTE),
                since=log.count("since"),
                proof=tuple(bytes.fromhex(step) for step in log.texts("proof", HASH, most=LONGEST_PROOF)),
            ),
            description=_description(members, heading),
        )

    def _of_its_version(self) -> dict[str, Any]:
        if self.heading.version == 1:
            return {}
        return {"description": self.description.plain() if self.description else None}


def _description(members: Members, heading: Heading) -> Weight | None:
    """FormatInvalid if there is one where the format has none, or the other way round."""
    if heading.version == 1:
        return None
    if members.absent("description") != (heading.format == "age"):
        raise FormatInvalid("an envelope describes a manifest's file that its format does not have, or lacks it")
    return None if members.absent("description") else Weight.read(members, "description")
