"""What passes over the desk's socket: frames, each one JSON line and, if its `size` says so, bytes behind it.

    {"say":"out","size":6}⏎hello⏎

Strict in both directions: a line has a largest length, so have the bytes; a line is one object
whose members are text, counts or lists of text; a frame arrives whole within its time, however
slowly its bytes come. Whatever else comes ends the conversation.
"""

import json
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic

from gateway.vocabulary.errors import FormatInvalid, StorageError

LONGEST_LINE, MOST_BYTES = 16 * 1024, 256 * 1024
SEND_SECONDS = 30.0
SIZE = "size"
Member = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    members: Mapping[str, Member] = field(default_factory=dict)
    data: bytes = b""

    def text(self, name: str) -> str:
        """FormatInvalid if there is no such member, or it is no text."""
        value = self.members.get(name)
        if not isinstance(value, str):
            raise _malformed()
        return value

    def count(self, name: str) -> int:
        value = self.members.get(name)
        if not isinstance(value, int):
            raise _malformed()
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.members.get(name)
        if not isinstance(value, tuple):
            raise _malformed()
        return value


class Line:
    """Frames over one connected socket, which is closed by whoever opened it."""

    def __init__(self, sock: socket.socket, *, clock: Callable[[], float] = monotonic) -> None:
        self._sock, self._clock = sock, clock
        self._received = bytearray()

    def send(self, members: Mapping[str, str | int | Sequence[str]], data: bytes = b"") -> None:
        """StorageError if the other end does not take it in time."""
        spelled = json.dumps({**members, **({SIZE: len(data)} if data else {})}, separators=(",", ":"))
        line = spelled.encode("ascii") + b"\n"
        if len(line) > LONGEST_LINE or len(data) > MOST_BYTES:
            raise FormatInvalid("what was to be sent is longer than the desk's socket takes")
        try:
            self._sock.settimeout(SEND_SECONDS)
            self._sock.sendall(line + data)
        except OSError as error:
            raise _broken_off() from error

    def receive(self, seconds: float) -> Frame | None:
        """The next frame, whole; None if the other end has ended in between two.

        Raises:
            FormatInvalid: it is none, or was cut short.
            StorageError: it did not come in time.
        """
        until = self._clock() + seconds
        while (end := self._received.find(b"\n")) < 0:
            if len(self._received) > LONGEST_LINE:
                raise _malformed()
            if not self._more(until):
                if self._received:
                    raise _malformed()
                return None
        if end > LONGEST_LINE:
            raise _malformed()
        members = _parsed(bytes(self._received[:end]))
        del self._received[: end + 1]
        return Frame(members, self._data(members.pop(SIZE, 0), until))

    def _data(self, size: Member, until: float) -> bytes:
        if not isinstance(size, int) or size > MOST_BYTES:
            raise _malformed()
        while len(self._received) < size:
            if not self._more(until):
                raise _malformed()
        data = bytes(self._received[:size])
        del self._received[:size]
        return data

    def _more(self, until: float) -> bool:
        left = until - self._clock()
        try:
            if left <= 0:
                raise TimeoutError
            self._sock.settimeout(left)
            block = self._sock.recv(MOST_BYTES)
        except OSError as error:
            raise _broken_off() from error
        self._received += block
        return bool(block)


def _parsed(line: bytes) -> dict[str, Member]:
    try:
        members = json.loads(line.decode("utf-8"), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise _malformed() from error
    if not isinstance(members, dict):
        raise _malformed()
    return {name: _member(value) for name, value in members.items()}


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def _member(value: object) -> Member:
    if isinstance(value, str) or (type(value) is int and value >= 0):
        return value
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    raise _malformed()


def _malformed() -> FormatInvalid:
    return FormatInvalid("what came over the desk's socket is not what is agreed there")


def _broken_off() -> StorageError:
    return StorageError("the other end of the desk's socket went away, or took too long", remedy="type it again")
