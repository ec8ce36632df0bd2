"""Reads a sealed file once: what is hashed, what is decrypted and what is unpacked are the same bytes.

    ciphertext ─▶ hashed ─▶ decrypted ─▶ unpacked ─▶ hashed, rows counted ─▶ the data file     a thread each

Until the ciphertext's hash has been compared, the bytes are anybody's who can write in the
inbox: so the data may grow to EXPANDS times the ciphertext, and no further. A sender's own
parcel that does, since its data is so much alike, is read a second time, without that limit:
its hash has proved by then that the sender made it. The second pass is hashed as well.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, Final

from gateway.crypto.age import Identity, decrypting
from gateway.footing import durable
from gateway.seal.behind import Piece, ahead, behind
from gateway.seal.content import UnverifiedContent
from gateway.seal.envelope import Envelope
from gateway.seal.once import once
from gateway.seal.rejections import rejected
from gateway.seal.rows import RowCount
from gateway.seal.settling import settling
from gateway.seal.unpacking import ContainerReader, TooLarge
from gateway.vocabulary.digest import Meter
from gateway.vocabulary.errors import AgeInvalid, ParcelInvalid

EXPANDS: Final = 16
ALWAYS: Final = 16 << 20
"""Bytes that any parcel may unpack to."""
MOST: Final = 1032
"""Deflate cannot expand further."""


def unpack(
    ciphertext: BinaryIO, envelope: Envelope, target: Path, identities: Sequence[Identity]
) -> UnverifiedContent | ParcelInvalid:
    """The data in `target`, durable; or why not: `undecryptable` or `container`, for whoever asks when its turn has come.

    Raises:
        ParcelInvalid: with `ciphertext-hash`: the bytes are not those of the envelope, whatever they hold.
        StorageError: the disk failed.
    """
    try:
        return _pass(ciphertext, envelope, target, identities, limit=max(EXPANDS * envelope.size, ALWAYS))
    except TooLarge:
        ciphertext.seek(0)
        return _pass(ciphertext, envelope, target, identities, limit=MOST * envelope.size)


def _pass(
    ciphertext: BinaryIO, envelope: Envelope, target: Path, identities: Sequence[Identity], *, limit: int
) -> UnverifiedContent | ParcelInvalid:
    """TooLarge only if the ciphertext has proved to be the envelope's."""
    outcome: UnverifiedContent | ParcelInvalid | TooLarge
    with once(ciphertext, envelope.size, envelope.ciphertext) as source:
        try:
            with closing(ahead(decrypting(source, identities))) as plain:
                outcome = _unpacked(plain, target, limit)
        except AgeInvalid:
            outcome = rejected("undecryptable")
        except (ParcelInvalid, TooLarge) as fault:
            outcome = fault
    if isinstance(outcome, TooLarge):
        raise outcome
    return outcome


def _unpacked(plain: Iterator[memoryview], target: Path, limit: int) -> UnverifiedContent:
    """A file that does not decrypt to its end is that first, whatever is wrong with its beginning."""
    try:
        return _written(ContainerReader(plain), target, limit)
    except (ParcelInvalid, TooLarge):
        for _ in plain:
            pass
        raise


def _written(reader: ContainerReader, target: Path, limit: int) -> UnverifiedContent:
    meter, count = Meter(), RowCount() if reader.name.endswith(".csv") else None
    with (
        durable.created(target) as data,
        settling(data) as write,
        behind(write) as disk,
        behind(_both(meter, count)) as hashed,
    ):
        for piece in reader.data(limit):
            hashed.write(piece)
            disk.write(piece)
        container = reader.finish()
    return UnverifiedContent(
        name=container.name,
        size=container.size,
        digest=meter.digest,
        rows=count.rows if count else None,
        manifest=container.manifest,
        signature=container.signature,
    )


def _both(meter: Meter, count: RowCount | None) -> Callable[[Piece], None]:
    def feed(piece: Piece) -> None:
        meter.feed(piece)
        if count:
            count.feed(bytes(piece))

    return feed
