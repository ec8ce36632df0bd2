"""Seals one parcel in one pass: plaintext exists in the stream alone, never on a disk.

    data ─▶ TRANSFER.age, or TRANSFER.pgp               `sealed_age`, `openpgp.sealing`; hashed before and behind
    settle()                                           may still say no, when the data has ended
    manifest, sealed with it
    envelope, signed ─▶ TRANSFER.json.sig, TRANSFER.json

Whatever raises before the end leaves no file: not under a final name, and no end of a sealed file
anywhere, so that what was broken off cannot be opened. What is sealed has been read back by
the strict parsers that a receiver uses; a draft with a member of a wrong shape does not leave.

Crash point. Killed half way, the folder may hold a temporary, or some of the files:
whoever seals empties the folder first and seals again.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import durable
from gateway.seal.draft import Addressee, Draft, SealedParcel, Sealer, Settled, Weighed
from gateway.seal.envelope import Envelope, Weight, Witness
from gateway.seal.heading import Heading, Party
from gateway.seal.manifest import DataFile, Manifest
from gateway.seal.openpgp.sealing import OpenPgpSealer
from gateway.seal.sealed_age import AgeSealer
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.errors import KeyUnavailable, StorageError
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import Parcel, SealedFile, names_of

__all__ = ["Addressee", "Draft", "SealedParcel", "Settled", "Witness", "seal"]

Random = Callable[[int], bytes]


def seal(
    draft: Draft,
    folder: Path,
    chunks: Iterable[bytes],
    settle: Callable[[], Settled],
    *,
    key: SigningKey,
    random: Random,
    openpgp_key: SigningKey | None = None,
) -> SealedParcel:
    """Seal what `chunks` give into `folder`, which is private and empty.

    `settle` is asked once, after the last chunk and before the manifest is written. It may
    raise, and so may `chunks`: the exception passes through, and no file is left. A parcel in
    OpenPGP needs `openpgp_key`, with which gpg sees messages to this partner signed.

    Raises:
        FormatInvalid: the draft has a member of a shape that receivers refuse.
        KeyUnavailable: a recipient is none of its format, may not be used now, or both kinds of age's are mixed.
        StorageError: the disk failed, or a file of this parcel is there already.
    """
    names = names_of(draft.transfer, draft.format)
    with _nothing_left_on_failure(folder, names):
        sealer = _sealer(draft, key, random, openpgp_key)
        heading = _heading(draft, key, sealer.keys)
        manifest, sealed = sealer.write(
            [folder / name for name in names[:-2]],
            chunks,
            lambda content: _described(draft, heading, content, settle()),
        )
        envelope = Envelope(
            heading=heading,
            manifest=Digest.of(manifest.encode()),
            ciphertext=sealed[0].digest,
            size=sealed[0].size,
            witness=draft.witness,
            description=_description(draft, sealed),
        )
        files = _files(folder, names, sealed, _signed(draft, envelope, key))
        return _told(draft, envelope, manifest, files)


def _sealer(draft: Draft, key: SigningKey, random: Random, openpgp_key: SigningKey | None) -> Sealer:
    if draft.format == "age":
        return AgeSealer.of(draft, key, random)
    if openpgp_key is None:
        raise KeyUnavailable("there is no OpenPGP key for this partner", remedy="gateway keys new openpgp-PARTNER")
    return OpenPgpSealer.of(draft, openpgp_key, random)


def _heading(draft: Draft, key: SigningKey, fingerprints: Sequence[str]) -> Heading:
    return Heading(
        transfer=draft.transfer,
        route=draft.route,
        sequence=draft.sequence,
        sender=Party(draft.sender, key.fingerprint),
        recipients=tuple(Party(to.id, its) for to, its in zip(draft.recipients, fingerprints, strict=True)),
        created=draft.created,
        release_by=draft.release_by,
        expires=draft.expires,
        version=draft.version,
        format=None if draft.version == 1 else draft.format,
    )


def _described(draft: Draft, heading: Heading, content: Weighed, settled: Settled) -> Manifest:
    """Read back as a receiver reads it."""
    manifest = Manifest(
        heading=heading,
        scope=draft.scope,
        salt=draft.salt,
        file=DataFile(name=draft.file_name, size=content.size, digest=content.digest, rows=settled.rows),
        agreement=draft.agreement,
        basis=draft.basis,
        retention=draft.retention,
    )
    return Manifest.parse(manifest.encode())


def _description(draft: Draft, sealed: Sequence[Meter]) -> Weight | None:
    if draft.version == 1 or draft.format == "age":
        return None
    return Weight(sealed[1].size, sealed[1].digest)


def _signed(draft: Draft, envelope: Envelope, key: SigningKey) -> tuple[bytes, bytes]:
    """The signature, then the envelope: the last name to appear is the one that completes the parcel."""
    page = envelope.encode()
    Envelope.parse(page)
    return key.sign(page, of_act("envelope", draft.domain)).encode("ascii"), page


def _files(
    folder: Path, names: Sequence[str], sealed: Sequence[Meter], signed: Sequence[bytes]
) -> tuple[SealedFile, ...]:
    for name, data in zip(names[-len(signed) :], signed, strict=True):
        durable.write_new(folder / name, data)
    weights = [(meter.size, meter.digest) for meter in sealed] + [(len(data), Digest.of(data)) for data in signed]
    return tuple(
        SealedFile(name=name, path=folder / name, size=size, digest=digest)
        for name, (size, digest) in zip(names, weights, strict=True)
    )


def _told(draft: Draft, envelope: Envelope, manifest: Manifest, files: tuple[SealedFile, ...]) -> SealedParcel:
    return SealedParcel(
        parcel=Parcel(transfer=draft.transfer, release_by=draft.release_by, files=files),
        manifest=envelope.manifest,
        envelope=files[-1].digest,
        ciphertext=envelope.ciphertext,
        size=envelope.size,
        data=manifest.file.size,
        rows=manifest.file.rows,
    )


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
