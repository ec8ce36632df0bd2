"""One large file on its way through one or several channels, each with a handle of its own.

Every write's reply is looked at. A channel has no more under way than its window holds, so
that no lane waits for another's.
"""

from collections import deque
from contextlib import suppress
from typing import Final

from gateway.deliver.sftp import wire
from gateway.deliver.sftp.hashing import PIECES
from gateway.deliver.sftp.replies import not_stored, opened, wire_status
from gateway.deliver.sftp.session import Session
from gateway.deliver.sftp.wire import Status
from gateway.vocabulary.errors import PartnerRefused

ALONE: Final = 64
"""Requests without a reply yet: 16 MiB, more than any server's channel window."""
TOGETHER: Final = 8
"""Of each of several: 2 MiB, which is OpenSSH's window."""


class Lane:
    """A session, its handle of the file, and what it has under way."""

    def __init__(self, session: Session, handle: bytes, most: int) -> None:
        self._session, self._handle, self._most = session, handle, most
        self._frames = deque(wire.WriteFrame(handle, session.limits.write) for _ in range(PIECES))
        self._flying: deque[int] = deque()

    @property
    def payload(self) -> memoryview:
        """Where the next bytes of the file go."""
        return self._frames[0].payload

    def send(self, offset: int, size: int) -> None:
        """The first `size` bytes of the payload, once there is room for them. The next `PIECES` payloads are others."""
        if len(self._flying) == self._most:
            self._check()
        number = self._session.number()
        self._flying.append(number)
        self._session.submit_frame(self._frames[0].filled(number, offset, size))
        self._frames.rotate(-1)

    def land(self) -> None:
        """All that is under way has been stored."""
        while self._flying:
            self._check()

    def close(self) -> None:
        reply = self._session.call(wire.close(self._handle))
        if wire_status(reply) is not Status.OK:
            raise not_stored(reply)

    def abandon(self) -> None:
        """What is under way is awaited and dropped, so that the session stays usable."""
        while self._flying:
            self._session.answer(self._flying.popleft())
        self._session.call(wire.close(self._handle))

    def _check(self) -> None:
        """The oldest write's reply."""
        reply = self._session.answer(self._flying.popleft())
        if wire_status(reply) is not Status.OK:
            raise not_stored(reply)


def lanes_of(session: Session, handle: bytes, path: str) -> list[Lane]:
    """The first is `session`'s own; others where the server is far, and lets a file be opened twice."""
    sessions = session.beside()
    if len(sessions) == 1:
        return [Lane(session, handle, ALONE)]
    lanes, others = [Lane(session, handle, TOGETHER)], sessions[1:]
    asked = [other.submit(wire.open_to_go_on(path)) for other in others]
    for other in others:
        other.flush()
    for other, number in zip(others, asked, strict=True):
        with suppress(PartnerRefused):  # servers that lock what is open; one lane does it too
            lanes.append(Lane(other, opened(other.answer(number)), TOGETHER))
    return lanes
