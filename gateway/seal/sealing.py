"""Seals one parcel in one pass: plaintext exists in the stream alone, never on a disk.

    data ─▶ container ─▶ age ─▶ TRANSFER.age          hashed before and behind
    settle()                                           may still say no, when the data has ended
    manifest, signed ─▶ container ─▶ age, final chunk
    envelope, signed ─▶ TRANSFER.json.sig, TRANSFER.json

Whatever raises before the end leaves no file: not under a final name, and no final chunk
anywhere, so that what was broken off cannot be opened. What is sealed has been read back by
the strict parsers that a receiver uses; a draft with a member of a wrong shape does not leave.

Crash point. Killed half way, the folder may hold a temporary, or some of the three files:
whoever seals empties the folder first and seals again.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.crypto.age import encrypting, parse_recipient, recipient_fingerprint
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import durable
from gateway.seal.behind import behind
from gateway.seal.container import ContainerWriter, Content
from gateway.seal.envelope import Envelope, Witness
from gateway.seal.heading import Heading, Party
from gateway.seal.manifest import DataFile, Manifest
from gateway.seal.settling import settling
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import Parcel, SealedFile, names_of
from gateway.vocabulary.transfer import TransferId

__all__ = ["Addressee", "Draft", "SealedParcel", "Settled", "Witness", "seal"]

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """Who may open the parcel: their id, and their age recipient."""

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


def seal(
    draft: Draft,
    folder: Path,
    chunks: Iterable[bytes],
    settle: Callable[[], Settled],
    *,
    key: SigningKey,
    random: Random,
) -> SealedParcel:
    """Seal what `chunks` give into `folder`, which is private and empty.

    `settle` is asked once, after the last chunk and before the manifest is written. It may
    raise, and so may `chunks`: the exception passes through, and no file is left.

    Raises:
        FormatInvalid: the draft has a member of a shape that receivers refuse.
        KeyUnavailable: a recipient is no age recipient, or both kinds of them are mixed.
        StorageError: the disk failed, or a file of this parcel is there already.
    """
    names = names_of(draft.transfer)
    with _nothing_left_on_failure(folder, names):
        heading = _heading(draft, key)
        recipients = [parse_recipient(to.recipient) for to in draft.recipients]
        with durable.created(folder / names[0]) as stream, settling(stream) as write:
            ciphertext = _Ciphertext(write, names[0])
            # this thread reads and hashes, one encrypts, one hashes and writes
            with (
                behind(ciphertext.write) as written,
                encrypting(written, recipients, random) as sealed,
                behind(sealed.write) as plain,
            ):
                container = ContainerWriter(plain)
                content = container.write_data(draft.file_name, chunks, lambda: plain.is_busy or written.is_busy)
                manifest = _manifest(draft, heading, content, settle())
                _finish(container, manifest, key, draft.domain)
        envelope = Envelope(
            heading=heading,
            manifest=Digest.of(manifest.encode()),
            ciphertext=ciphertext.meter.digest,
            size=ciphertext.meter.size,
            witness=draft.witness,
        )
        return _publish(draft, folder, envelope, manifest, key)


def _heading(draft: Draft, key: SigningKey) -> Heading:
    return Heading(
        transfer=draft.transfer,
        route=draft.route,
        sequence=draft.sequence,
        sender=Party(draft.sender, key.fingerprint),
        recipients=tuple(Party(to.id, recipient_fingerprint(to.recipient)) for to in draft.recipients),
        created=draft.created,
        release_by=draft.release_by,
        expires=draft.expires,
    )


def _manifest(draft: Draft, heading: Heading, content: Content, settled: Settled) -> Manifest:
    return Manifest(
        heading=heading,
        scope=draft.scope,
        salt=draft.salt,
        file=DataFile(name=draft.file_name, size=content.size, digest=content.digest, rows=settled.rows),
        agreement=draft.agreement,
        basis=draft.basis,
        retention=draft.retention,
    )


def _finish(container: ContainerWriter, manifest: Manifest, key: SigningKey, domain: str) -> None:
    page = manifest.encode()
    Manifest.parse(page)
    container.finish(page, key.sign(page, of_act("content", domain)).encode("ascii"))


def _publish(draft: Draft, folder: Path, envelope: Envelope, manifest: Manifest, key: SigningKey) -> SealedParcel:
    """The signature, then the envelope: the last name to appear is the one that completes the parcel."""
    page = envelope.encode()
    Envelope.parse(page)
    signature = key.sign(page, of_act("envelope", draft.domain)).encode("ascii")
    sealed, signed, completes = names_of(draft.transfer)
    durable.write_new(folder / signed, signature)
    durable.write_new(folder / completes, page)
    files = (
        SealedFile(name=sealed, path=folder / sealed, size=envelope.size, digest=envelope.ciphertext),
        SealedFile(name=signed, path=folder / signed, size=len(signature), digest=Digest.of(signature)),
        SealedFile(name=completes, path=folder / completes, size=len(page), digest=Digest.of(page)),
    )
    return SealedParcel(
        parcel=Parcel(transfer=draft.transfer, release_by=draft.release_by, files=files),
        manifest=envelope.manifest,
        envelope=Digest.of(page),
        ciphertext=envelope.ciphertext,
        size=envelope.size,
        data=manifest.file.size,
        rows=manifest.file.rows,
    )


class _Ciphertext:
    """Counts and hashes what goes to the file; a full disk is told from an error of the data's source."""

    def __init__(self, write: Callable[[bytes], object], name: str) -> None:
        self._write, self._name = write, name
        self.meter = Meter()

    def write(self, data: bytes, /) -> None:
        self.meter.feed(data)
        try:
            self._write(data)
        except OSError as error:
            raise StorageError(
                f"{self._name} could not be written", remedy="check the disk's space, rights and health"
            ) from error


@contextmanager
def _nothing_left_on_failure(folder: Path, names: tuple[str, ...]) -> Iterator[None]:
    """A name that is taken stays as it is: it was not ours to write, so it is not ours to remove."""
    if any((folder / name).exists() for name in names):
        raise StorageError("a parcel's file is there already", remedy="empty the draft's folder, then seal again")
    try:
        yield
    except BaseException:
        for name in names:
            durable.remove(folder / name)
        raise
