"""The receiver's verification of a parcel. Nothing is taken for true before its number has passed.

     1. the envelope's signature, in `envelope@DOMAIN`, by a signer that we list as the sender;
        then: it is an envelope, of this transfer, and names that sender and that key
     2. the ciphertext, read once, has the envelope's size and SHA-256
     3. it is addressed to us, to a key that we hold
     4. it was made before now and has not expired
     5. its number is not ahead of its turn
     6. neither it nor its number has been answered before
     7. it decrypts with our identity, to its authenticated end, into our own folder
     8. the container is exactly its four members (`unpacking`); each OpenPGP message is made as ours are
     9. the content's signature, in `content@DOMAIN`, by the same key that signed the envelope; in OpenPGP
        the signatures of both messages, by the sender's key for us, for whom the envelope names and at its time
    10. the manifest's hash is the one in the envelope; it is a manifest
    11. what envelope and manifest both say is the same
    12. the data file has the manifest's name, size and SHA-256
    13. a CSV has as many rows as the manifest says

Three types keep the order: an UnverifiedParcel can only be verified (1), a SignedParcel only
opened (2 to 13), and only an OpenedParcel has content. Until 1 has passed, nobody is owed an
answer; from then on, a failure is answered with its code. All of it happens in a private
folder, on bytes that nobody else can change. One pass reads, hashes, decrypts, unpacks and
writes: what 7 to 13 look at is what 2 has hashed, and nobody looks at any outcome before its
turn (`one_pass`). The caller shows the data only afterwards and throws the folder away in any
case.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO, Final

from gateway.crypto.age import Identity
from gateway.crypto.signers import Signed, Signers
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.footing import durable
from gateway.seal.content import UnverifiedContent
from gateway.seal.envelope import Envelope
from gateway.seal.heading import Party
from gateway.seal.manifest import DataFile, Manifest
from gateway.seal.one_pass import unpack
from gateway.seal.openpgp.opening import OpenPgpReader, UnverifiedMessages, unpack_messages
from gateway.seal.rejections import rejected
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import FormatInvalid, ParcelInvalid, SignatureInvalid, SignatureMalformed
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import ParcelFormat
from gateway.vocabulary.transfer import TransferId

UNVERIFIED, DATA = "unverified", "data"
SKEW: Final = timedelta(minutes=5)
"""By how much two honest clocks may differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """From whom parcels are taken: their id stands in the signers file, which allows them `envelope@` and `content@`."""

    id: str
    domain: str
    signers: Signers


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who opens: our id as the sender knows it, our age identities, and the fingerprints of their recipients."""

    id: str
    identities: Sequence[Identity]
    keys: frozenset[str]
    openpgp: OpenPgpReader | None = None
    """None if parcels come in age alone."""

    def format_of(self, envelope: Envelope) -> ParcelFormat:
        """Version 1 does not say it, but for which key of ours it is."""
        if envelope.heading.format is not None or self.openpgp is None:
            return envelope.heading.format or "age"
        named = {to.key for to in envelope.heading.recipients}
        return "openpgp" if named & self.openpgp.keys or not self.identities else "age"

    def keys_for(self, form: ParcelFormat) -> frozenset[str]:
        """The fingerprints of ours that may stand in an envelope of this format."""
        if form == "age":
            return self.keys
        return self.openpgp.keys if self.openpgp else frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What has been answered before."""

    expected: Callable[[str], int]
    """Of a route: the lowest number that has not been answered."""
    seen: Callable[[TransferId], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedParcel:
    """A parcel of which everything holds. `data` lies in the private folder, durable."""

    envelope: Envelope
    manifest: Manifest
    manifest_page: bytes
    manifest_signature: bytes
    data: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedParcel:
    """The envelope is the sender's. The ciphertext has not been looked at."""

    envelope: Envelope
    digest: Digest
    """Of the envelope as it was signed: what an answer names."""
    signed: Signed
    sender: Sender

    def open(
        self, sealed: Sequence[BinaryIO], folder: Path, reader: Reader, answered: Answered, at: datetime
    ) -> OpenedParcel:
        """Steps 2 to 13. `folder` is private and empty, and what is in it afterwards is for the caller to remove.

        `sealed`: the sealed files of the parcel's format, one in age, two in OpenPGP.

        Raises:
            ParcelInvalid: with the code of the step that failed.
            StorageError: the disk failed.
        """
        found = self._unpacked(sealed, folder / UNVERIFIED, reader)  # 2
        self.check_addressed(reader)  # 3
        _check_dates(self.envelope, at)  # 4
        _check_turn(self.envelope, answered)  # 5, 6
        if isinstance(found, ParcelInvalid):
            raise found  # 7, 8
        self._verify_content(found, reader, at)  # 9
        manifest = self._check_manifest(found.manifest)  # 10, 11
        _check_data(found, manifest.file)  # 12, 13
        durable.publish(folder / UNVERIFIED, folder / DATA)
        return OpenedParcel(
            envelope=self.envelope,
            manifest=manifest,
            manifest_page=found.manifest,
            manifest_signature=found.signature,
            data=folder / DATA,
        )

    def check_addressed(self, reader: Reader) -> None:
        """ParcelInvalid unless it is for us, and for a key that we hold."""
        keys = reader.keys_for(reader.format_of(self.envelope))
        if not any(to.id == reader.id and to.key in keys for to in self.envelope.heading.recipients):
            raise rejected("not-addressed")

    def _unpacked(self, sealed: Sequence[BinaryIO], target: Path, reader: Reader) -> UnverifiedContent | ParcelInvalid:
        if reader.format_of(self.envelope) == "age":
            (ciphertext,) = sealed
            return unpack(ciphertext, self.envelope, target, reader.identities)
        if reader.openpgp is None:
            raise rejected("not-addressed")
        return unpack_messages(sealed, self.envelope, target, reader.openpgp)

    def _verify_content(self, found: UnverifiedContent, reader: Reader, at: datetime) -> None:
        try:
            if isinstance(found, UnverifiedMessages) and reader.openpgp:
                found.verify(reader.openpgp, self.envelope.heading)
                return
            signed = _verify(self.sender, found.manifest, found.signature, "content", at)
        except (SignatureInvalid, SignatureMalformed) as error:
            raise rejected("content-signature") from error
        if signed.fingerprint != self.signed.fingerprint:
            raise rejected("content-signature")

    def _check_manifest(self, page: bytes) -> Manifest:
        if Digest.of(page) != self.envelope.manifest:
            raise rejected("manifest-hash")
        try:
            manifest = Manifest.parse(page)
        except FormatInvalid as error:
            raise rejected("manifest-malformed") from error
        if manifest.heading != self.envelope.heading:
            raise rejected("members-differ")
        return manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedParcel:
    """An envelope and its signature as they were found under the names of `transfer`: anybody's, so far."""

    transfer: TransferId
    envelope: bytes
    signature: bytes

    def verify(self, sender: Sender, at: datetime) -> SignedParcel:
        """Step 1; ParcelInvalid with `envelope-signature` (never answered) or `envelope-malformed`."""
        try:
            signed = _verify(sender, self.envelope, self.signature, "envelope", at)
        except (SignatureInvalid, SignatureMalformed) as error:
            raise rejected("envelope-signature") from error
        try:
            envelope = Envelope.parse(self.envelope)
        except FormatInvalid as error:
            raise rejected("envelope-malformed") from error
        # a sound envelope under another transfer's names would be answered in the other's place
        if envelope.heading.transfer != self.transfer:
            raise rejected("envelope-signature")
        if envelope.heading.sender != Party(sender.id, signed.fingerprint):
            raise rejected("envelope-signature")
        return SignedParcel(envelope=envelope, digest=Digest.of(self.envelope), signed=signed, sender=sender)


def _verify(sender: Sender, message: bytes, signature: bytes, act: str, at: datetime) -> Signed:
    unverified = UnverifiedSignature.parse(signature)
    signed = sender.signers.verify(unverified, message, of_act(act, sender.domain), at)
    if signed.principal != sender.id:
        raise SignatureInvalid("a parcel is signed by somebody who is listed, but is not its sender")
    return signed


def _check_dates(envelope: Envelope, at: datetime) -> None:
    if envelope.heading.created > at + SKEW:
        raise rejected("not-yet-valid")
    if envelope.heading.expires <= at:
        raise rejected("expired")


def _check_turn(envelope: Envelope, answered: Answered) -> None:
    heading = envelope.heading
    expected = answered.expected(heading.route)
    if heading.sequence > expected:
        raise rejected("sequence-gap")  # 5
    if answered.seen(heading.transfer):
        raise rejected("replayed")  # 6
    if heading.sequence < expected:
        raise rejected("sequence-old")  # 6


def _check_data(found: UnverifiedContent, described: DataFile) -> None:
    if (found.name or described.name, found.size) != (described.name, described.size):
        raise rejected("file-hash")
    if found.digest != described.digest:
        raise rejected("file-hash")
    if described.name.endswith(".csv") and found.rows != described.rows:
        raise rejected("rows-differ")
