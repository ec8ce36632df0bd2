"""A file there, read in pieces with several requests in flight; short reads are legal and asked again."""

from collections import deque
from collections.abc import Generator

from gateway.deliver.sftp import wire
from gateway.deliver.sftp.faults import understood
from gateway.deliver.sftp.replies import wire_status
from gateway.deliver.sftp.session import Session
from gateway.deliver.sftp.wire import Status
from gateway.vocabulary.errors import PartnerRefused

READS_IN_FLIGHT = 8
"""Two MiB: what one channel window of ours holds."""


class ReadingDenied(PartnerRefused):
    """The server gives nothing of a file, or nothing more: it can still be verified otherwise."""


def chunks(session: Session, handle: bytes, size: int) -> Generator[bytes, None, None]:
    """At most `size` bytes; the handle is closed at their end, or when the reader has seen enough.

    So it is when the server denies the rest. After another error it stays open: the whole session is given up then.
    """
    flying: deque[tuple[int, int]] = deque()
    asked = given = 0
    try:
        while given < size:
            while asked < size and len(flying) < READS_IN_FLIGHT:
                length = min(session.limits.read, size - asked)
                flying.append((session.submit(wire.read(handle, asked, length)), length))
                asked += length
            number, length = flying.popleft()
            data = data_in(session.answer(number), length)
            if not data:
                break
            given += len(data)
            yield data
            if len(data) < length:
                _land(session, flying)
                asked = given
    except (GeneratorExit, ReadingDenied):
        _end(session, flying, handle)
        raise
    _end(session, flying, handle)


def data_in(reply: wire.Reply, length: int) -> bytes:
    """Nothing at the end of the file."""
    status = wire_status(reply)
    if status is Status.END_OF_FILE:
        return b""
    if status is not None:
        kind = ReadingDenied if status is Status.PERMISSION_DENIED else PartnerRefused
        raise kind("the partner's server stopped giving back what it holds")
    with understood():
        data = wire.data_of(reply)
    if not 0 < len(data) <= length:
        raise PartnerRefused("the partner's server broke the SFTP protocol")
    return data


def _end(session: Session, flying: deque[tuple[int, int]], handle: bytes) -> None:
    _land(session, flying)
    session.call(wire.close(handle))


def _land(session: Session, flying: deque[tuple[int, int]]) -> None:
    """Await what is in flight, and drop it."""
    while flying:
        session.answer(flying.popleft()[0])
