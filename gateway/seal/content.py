"""What came out of a sealed parcel, in either format: its structure holds, and of its content nothing has been verified."""

from dataclasses import dataclass

from gateway.vocabulary.digest import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedContent:
    """`size`, `digest` and `rows` are of the data file, as it was written."""

    name: str | None
    """What the container calls the data; None where there is no container, and the manifest alone names it."""
    size: int
    digest: Digest
    rows: int | None
    """Counted as in a CSV; None where the container's name says that it is none."""
    manifest: bytes
    signature: bytes
    """Of the manifest, as a file beside it: SSHSIG, or OpenPGP's."""
