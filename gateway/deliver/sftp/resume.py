"""How much of a file that an earlier try left there is ours to go on with.

Only of a try that carried the same content: a predecessor that is frozen, and not dead, then
writes nothing into the file but what belongs there. What was left is compared all the same, by
the server's hash or by reading it back: requests are answered out of order by some servers,
and a hole in the middle reads as zeros.
"""

from contextlib import closing

from gateway.deliver.sftp.conversation import Conversation
from gateway.deliver.sftp.inbox import Inbox
from gateway.deliver.sftp.reading import ReadingDenied
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.parcel import SealedFile

WORTH = 1 << 20
"""Bytes: less is sooner sent again than compared."""
_PIECE = 1 << 20


def verified_prefix(inbox: Inbox, name: str, file: SealedFile) -> Conversation[int]:
    """How many bytes from the beginning of `name` are those of `file`; 0 if nobody can say."""
    there = yield from inbox.attributes(name)
    size = there.size if there else None
    if size is None or not WORTH <= size <= file.size:
        return 0
    hashed = yield from inbox.server_hash(name, size)
    if hashed is not None:
        return size if hashed == _own_prefix(file, size) else 0
    return (yield from _alike(inbox, name, file, size))


def _alike(inbox: Inbox, name: str, file: SealedFile, size: int) -> Conversation[int]:
    """Up to the first piece that differs."""
    pieces = yield from inbox.stream(name, size)
    if pieces is None:
        return 0
    alike = 0
    try:
        with file.path.open("rb") as own:
            for piece in pieces:
                if own.read(len(piece)) != piece:
                    pieces.close()
                    break
                alike += len(piece)
    except ReadingDenied:
        pass  # what it gave is known, and the rest is sent again
    except OSError as error:
        raise StorageError("a sealed parcel's file cannot be read") from error
    return alike if alike >= WORTH else 0


def _own_prefix(file: SealedFile, size: int) -> Digest:
    meter = Meter()
    try:
        with closing(file.path.open("rb")) as own:
            while meter.size < size and (piece := own.read(min(_PIECE, size - meter.size))):
                meter.feed(piece)
    except OSError as error:
        raise StorageError("a sealed parcel's file cannot be read") from error
    return meter.digest
