"""One file to one new name: written in full, checked to the last reply, durable where the server can.

    create, exclusively ─▶ write × n, many in flight ─▶ fsync · fstat · close, in one round trip

- every write's reply is looked at: a disk that fills up in the middle is noticed;
- the file is hashed as it is read, so what left is what was sealed, or nothing is released;
- the size is the server's own word, asked while the handle is still open.

What it does not do: choose names, remove what failed, compare content. Its caller does.
"""

from collections import deque
from io import FileIO

from gateway.deliver.sftp import wire
from gateway.deliver.sftp.faults import understood
from gateway.deliver.sftp.session import Session
from gateway.deliver.sftp.wire import Status
from gateway.vocabulary.digest import Meter
from gateway.vocabulary.errors import PartnerRefused, StorageError
from gateway.vocabulary.parcel import SealedFile

IN_FLIGHT = 64
"""Requests without a reply yet: 16 MiB, more than any server's channel window."""
_FSYNC = b"fsync@openssh.com"


def upload(session: Session, path: str, file: SealedFile) -> None:
    """Write `file` to the new name `path`.

    Raises:
        PartnerRefused: the name exists, a write was refused, or another size arrived.
        PartnerUnreachable: the file there is partial, or may be.
        StorageError: our own file cannot be read, or is not what was sealed.
    """
    handle = _create(session, path)
    try:
        with _opened(file) as source:
            _write(session, handle, source, file)
    except (PartnerRefused, StorageError):
        session.call(wire.close(handle))
        raise
    _finish(session, handle, file)


def _create(session: Session, path: str) -> bytes:
    reply = session.call(wire.create(path))
    if wire_status(reply) is not None:
        raise PartnerRefused(
            f"the partner's server did not let us create a file ({_word(reply)})",
            remedy="the inbox must exist, be writable for our user, and hold none of our temporaries",
        )
    with understood():
        return wire.handle_of(reply)


def _opened(file: SealedFile) -> FileIO:
    try:
        return file.path.open("rb", buffering=0)
    except OSError as error:
        raise StorageError("a sealed parcel's file cannot be read") from error


def _write(session: Session, handle: bytes, source: FileIO, file: SealedFile) -> None:
    frame = wire.WriteFrame(handle, session.limits.write)
    flying: deque[int] = deque()
    meter = Meter()
    while size := _read_into(source, frame.payload):
        meter.feed(frame.payload[:size])
        if len(flying) == IN_FLIGHT:
            _check_written(session, flying)
        number = session.number()
        flying.append(number)
        session.submit_frame(frame.filled(number, meter.size - size, size))
    while flying:
        _check_written(session, flying)
    if (meter.size, meter.digest) != (file.size, file.digest):
        raise StorageError("a sealed parcel's file is not what was sealed", remedy="it has to be sealed again")


def _read_into(source: FileIO, payload: memoryview) -> int:
    try:
        return source.readinto(payload)
    except OSError as error:
        raise StorageError("a sealed parcel's file cannot be read") from error


def _check_written(session: Session, flying: deque[int]) -> None:
    """The oldest write's reply; if it is a refusal, the others are awaited too, so that the session stays usable."""
    reply = session.answer(flying.popleft())
    if wire_status(reply) is Status.OK:
        return
    while flying:
        session.answer(flying.popleft())
    raise PartnerRefused(
        f"the partner's server refused to store a part of a file ({_word(reply)})",
        remedy="its disk or our quota there may be full: ask the partner, then 'gateway retry'",
    )


def _finish(session: Session, handle: bytes, file: SealedFile) -> None:
    durable = (wire.fsync(handle),) if _FSYNC in session.extensions else ()
    *synced, stated, closed = session.gather((*durable, wire.fstat(handle), wire.close(handle)))
    for reply in (*synced, closed):
        if wire_status(reply) is not Status.OK:
            raise PartnerRefused(f"the partner's server could not keep a file ({_word(reply)})")
    with understood():
        size = wire.attributes_of(stated).size
    if size != file.size:
        raise PartnerRefused(f"the partner's server says {size} bytes arrived where {file.size} were sent")


def wire_status(reply: wire.Reply) -> Status | None:
    with understood():
        return wire.status_of(reply)


def _word(reply: wire.Reply) -> str:
    """The server's status in the protocol's own words; its free text is never shown."""
    status = wire_status(reply)
    return "no status" if status is None else status.name.lower().replace("_", " ")
