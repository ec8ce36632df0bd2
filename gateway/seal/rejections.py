"""The closed list of what can be wrong with a parcel, in the order in which it is looked for."""

from typing import Final

from gateway.vocabulary.errors import ParcelInvalid

SEQUENCE_GAP: Final = "sequence-gap"
"""The only one that time may mend: the parcel waits for the one before it."""
CONTENT_UNUSABLE: Final = "content-unusable"
"""The only one that only some receivers look for: those that load what they take over into a database."""

REJECTIONS: Final[dict[str, str]] = {
    "envelope-signature": "the envelope is not signed by the sender we know, or is another transfer's",
    "envelope-malformed": "the envelope is signed, but is not an envelope of a version known here",
    "ciphertext-hash": "the sealed file is not the one that the envelope describes",
    "not-addressed": "the parcel is not addressed to us, or to another key of ours",
    "not-yet-valid": "the parcel was made later than now: a clock is wrong, here or there",
    "expired": "the parcel has expired",
    SEQUENCE_GAP: "the parcel before this one has not been answered yet",
    "replayed": "the parcel has been answered before",
    "sequence-old": "a later parcel of this route has been answered already",
    "undecryptable": "the sealed file cannot be opened with our identity, or was cut short",
    "container": "the sealed file does not hold exactly what it should",
    "content-signature": "the content is not signed by who signed the envelope, or not for us",
    "manifest-hash": "the manifest is not the one that the envelope names",
    "manifest-malformed": "the manifest is signed, but is not a manifest of a version known here",
    "members-differ": "envelope and manifest contradict each other",
    "file-hash": "the data file is not the one that the manifest describes",
    "rows-differ": "the data file has another number of rows than the manifest says",
    CONTENT_UNUSABLE: "the data file cannot be loaded: its columns, its references or its removals contradict it",
}  # fmt: skip
"""Code, for the answer, and the sentence for a person."""


def rejected(code: str) -> ParcelInvalid:
    return ParcelInvalid(code, REJECTIONS[code], remedy="tell the sender the parcel's identifier and this reason")
