"""The partner's signed answer to one parcel: the only evidence that it arrived and was opened.

    {"type": "handoff-acknowledgement/v1", "transfer", "envelope", "manifest", "disposition", "code", "rows", "at",
     "recipient", "checkpoint"}

- `accepted`: opened, verified, taken over; `manifest` and `rows` say what was taken.
- `rejected`: the envelope was the sender's, and then something was wrong: `code` says what.
- `disposed`: what was accepted earlier has been destroyed.

`checkpoint` is the newest checkpoint of the sender's log that the partner has cosigned: the
one in this parcel's envelope, or an older one, if the envelope's proof did not begin where
the partner stands. The answer is signed in `acknowledge@DOMAIN`, and cosigned by the same key.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast, get_args

from gateway.crypto.ssh_keys import PublicKey, SigningKey
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.seal.members import NOTE, PARTY, Members
from gateway.seal.rejections import REJECTIONS
from gateway.vocabulary import canonical, moment
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import (
    AcknowledgementInvalid,
    FormatInvalid,
    SignatureInvalid,
    SignatureMalformed,
)
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.transfer import TransferId

KIND, WHAT = "handoff-acknowledgement/v1", "an acknowledgement"
LARGEST: Final = 32 * 1024
NAMES: Final = (
    "transfer", "envelope", "manifest", "disposition", "code", "rows", "at", "recipient", "checkpoint",
)  # fmt: skip
Disposition = Literal["accepted", "rejected", "disposed"]
_REMEDY = "ask the partner what became of the parcel; the handoff stays unacknowledged until then"


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """What we know of a parcel that we sealed: an answer must be about this one."""

    transfer: TransferId
    recipient: str
    envelope: Digest
    manifest: Digest
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    transfer: TransferId
    envelope: Digest
    manifest: Digest | None
    """None where the parcel was rejected before its manifest could be trusted."""
    disposition: Disposition
    code: str | None
    rows: int | None
    at: datetime
    recipient: str
    checkpoint: str | None
    """A cosigned note; None if the partner has not cosigned any yet."""

    def encode(self) -> bytes:
        return canonical.encode(
            {
                "type": KIND, "transfer": self.transfer, "envelope": str(self.envelope),
                "manifest": str(self.manifest) if self.manifest else None, "disposition": self.disposition,
                "code": self.code, "rows": self.rows, "at": moment.spell(self.at), "recipient": self.recipient,
                "checkpoint": self.checkpoint,
            }
        )  # fmt: skip

    @classmethod
    def parse(cls, data: bytes) -> "Acknowledgement":
        """FormatInvalid for anything but exactly these members, in shapes that go together."""
        members = Members.of_page(data, KIND, WHAT, NAMES, LARGEST)
        parsed = cls(
            transfer=members.transfer("transfer"),
            envelope=members.digest("envelope"),
            manifest=None if members.absent("manifest") else members.digest("manifest"),
            disposition=cast("Disposition", members.word("disposition", get_args(Disposition))),
            code=None if members.absent("code") else members.word("code", tuple(REJECTIONS)),
            rows=None if members.absent("rows") else members.count("rows"),
            at=members.moment("at"),
            recipient=members.text("recipient", PARTY),
            checkpoint=None if members.absent("checkpoint") else members.text("checkpoint", NOTE),
        )
        taken = parsed.disposition != "rejected"
        if (parsed.code is None, parsed.manifest is not None, parsed.rows is not None) != (taken, taken, taken):
            raise FormatInvalid("an acknowledgement contradicts itself")
        return parsed

    def check(self, awaited: Awaited) -> None:
        """AcknowledgementInvalid unless this answers the parcel that is awaited, and nothing but its content."""
        if (self.transfer, self.envelope) != (awaited.transfer, awaited.envelope):
            raise AcknowledgementInvalid("an acknowledgement is about another parcel", remedy=_REMEDY)
        if self.recipient != awaited.recipient:
            raise AcknowledgementInvalid("an acknowledgement speaks for another recipient", remedy=_REMEDY)
        if self.manifest not in (None, awaited.manifest) or self.rows not in (None, awaited.rows):
            raise AcknowledgementInvalid("an acknowledgement names other content than was sealed", remedy=_REMEDY)


def sign(acknowledgement: Acknowledgement, key: SigningKey, domain: str) -> tuple[bytes, bytes]:
    """The answer and its signature, as they are written."""
    body = acknowledgement.encode()
    Acknowledgement.parse(body)
    return body, key.sign(body, of_act("acknowledge", domain)).encode("ascii")


@dataclass(frozen=True, slots=True)
class UnverifiedAcknowledgement:
    """An answer as it was found; not even that it is one has been seen."""

    body: bytes
    signature: UnverifiedSignature

    @classmethod
    def parse(cls, body: bytes, signature: bytes) -> "UnverifiedAcknowledgement":
        """AcknowledgementInvalid if a file is too large, or the signature is none."""
        if max(len(body), len(signature)) > LARGEST:
            raise AcknowledgementInvalid("an acknowledgement is too large", remedy=_REMEDY)
        try:
            return cls(body, UnverifiedSignature.parse(signature))
        except SignatureMalformed as error:
            raise AcknowledgementInvalid(
                f"an acknowledgement is not signed: {error.message}", remedy=_REMEDY
            ) from error

    def verify(self, key: PublicKey, domain: str) -> Acknowledgement:
        """The partner's word. Whether it is about the parcel in question is for `check` to say.

        Raises:
            AcknowledgementInvalid: signed with another key or for another act, or no acknowledgement.
        """
        if self.signature.public_blob != key.blob:
            raise AcknowledgementInvalid(
                "an acknowledgement is signed by another key than the partner's", remedy=_REMEDY
            )
        try:
            self.signature.verify(self.body, of_act("acknowledge", domain))
            return Acknowledgement.parse(self.body)
        except (SignatureInvalid, FormatInvalid) as error:
            raise AcknowledgementInvalid(
                f"an acknowledgement does not hold: {error.message}", remedy=_REMEDY
            ) from error
