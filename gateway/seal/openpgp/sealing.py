"""Seals one parcel in OpenPGP, in one pass: the same draft, the same envelope, another format inside.

    data ─▶ worker ─▶ TRANSFER.pgp                    hashed before; behind, from the file
    settle()                                           may still say no, when the data has ended
    manifest ─▶ worker ─▶ TRANSFER.manifest.pgp
    envelope, signed ─▶ TRANSFER.json.sig, TRANSFER.json

A draft's `recipient` is the partner's certificate here. Whatever raises before the end leaves
no file, and no whole message: the worker is killed before its input ends. Known hole: if this
process is killed, the worker sees its input end and finishes a message that is too short, in a
temporary of a private folder, which whoever seals again empties first; nobody signs for it.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import durable
from gateway.seal.envelope import Envelope
from gateway.seal.heading import Heading, Party
from gateway.seal.manifest import DataFile, Manifest
from gateway.seal.openpgp.certificates import Certificate, parse_certificate
from gateway.seal.openpgp.process import message, spelled
from gateway.seal.sealing import Draft, SealedParcel, Settled
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import Parcel, SealedFile, openpgp_names_of

PIECE = 1 << 20


def seal_openpgp(
    draft: Draft,
    folder: Path,
    chunks: Iterable[bytes],
    settle: Callable[[], Settled],
    *,
    key: SigningKey,
    openpgp_key: bytes,
) -> SealedParcel:
    """Seal what `chunks` give into `folder`, which is private and empty; `key` signs the envelope.

    Raises:
        KeyUnavailable: a recipient is no certificate that may be used, or our OpenPGP key is none.
        FormatInvalid: the draft has a member of a shape that receivers refuse.
        StorageError: the disk or the worker failed, or a file of this parcel is there already.
    """
    certificates = tuple(parse_certificate(to.recipient.encode()) for to in draft.recipients)
    for certificate in certificates:
        certificate.check_encrypts(draft.created)
    names = openpgp_names_of(draft.transfer)
    order = {
        "act": "encrypt", "recipients": [spelled(certificate.data) for certificate in certificates],
        "key": spelled(openpgp_key),
    }  # fmt: skip
    heading = _heading(draft, key, certificates)
    with _nothing_left_on_failure(folder, names):
        plain = Meter()
        with durable.created(folder / names[0]) as target:
            with message(order, target) as data:
                for piece in plain.watch(chunks):
                    data.write(piece)
                manifest = _manifest(draft, heading, plain, settle())
            sealed = _metered(target)
        page = manifest.encode()
        Manifest.parse(page)
        with durable.created(folder / names[1]) as target:
            with message(order, target) as inside:
                inside.write(page)
            described = _metered(target)
        envelope = Envelope(
            heading=heading, manifest=Digest.of(page), ciphertext=sealed.digest, size=sealed.size, witness=draft.witness
        )
        return _publish(draft, folder, envelope, manifest, described, key=key)


def _heading(draft: Draft, key: SigningKey, certificates: tuple[Certificate, ...]) -> Heading:
    parties = (Party(to.id, its.fingerprint) for to, its in zip(draft.recipients, certificates, strict=True))
    return Heading(
        transfer=draft.transfer,
        route=draft.route,
        sequence=draft.sequence,
        sender=Party(draft.sender, key.fingerprint),
        recipients=tuple(parties),
        created=draft.created,
        release_by=draft.release_by,
        expires=draft.expires,
    )


def _manifest(draft: Draft, heading: Heading, plain: Meter, settled: Settled) -> Manifest:
    return Manifest(
        heading=heading,
        scope=draft.scope,
        salt=draft.salt,
        file=DataFile(name=draft.file_name, size=plain.size, digest=plain.digest, rows=settled.rows),
        agreement=draft.agreement,
        basis=draft.basis,
        retention=draft.retention,
    )


def _metered(stream: IO[bytes]) -> Meter:
    """The worker wrote it through another descriptor: what is in the file is what counts."""
    meter = Meter()
    stream.seek(0)
    while piece := stream.read(PIECE):
        meter.feed(piece)
    return meter


def _publish(
    draft: Draft, folder: Path, envelope: Envelope, manifest: Manifest, described: Meter, *, key: SigningKey
) -> SealedParcel:
    """The signature, then the envelope: the last name to appear is the one that completes the parcel."""
    page = envelope.encode()
    Envelope.parse(page)
    signature = key.sign(page, of_act("envelope", draft.domain)).encode("ascii")
    names = openpgp_names_of(draft.transfer)
    durable.write_new(folder / names[2], signature)
    durable.write_new(folder / names[3], page)
    weights = (
        (envelope.size, envelope.ciphertext), (described.size, described.digest),
        (len(signature), Digest.of(signature)), (len(page), Digest.of(page)),
    )  # fmt: skip
    files = (
        SealedFile(name=name, path=folder / name, size=size, digest=digest)
        for name, (size, digest) in zip(names, weights, strict=True)
    )
    return SealedParcel(
        parcel=Parcel(transfer=draft.transfer, release_by=draft.release_by, files=tuple(files)),
        manifest=envelope.manifest,
        envelope=Digest.of(page),
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
