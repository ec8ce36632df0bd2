"""The envelope: all that anybody but the recipient learns of a parcel. A closed list, signed.

    {"type": "handoff-envelope/v1", transfer, route, sequence, sender, recipients, created, release_by, expires,
     "manifest": SHA-256, "ciphertext": {"size", "sha256"}, "log": {"checkpoint", "since", "proof"}}

The manifest's hash tells nothing of it: a salt of 32 bytes stands inside.
"""

from dataclasses import dataclass
from typing import Final

from gateway.seal.heading import NAMES, Heading
from gateway.seal.members import HASH, NOTE, Members
from gateway.vocabulary import canonical
from gateway.vocabulary.digest import Digest

KIND, WHAT = "handoff-envelope/v1", "an envelope"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    heading: Heading
    manifest: Digest
    ciphertext: Digest
    size: int
    """Of the ciphertext, in bytes."""
    witness: Witness

    def encode(self) -> bytes:
        log = {
            "checkpoint": self.witness.note, "since": self.witness.since,
            "proof": [step.hex() for step in self.witness.proof],
        }  # fmt: skip
        return canonical.encode(
            {
                "type": KIND, **self.heading.plain(), "manifest": str(self.manifest),
                "ciphertext": {"size": self.size, "sha256": str(self.ciphertext)}, "log": log,
            }
        )  # fmt: skip

    @classmethod
    def parse(cls, data: bytes) -> "Envelope":
        """FormatInvalid for anything but exactly these members in their shapes."""
        members = Members.of_page(data, KIND, WHAT, (*NAMES, "manifest", "ciphertext", "log"), LARGEST)
        ciphertext = members.part("ciphertext", ("size", "sha256"))
        log = members.part("log", ("checkpoint", "since", "proof"))
        return cls(
            heading=Heading.read(members),
            manifest=members.digest("manifest"),
            ciphertext=ciphertext.digest("sha256"),
            size=ciphertext.count("size"),
            witness=Witness(
                note=log.text("checkpoint", NOTE),
                since=log.count("since"),
                proof=tuple(bytes.fromhex(step) for step in log.texts("proof", HASH, most=LONGEST_PROOF)),
            ),
        )
