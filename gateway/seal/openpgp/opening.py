"""The two messages of a parcel, opened by whom they are for: hashed, decrypted, verified and written in one pass.

    TRANSFER.pgp            ─▶ hashed ─▶ decrypted ─▶ hashed, rows counted ─▶ the data file     a thread each
    TRANSFER.manifest.pgp   ─▶ the manifest, and the signature over it

A message that is not spelled as ours are is refused (`gateway.crypto.openpgp`): nothing is
compressed, so no data is larger than what it was sealed into. An envelope of version 1 does not
weigh the manifest's message; what is in it has to be what the envelope's hash says in any case.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from gateway.crypto.openpgp import SecretKey, SignedMessage, SigningCertificate, UnverifiedMessageSignature, decrypting
from gateway.crypto.openpgp.decrypting import Source
from gateway.footing import durable
from gateway.seal.behind import Piece, ahead, behind
from gateway.seal.content import UnverifiedContent
from gateway.seal.envelope import Envelope
from gateway.seal.heading import Heading
from gateway.seal.manifest import LARGEST
from gateway.seal.once import once
from gateway.seal.openpgp.certificates import spelled_fingerprint
from gateway.seal.openpgp.plain import Plain
from gateway.seal.rejections import rejected
from gateway.seal.rows import RowCount
from gateway.seal.settling import settling
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import (
    MessageMalformed,
    MessageUndecryptable,
    ParcelInvalid,
    SignatureInvalid,
)

LARGEST_MANIFEST_MESSAGE: Final = 4 * LARGEST
"""A manifest's, with the session keys for all who may be recipients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPgpReader:
    """Our own keys, and the sender's for us."""

    own: tuple[SecretKey, ...]
    certificates: tuple[SigningCertificate, ...]

    @property
    def keys(self) -> frozenset[str]:
        """As envelopes name them."""
        return frozenset(spelled_fingerprint(key.fingerprint.hex()) for key in self.own)


@dataclass(frozen=True, slots=True)
class _Message:
    """Plain data, and a signature that may be one over it."""

    plain: Plain
    signature: UnverifiedMessageSignature

    def verify(self, reader: OpenPgpReader, heading: Heading) -> None:
        """SignatureInvalid unless the sender signed it when the parcel was made, for those to whom it is addressed."""
        intended = self.signature.intended
        if tuple(spelled_fingerprint(one.hex()) for one in intended) != tuple(to.key for to in heading.recipients):
            raise SignatureInvalid("a message is signed for others than the envelope names")
        self.signature.verify(self.plain.sha, reader.certificates, intended=intended, at=heading.created)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnverifiedMessages(UnverifiedContent):
    messages: tuple[_Message, _Message]

    def verify(self, reader: OpenPgpReader, heading: Heading) -> None:
        """SignatureInvalid unless both are signed with the sender's key for us, and with the same one."""
        for message in self.messages:
            message.verify(reader, heading)
        if len({message.signature.issuer for message in self.messages}) != 1:
            raise SignatureInvalid("the two messages of a parcel are signed with different keys")


def unpack_messages(
    sealed: Sequence[BinaryIO], envelope: Envelope, target: Path, reader: OpenPgpReader
) -> UnverifiedMessages | ParcelInvalid:
    """The data in `target`, durable; or why not: `undecryptable` or `container`, for whoever asks when its turn has come.

    Raises:
        ParcelInvalid: with `ciphertext-hash`: the bytes are not those of the envelope, whatever they hold.
        StorageError: the disk failed.
    """
    data_file, manifest_file = sealed
    data: tuple[_Message, int] | ParcelInvalid
    with once(data_file, envelope.size, envelope.ciphertext) as source:
        try:
            data = _written(source, target, reader)
        except ParcelInvalid as fault:
            data = fault
    message = _manifest_message(manifest_file, envelope)
    if isinstance(data, ParcelInvalid):
        return data
    try:
        page, signature = _gathered(message, reader)
    except ParcelInvalid as fault:
        return fault
    (written, rows), manifest = data, b"".join(page)
    return UnverifiedMessages(
        name=None,
        size=written.plain.size,
        digest=written.plain.digest,
        rows=rows,
        manifest=manifest,
        signature=signature.signature.detached,
        messages=(written, signature),
    )


def _written(source: Source, target: Path, reader: OpenPgpReader) -> tuple[_Message, int]:
    """The data and how many rows it has, if it is a CSV."""
    plain, count = Plain(), RowCount()

    def feed(piece: Piece) -> None:
        plain.feed(piece)
        count.feed(bytes(piece))

    with (
        durable.created(target) as data,
        settling(data) as write,
        behind(write) as disk,
        behind(feed) as hashed,
    ):

        def both(piece: Piece) -> None:
            hashed.write(piece)
            disk.write(piece)

        signature = _read(source, reader, both)
    return _Message(plain, signature), count.rows


def _gathered(message: bytes, reader: OpenPgpReader) -> tuple[list[bytes], _Message]:
    """A manifest, in memory."""
    plain, page = Plain(), list[bytes]()

    def feed(piece: Piece) -> None:
        plain.feed(piece)
        page.append(bytes(piece))

    return page, _Message(plain, _read(io.BytesIO(message), reader, feed))


def _manifest_message(file: BinaryIO, envelope: Envelope) -> bytes:
    message = file.read(LARGEST_MANIFEST_MESSAGE + 1)
    weight = envelope.description
    if weight is not None and (len(message), Digest.of(message)) != (weight.size, weight.digest):
        raise rejected("ciphertext-hash")
    return message


def _read(source: Source, reader: OpenPgpReader, into: Callable[[Piece], object]) -> UnverifiedMessageSignature:
    """One message, its data piece by piece; ParcelInvalid if it is none of ours, which shows at its end."""
    keys = [key for own in reader.own for key in own.keys]
    try:
        with closing(ahead(decrypting(source, keys))) as pieces:
            return _signature(pieces, into)
    except MessageUndecryptable as error:
        raise rejected("undecryptable") from error
    except MessageMalformed as error:
        raise rejected("container") from error


def _signature(pieces: Iterator[bytes], into: Callable[[Piece], object]) -> UnverifiedMessageSignature:
    """A message that does not decrypt to its end is that first, whatever is wrong with its beginning."""
    try:
        message = SignedMessage(pieces)
        for piece in message.data():
            into(piece)
        return message.finish()
    except MessageMalformed:
        for _ in pieces:
            pass
        raise
