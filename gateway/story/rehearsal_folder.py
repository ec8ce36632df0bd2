"""The folder in which a rehearsal passes between the halves. Whoever may write there can have put anything into it.

    TRANSFER.age, .json.sig, .json        sealed by prepare; four files in OpenPGP
    TRANSFER.ack.json.sig, .ack.json      laid there by deliver; or by a person, out of the mail, with no parcel beside

Nothing in it is followed, nothing is read beyond its bound, and nothing else may lie there. Deliver takes
away only what our signing key has sealed as a rehearsal for this very partner: a real parcel, with its
holds and its number, leaves by its order alone, and not because its files were copied here.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.crypto.ssh_keys import PublicKey
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.deliver.destination import Answer
from gateway.footing import durable
from gateway.footing.drop_folder import DropFolder
from gateway.seal.acknowledgement import LARGEST as LARGEST_ANSWER
from gateway.seal.envelope import Envelope, Weight
from gateway.story.rehearsal import ROUTE
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import ExtractInvalid, FormatInvalid, SignatureInvalid, StorageError, UsageError
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import (
    Parcel,
    SealedFile,
    acknowledgement_names,
    is_a_parcel,
    names_in_any_format,
)
from gateway.vocabulary.transfer import TransferId

LARGEST_FILE: Final = 1 << 20
"""Bytes: a dozen invented children have a few thousand."""
ENVELOPE, ANSWER = ".json", ".ack.json"
_ANEW = "seal a rehearsal anew, into a new folder"
_ALONE = "put the answer and its signature into a folder of their own, under the names that they came with"


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedHere:
    """A rehearsal's parcel as it lay in the folder, and our own signature on it verified."""

    envelope: Envelope
    files: Mapping[str, bytes]
    """In the order in which they are made visible."""

    @property
    def transfer(self) -> TransferId:
        return self.envelope.heading.transfer

    def copied_to(self, folder: Path) -> Parcel:
        """What was read, where nobody can exchange it while it is sent. `folder` is private and empty."""
        for name, data in self.files.items():
            durable.write_new(folder / name, data)
        files = tuple(
            SealedFile(name=name, path=folder / name, size=len(data), digest=Digest.of(data))
            for name, data in self.files.items()
        )
        return Parcel(transfer=self.transfer, release_by=self.envelope.heading.release_by, files=files)


@contextmanager
def opened_folder(place: Path) -> Iterator[DropFolder]:
    """UsageError if this user cannot open it: somebody typed it."""
    try:
        folder = DropFolder(place)
    except StorageError as error:
        raise UsageError(
            "the folder cannot be opened: it is not there, is a link, or belongs to others",
            remedy="name the one that --seal has made, or another that this user may read",
        ) from error
    with folder:
        yield folder


def sealed_in(folder: DropFolder, partner: str, *, key: PublicKey, domain: str) -> SealedHere:
    """The one parcel in the folder. An answer that was laid beside it may lie there, and nothing else.

    Raises:
        FormatInvalid: anything else lies there, or a file is missing, a link, too large, or not what it should be.
        SignatureInvalid: it is no rehearsal for this partner that `key`, our own, has sealed.
    """
    names = folder.names()
    transfer = _only_one(names, ENVELOPE, "parcel", _ANEW)
    ours = tuple(name for name in names_in_any_format(transfer) if name in names)
    if not is_a_parcel(transfer, ours):
        raise FormatInvalid("the folder lacks a file of the parcel, or has those of two formats", remedy=_ANEW)
    files = {name: _read(folder, name, LARGEST_FILE, _ANEW) for name in ours}
    *sealed, signature, page = files.values()
    envelope = _verified(page, signature, key=key, domain=domain)
    heading = envelope.heading
    if heading.transfer != transfer or not ROUTE.fullmatch(heading.route):
        raise SignatureInvalid("the parcel in the folder is no rehearsal: it leaves by its own route", remedy=_ANEW)
    if [to.id for to in heading.recipients] != [partner]:
        raise SignatureInvalid(f"the parcel in the folder is not for {partner}", remedy="name the partner it is for")
    if any(
        Weight(len(data), Digest.of(data)) != weight for data, weight in zip(sealed, _weights(envelope), strict=False)
    ):
        raise FormatInvalid("the parcel in the folder is not what was sealed", remedy=_ANEW)
    return SealedHere(envelope=envelope, files=files)


def lay_answer(folder: DropFolder, answer: Answer, mode: int) -> None:
    """Beside the parcel, the signature first. Whatever has one of these names is replaced, and never followed."""
    names = acknowledgement_names(answer.transfer)
    for name, data in zip(names, (answer.signature, answer.body), strict=True):
        problem = "the answer could not be laid into the folder"
        with durable.written_in(folder.descriptor, name, mode, replacing=True, otherwise=problem) as stream:
            stream.write(data)


def answer_in(folder: DropFolder) -> Answer | None:
    """The answer under its name, unverified; None if there is none yet.

    Raises:
        FormatInvalid: two lie there, one lacks its signature, or something lies there that belongs to neither.
    """
    names = folder.names()
    if not any(name.endswith(ANSWER) for name in names):
        return None
    transfer = _only_one(names, ANSWER, "answer", _ALONE)
    signature, body = (_read(folder, name, LARGEST_ANSWER, _ALONE) for name in acknowledgement_names(transfer))
    return Answer(transfer=transfer, body=body, signature=signature)


def _only_one(names: Sequence[str], ending: str, what: str, remedy: str) -> TransferId:
    """Of whose parcel or answer a complete one is there; FormatInvalid if anything else is there, too."""
    found = [
        transfer for name in names if name.endswith(ending) for transfer in _transfer_called(name.removesuffix(ending))
    ]
    if len(found) != 1:
        raise FormatInvalid(f"the folder has {len(found) or 'no'} {what}s in it, and one is expected", remedy=remedy)
    if set(names) - {*names_in_any_format(found[0]), *acknowledgement_names(found[0])}:
        raise FormatInvalid(f"something else than one {what} lies in the folder", remedy=remedy)
    return found[0]


def _transfer_called(text: str) -> Iterator[TransferId]:
    try:
        yield TransferId.parse(text)
    except FormatInvalid:
        return


def _read(folder: DropFolder, name: str, limit: int, remedy: str) -> bytes:
    try:
        return folder.read_small(name, limit)
    except ExtractInvalid as error:
        raise FormatInvalid(
            f"{name} cannot be used: it is missing, a link, too large, or closed to this user", remedy=remedy
        ) from error


def _weights(envelope: Envelope) -> Iterator[Weight]:
    """As far as the envelope tells: its first version does not speak of a manifest that is a file of its own."""
    yield Weight(envelope.size, envelope.ciphertext)
    if envelope.description:
        yield envelope.description


def _verified(page: bytes, signature: bytes, *, key: PublicKey, domain: str) -> Envelope:
    verified = UnverifiedSignature.parse(signature).verify(page, of_act("envelope", domain))
    if verified.fingerprint != key.fingerprint:
        raise SignatureInvalid("the parcel in the folder is signed by another key than ours", remedy=_ANEW)
    return Envelope.parse(page)
