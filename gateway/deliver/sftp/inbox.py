"""The partner's folder, as far as one parcel is concerned: look, compare, read back, rename, remove.

Names come from the parcel alone; the folder is never listed. Temporaries start with a dot
and carry the attempt's number, so that a successor knows them and a frozen predecessor
cannot write into ours.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum

from gateway.deliver.sftp import wire
from gateway.deliver.sftp.conversation import Conversation
from gateway.deliver.sftp.faults import understood
from gateway.deliver.sftp.reading import ReadingDenied, chunks, data_in
from gateway.deliver.sftp.replies import wire_status
from gateway.deliver.sftp.session import Session
from gateway.deliver.sftp.wire import Status
from gateway.vocabulary.digest import Digest, Meter
from gateway.vocabulary.errors import PartnerRefused
from gateway.vocabulary.parcel import SealedFile


class Found(Enum):
    """What lies under a final name, compared with ours."""

    NOTHING = "nothing"
    SAME = "same"
    SAME_SIZE = "same-size"
    """It may not be read; only its size could be compared."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Content:
    """What a file there holds, as far as it was asked for."""

    size: int
    digest: Digest


def temporary(file: SealedFile, attempt: int) -> str:
    return f".{file.name}.{attempt}.part"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbox:
    """One folder through one session. Raises what a Session raises."""

    session: Session
    folder: str

    def path(self, name: str) -> str:
        return f"{self.folder}/{name}"

    def attributes(self, name: str) -> Conversation[wire.Attributes | None]:
        """None if nothing has the name; a symbolic link is something."""
        (reply,) = yield (wire.lstat(self.path(name)),)
        status = wire_status(reply)
        if status is Status.NO_SUCH_FILE:
            return None
        if status is not None:
            raise PartnerRefused("the partner's server does not let us look into the inbox")
        with understood():
            return wire.attributes_of(reply)

    def remove(self, names: Sequence[str]) -> Conversation[list[bool]]:
        """For each name, in their order. True: it was there and is gone. False: there was nothing.

        Raises:
            PartnerRefused: the server forbids it; then nobody can tell what an earlier try left.
        """
        replies = (yield [wire.remove(self.path(name)) for name in names]) if names else []
        statuses = [wire_status(reply) for reply in replies]
        if set(statuses) - {Status.OK, Status.NO_SUCH_FILE}:
            raise PartnerRefused(
                "the partner's server does not let us remove our own temporary files",
                remedy="ask the partner to allow our user to delete in its inbox",
            )
        return [status is Status.OK for status in statuses]

    def take_over(self, old: str, new: str) -> Conversation[bool]:
        """Give a temporary of an earlier try a new name, which fences as removing it does. False: there was nothing.

        Raises:
            PartnerRefused: the server forbids it; then nobody can tell what the earlier try does with it.
        """
        (reply,) = yield (wire.rename(self.path(old), self.path(new)),)
        if wire_status(reply) is Status.OK:
            return True
        if wire_status(reply) is not Status.NO_SUCH_FILE and (yield from self.attributes(old)) is not None:
            raise PartnerRefused(
                "the partner's server does not let us rename our own temporary files",
                remedy="ask the partner to allow our user to rename in its inbox",
            )
        return False

    def rename(self, old: str, new: str) -> Conversation[bool]:
        """False if the server refused, for whatever reason: the caller looks why."""
        (reply,) = yield (wire.rename(self.path(old), self.path(new)),)
        return wire_status(reply) is Status.OK

    def compare(self, file: SealedFile) -> Conversation[Found]:
        """What lies under the file's final name, by content where it may be read."""
        there = yield from self.attributes(file.name)
        if there is None:
            return Found.NOTHING
        if there.size != file.size:
            return Found.OTHER
        content = yield from self.read_back(file.name, file.size)
        if content is None:
            return Found.SAME_SIZE
        return Found.SAME if content.digest == file.digest else Found.OTHER

    def read_back(self, name: str, size: int) -> Conversation[Content | None]:
        """Hash at most `size` bytes of a file there; None if reading is not permitted or it is gone."""
        handle = yield from self._open(name)
        if handle is None:
            return None
        if size <= self.session.limits.read:
            (first, _) = yield (wire.read(handle, 0, size), wire.close(handle))
            if wire_status(first) is Status.PERMISSION_DENIED:
                return None
            data = data_in(first, size)
            if len(data) == size or not data:
                return Content(len(data), Digest.of(data))
            handle = yield from self._open(name)  # it gave less than it was asked for, which is legal
        if handle is None or not (yield from self._gives(handle)):
            return None
        meter = Meter()
        try:
            for chunk in chunks(self.session, handle, size):
                meter.feed(chunk)
        except ReadingDenied:
            return None
        return Content(meter.size, meter.digest)

    def server_hash(self, name: str, size: int) -> Conversation[Digest | None]:
        """The server's own SHA-256 of the first `size` bytes; None where it has none to give.

        Asked whether or not it is offered: in version 3 of the protocol those who have it do not say so.
        """
        (reply,) = yield (wire.sha256_of(self.path(name), size),)
        if wire_status(reply) is not None:
            return None
        with understood():
            return Digest(wire.sha256_in(reply))

    def stream(self, name: str, limit: int) -> Conversation[Generator[bytes, None, None] | None]:
        """At most `limit` bytes of a file there; None if reading is not permitted or it is gone."""
        handle = yield from self._open(name)
        if handle is None or not (yield from self._gives(handle)):
            return None
        return chunks(self.session, handle, limit)

    def _gives(self, handle: bytes) -> Conversation[bool]:
        """Some servers let everything be opened and forbid the reading; the file is closed again then."""
        (reply,) = yield (wire.read(handle, 0, 1),)
        if wire_status(reply) is not Status.PERMISSION_DENIED:
            return True
        yield (wire.close(handle),)
        return False

    def _open(self, name: str) -> Conversation[bytes | None]:
        (reply,) = yield (wire.open_to_read(self.path(name)),)
        if wire_status(reply) is not None:
            return None
        with understood():
            return wire.handle_of(reply)
