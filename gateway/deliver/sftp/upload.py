"""One file to one name: written in full, checked to the last reply, durable where the server can.

    create, exclusively ─▶ write × n, many in flight ─▶ fsync · close · lstat, in one round trip

A small file is written, flushed and read back through one handle in that round trip, where the
server can flush: what it reads then is what it has flushed. Elsewhere it is read once it is closed.

- every write's reply is looked at: a disk that fills up in the middle is noticed;
- what is sent is hashed, in a thread beside, so what left is what was sealed, or nothing is released;
- the size is the server's own word, asked once the file is closed.

What it does not do: choose names, remove what failed, compare content. Its caller does.
"""

from collections.abc import Callable
from io import FileIO
from itertools import cycle

from gateway.deliver.sftp import wire
from gateway.deliver.sftp.conversation import Conversation
from gateway.deliver.sftp.faults import understood
from gateway.deliver.sftp.hashing import hashed_beside
from gateway.deliver.sftp.lanes import Lane, lanes_of
from gateway.deliver.sftp.replies import is_data, not_stored, opened, wire_status, word
from gateway.deliver.sftp.session import Session
from gateway.deliver.sftp.wire import Status
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.errors import HandedBack, PartnerRefused, StorageError
from gateway.vocabulary.parcel import SealedFile


def upload(session: Session, path: str, file: SealedFile) -> Conversation[bool]:
    """Write a file that one request holds to the new name `path`; several can be held together.

    True: it was read back as it was written. False: nobody knows yet.

    Raises:
        PartnerRefused: the name exists, the write was refused, or another size arrived.
        PartnerUnreachable: the file there is partial, or may be.
        StorageError: our own file cannot be read, or is not what was sealed.
    """
    data = _whole(file)
    handle, readable = yield from _created(session, path)
    back = (wire.read(handle, 0, len(data)),) if readable and len(data) <= session.limits.read else ()
    first, *ending = _ending(session, handle, path)
    written, flushed, *found = yield (wire.write(handle, 0, data), first, *back, *ending)
    if wire_status(written) is not Status.OK:
        raise not_stored(written)
    _check_ended([flushed, *found[len(back) :]], file)
    return bool(back) and is_data(found[0], data)


def _created(session: Session, path: str) -> Conversation[tuple[bytes, bool]]:
    """The handle, and whether it reads, too: a server that takes files and gives none may not allow it."""
    if session.reads_what_it_writes:
        (reply,) = yield (wire.create(path, readable=True),)
        if wire_status(reply) is None:
            return opened(reply), True
    handle = opened((yield (wire.create(path),))[0])
    session.reads_what_it_writes = False
    return handle, False


def stream(
    session: Session, path: str, file: SealedFile, *, start: int = 0, go_on: Callable[[], None]
) -> Conversation[None]:
    """Write a file of any size; from `start` on if so much of it is there already, else to a new name.

    Raises:
        As `upload` does.
        HandedBack: from `go_on`; what was sent by then is there, without a gap.
    """
    with _opened(file) as source:
        meter = Meter()
        _skip(source, meter, start)
        handle = opened((yield (wire.open_to_go_on(path) if start else wire.create(path),))[0])
        lanes = lanes_of(session, handle, path)
        try:
            _write(lanes, source, meter, go_on)
            _check_sealed(meter, file)
            for lane in lanes[1:]:
                lane.close()
        except (PartnerRefused, StorageError, HandedBack):
            for lane in lanes:
                lane.abandon()
            raise
    _check_ended((yield _ending(session, handle, path)), file)


def _whole(file: SealedFile) -> bytes:
    with _opened(file) as source:
        try:
            data = source.read(file.size + 1) or b""
        except OSError as error:
            raise StorageError("a sealed parcel's file cannot be read") from error
    if (len(data), Digest.of(data)) != (file.size, file.digest):
        raise _not_as_sealed()
    return data


def _opened(file: SealedFile) -> FileIO:
    try:
        return file.path.open("rb", buffering=0)
    except OSError as error:
        raise StorageError("a sealed parcel's file cannot be read") from error


def _skip(source: FileIO, meter: Meter, size: int) -> None:
    """What is there already is hashed all the same."""
    buffer = memoryview(bytearray(min(size, 1 << 20)))
    while meter.size < size and (got := _read_into(source, buffer[: size - meter.size])):
        meter.feed(buffer[:got])


def _write(lanes: list[Lane], source: FileIO, meter: Meter, go_on: Callable[[], None]) -> None:
    """Piece by piece to the lanes in turn, so that the file is read, and hashed, in its order."""
    offset = meter.size
    with hashed_beside(meter) as hashing:
        for lane in cycle(lanes):
            go_on()
            payload = lane.payload
            size = _read_into(source, payload)
            if not size:
                break
            lane.send(offset, size)
            offset += size
            hashing.take(payload[:size])
    for lane in lanes:
        lane.land()


def _check_sealed(meter: Meter, file: SealedFile) -> None:
    if (meter.size, meter.digest) != (file.size, file.digest):
        raise _not_as_sealed()


def _read_into(source: FileIO, payload: memoryview) -> int:
    try:
        return source.readinto(payload)
    except OSError as error:
        raise StorageError("a sealed parcel's file cannot be read") from error


def _ending(session: Session, handle: bytes, path: str) -> tuple[wire.Request, ...]:
    durable = (wire.fsync(handle),) if wire.FSYNC in session.extensions else ()
    return (*durable, wire.close(handle), wire.lstat(path))


def _check_ended(replies: list[wire.Reply], file: SealedFile) -> None:
    """fsync and close went well, and the size is right."""
    *done, stated = replies
    for reply in done:
        if wire_status(reply) is not Status.OK:
            raise PartnerRefused(f"the partner's server could not keep a file ({word(reply)})")
    if wire_status(stated) is not None:
        raise PartnerRefused(f"the partner's server does not say how large a file is ({word(stated)})")
    with understood():
        size = wire.attributes_of(stated).size
    if size != file.size:
        raise PartnerRefused(f"the partner's server says {size} bytes arrived where {file.size} were sent")


def _not_as_sealed() -> StorageError:
    return StorageError("a sealed parcel's file is not what was sealed", remedy="it has to be sealed again")
