"""The partner's folder, as far as one parcel is concerned: look, compare, read back, rename, remove.

Names come from the parcel alone; the folder is never listed. Temporaries start with a dot
and carry the attempt's number, so that a successor knows them and a frozen predecessor
cannot write into ours.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from gateway.deliver.sftp import wire
from gateway.deliver.sftp.faults import understood
from gateway.deliver.sftp.session import Session
from gateway.deliver.sftp.upload import wire_status
from gateway.deliver.sftp.wire import Status
from gateway.vocabulary.digest import Meter
from gateway.vocabulary.errors import PartnerRefused
from gateway.vocabulary.parcel import SealedFile

READS_IN_FLIGHT = 8
"""Two MiB: what one channel window of ours holds."""


class Found(Enum):
    """What lies under a final name, compared with ours."""

    NOTHING = "nothing"
    SAME = "same"
    SAME_SIZE = "same-size"
    """It may not be read; only its size could be compared."""
    OTHER = "other"


def temporary(file: SealedFile, attempt: int) -> str:
    return f".{file.name}.{attempt}.part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """One folder through one session. Raises what a Session raises."""

    session: Session
    folder: str

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def attributes(self, name: str) -> wire.Attributes | None:
        """None if nothing has the name; a symbolic link is something."""
        reply = self.session.call(wire.lstat(self.path(name)))
        status = wire_status(reply)
        if status is Status.NO_SUCH_FILE:
            return None
        if status is not None:
            raise PartnerRefused("the partner's server does not let us look into the inbox")
        with understood():
            return wire.attributes_of(reply)

    def remove(self, name: str) -> bool:
        """True: it was there and is gone. False: there was nothing.

        Raises:
            PartnerRefused: the server forbids it; then nobody can tell what an earlier try left.
        """
        status = wire_status(self.session.call(wire.remove(self.path(name))))
        if status is Status.OK:
            return True
        if status is Status.NO_SUCH_FILE:
            return False
        raise PartnerRefused(
            "the partner's server does not let us remove our own temporary files",
            remedy="ask the partner to allow our user to delete in its inbox",
        )

    def rename(self, old: str, new: str) -> bool:
        """False if the server refused, for whatever reason: the caller looks why."""
        return wire_status(self.session.call(wire.rename(self.path(old), self.path(new)))) is Status.OK

    def compare(self, file: SealedFile) -> Found:
        """What lies under the file's final name, by content where it may be read."""
        there = self.attributes(file.name)
        if there is None:
            return Found.NOTHING
        if there.size != file.size:
            return Found.OTHER
        content = self.read_back(file.name, file.size)
        if content is None:
            return Found.SAME_SIZE
        return Found.SAME if content.digest == file.digest else Found.OTHER

    def read_back(self, name: str, size: int) -> Meter | None:
        """Hash at most `size` bytes of a file there; None if reading is not permitted or it is gone."""
        meter = Meter()
        for chunk in (chunks := self._read(name, size)) or ():
            meter.feed(chunk)
        return None if chunks is None else meter

    def content(self, name: str, limit: int) -> bytes | None:
        """At most `limit` bytes of a file there; None if reading is not permitted or it is gone."""
        chunks = self._read(name, limit)
        return None if chunks is None else b"".join(chunks)

    def _read(self, name: str, size: int) -> Iterator[bytes] | None:
        reply = self.session.call(wire.open_to_read(self.path(name)))
        if wire_status(reply) is not None:
            return None
        with understood():
            return _chunks(self.session, wire.handle_of(reply), size)


def _chunks(session: Session, handle: bytes, size: int) -> Iterator[bytes]:
    """At most `size` bytes, several reads in flight; short reads are legal and asked again.

    After an error the handle stays open: the whole session is given up then.
    """
    flying: deque[tuple[int, int]] = deque()
    asked = given = 0
    while given < size:
        while asked < size and len(flying) < READS_IN_FLIGHT:
            length = min(session.limits.read, size - asked)
            flying.append((session.submit(wire.read(handle, asked, length)), length))
            asked += length
        number, length = flying.popleft()
        data = _data(session.answer(number), length)
        if not data:
            break
        given += len(data)
        yield data
        if len(data) < length:
            _land(session, flying)
            asked = given
    _land(session, flying)
    session.call(wire.close(handle))


def _data(reply: wire.Reply, length: int) -> bytes:
    """Nothing at the end of the file."""
    status = wire_status(reply)
    if status is Status.END_OF_FILE:
        return b""
    if status is not None:
        raise PartnerRefused("the partner's server stopped giving back what it holds")
    with understood():
        data = wire.data_of(reply)
    if not 0 < len(data) <= length:
        raise PartnerRefused("the partner's server broke the SFTP protocol")
    return data


def _land(session: Session, flying: deque[tuple[int, int]]) -> None:
    """Await what is in flight, and drop it."""
    while flying:
        session.answer(flying.popleft()[0])
