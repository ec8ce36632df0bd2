"""SFTP version 3 as bytes: requests encoded, replies parsed. Pure.

After draft-ietf-secsh-filexfer-02, with OpenSSH's extensions `fsync@openssh.com` and
`limits@openssh.com` (PROTOCOL, section 4). Only what a sender of parcels needs: there is
no posix-rename here, because it overwrites.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from gateway.crypto.ssh_wire import Reader, string
from gateway.vocabulary.errors import FormatInvalid

VERSION: Final = 3
LARGEST_REPLY: Final = 512 * 1024
_WHAT = "a reply of the SFTP server"


class Kind(IntEnum):
    INIT = 1
    VERSION = 2
    OPEN = 3
    CLOSE = 4
    READ = 5
    WRITE = 6
    LSTAT = 7
    REMOVE = 13
    REALPATH = 16
    RENAME = 18
    STATUS = 101
    HANDLE = 102
    DATA = 103
    NAME = 104
    ATTRIBUTES = 105
    EXTENDED = 200
    EXTENDED_REPLY = 201


class Status(IntEnum):
    OK = 0
    END_OF_FILE = 1
    NO_SUCH_FILE = 2
    PERMISSION_DENIED = 3
    FAILURE = 4
    BAD_MESSAGE = 5
    NO_CONNECTION = 6
    CONNECTION_LOST = 7
    UNSUPPORTED = 8


_STATUS: Final = int(Kind.STATUS)
_STATUSES: Final = {int(status): status for status in Status}
_READ, _WRITE, _CREATE, _EXCLUSIVE = 0x01, 0x02, 0x08, 0x20
_HAS_SIZE, _HAS_OWNER, _HAS_MODE, _HAS_TIMES = 0x01, 0x02, 0x04, 0x08
_NO_ATTRIBUTES = bytes(4)
_HEAD: Final = struct.Struct(">IBI")


class Request(NamedTuple):
    """A tuple, as a reply is: thousands are made in a second."""

    kind: Kind
    body: bytes


class Reply(NamedTuple):
    number: int
    kind: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Attributes:
    """What a server says of a file; None where it does not say."""

    size: int | None
    mode: int | None
    modified: int | None = None
    """Seconds since 1970, by the server's clock."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may carry: small where the server does not say."""

    read: int = 32 * 1024
    write: int = 32 * 1024 - 128
    """With its head one full packet of an SSH channel (32,768 less paramiko's 64), not one and a bit."""


FSYNC: Final = b"fsync@openssh.com"
CHECK_FILE: Final = b"check-file-name"
INIT: Final = struct.pack(">IBI", 5, Kind.INIT, VERSION)
LIMITS = Request(Kind.EXTENDED, string(b"limits@openssh.com"))
HERE = Request(Kind.REALPATH, string(b"."))


def create(path: str, *, readable: bool = False) -> Request:
    """For writing, and reading back if asked for; refused if the name exists in any form."""
    flags = _WRITE | _CREATE | _EXCLUSIVE | (_READ if readable else 0)
    return Request(Kind.OPEN, string(path.encode()) + struct.pack(">I", flags) + _NO_ATTRIBUTES)


def open_to_go_on(path: str) -> Request:
    """For writing what is there already: nothing is created, nothing cut."""
    return Request(Kind.OPEN, string(path.encode()) + struct.pack(">I", _WRITE) + _NO_ATTRIBUTES)


def open_to_read(path: str) -> Request:
    return Request(Kind.OPEN, string(path.encode()) + struct.pack(">I", _READ) + _NO_ATTRIBUTES)


def close(handle: bytes) -> Request:
    return Request(Kind.CLOSE, string(handle))


def read(handle: bytes, offset: int, length: int) -> Request:
    return Request(Kind.READ, string(handle) + struct.pack(">QI", offset, length))


def write(handle: bytes, offset: int, data: bytes) -> Request:
    return Request(Kind.WRITE, string(handle) + struct.pack(">Q", offset) + string(data))


def lstat(path: str) -> Request:
    return Request(Kind.LSTAT, string(path.encode()))


def remove(path: str) -> Request:
    return Request(Kind.REMOVE, string(path.encode()))


def rename(old: str, new: str) -> Request:
    """The plain one of version 3, which refuses an existing name on servers that keep to it."""
    return Request(Kind.RENAME, string(old.encode()) + string(new.encode()))


def fsync(handle: bytes) -> Request:
    return Request(Kind.EXTENDED, string(FSYNC) + string(handle))


def sha256_of(path: str, length: int) -> Request:
    """Of the first `length` bytes, as one hash: draft-ietf-secsh-filexfer-extensions-00, section 3."""
    asked = string(CHECK_FILE) + string(path.encode()) + string(b"sha256") + struct.pack(">QQI", 0, length, 0)
    return Request(Kind.EXTENDED, asked)


def frame(number: int, request: Request) -> bytes:
    kind, body = request
    return _HEAD.pack(len(body) + 5, kind, number) + body


class WriteFrame:
    """Write requests for one handle, built in place: the file is read straight into the packet."""

    def __init__(self, handle: bytes, capacity: int) -> None:
        self._handle = string(handle)
        self._head = 9 + len(self._handle) + 12
        self._buffer = memoryview(bytearray(self._head + capacity))

    @property
    def payload(self) -> memoryview:
        """Where the next bytes of the file go."""
        return self._buffer[self._head :]

    def filled(self, number: int, offset: int, size: int) -> memoryview:
        """The whole request for the first `size` bytes of the payload; valid until the payload changes."""
        after = 9 + len(self._handle)
        struct.pack_into(">IBI", self._buffer, 0, self._head + size - 4, Kind.WRITE, number)
        self._buffer[9:after] = self._handle
        struct.pack_into(">QI", self._buffer, after, offset, size)
        return self._buffer[: self._head + size]


def take_replies(buffer: bytearray) -> list[Reply]:
    """All that are whole, removed from `buffer`, in their order.

    Raises:
        FormatInvalid: one has a length that no reply of ours could have.
    """
    replies, at, end = [], 0, len(buffer)
    while end - at >= _HEAD.size:
        size, kind, number = _HEAD.unpack_from(buffer, at)
        after = at + 4 + size
        if not 5 <= size <= LARGEST_REPLY:
            raise FormatInvalid(f"{_WHAT} has an impossible length")
        if after > end:
            break
        replies.append(Reply(number, kind, bytes(buffer[at + _HEAD.size : after])))
        at = after
    del buffer[:at]
    return replies


def version_of(reply: Reply) -> frozenset[bytes]:
    """The names of the server's extensions. Of its first packet, where a reply has its number stands the version."""
    if (reply.kind, reply.number) != (Kind.VERSION, VERSION):
        raise FormatInvalid(f"{_WHAT} names another version than {VERSION}")
    reader, names, left = Reader(reply.body, _WHAT), set(), len(reply.body)
    while left > 0:
        name, value = reader.string(), reader.string()
        names.add(name)
        left -= 8 + len(name) + len(value)
    return frozenset(names)


def status_of(reply: Reply) -> Status | None:
    """None if the reply is no status; codes that are not known here count as failure."""
    if reply.kind != _STATUS:
        return None
    if len(reply.body) < 4:
        raise FormatInvalid(f"{_WHAT} ends too soon")
    return _STATUSES.get(int.from_bytes(reply.body[:4], "big"), Status.FAILURE)


def handle_of(reply: Reply) -> bytes:
    """At most 256 bytes, as the specification says."""
    handle = _reader(reply, Kind.HANDLE).string()
    if not 0 < len(handle) <= 256:
        raise FormatInvalid(f"{_WHAT} has a handle of an impossible length")
    return handle


def data_of(reply: Reply) -> bytes:
    return _reader(reply, Kind.DATA).string()


def attributes_of(reply: Reply) -> Attributes:
    reader = _reader(reply, Kind.ATTRIBUTES)
    flags = reader.uint32()
    size = int.from_bytes(reader.take(8), "big") if flags & _HAS_SIZE else None
    if flags & _HAS_OWNER:
        reader.take(8)
    mode = reader.uint32() if flags & _HAS_MODE else None
    if not flags & _HAS_TIMES:
        return Attributes(size, mode)
    reader.take(4)
    return Attributes(size, mode, reader.uint32())


def sha256_in(reply: Reply) -> bytes:
    """From the answer to `sha256_of`; some servers say the extension's name first."""
    reader = _reader(reply, Kind.EXTENDED_REPLY)
    word = reader.string()
    if word.startswith(b"check-file"):
        word = reader.string()
    if word != b"sha256":
        raise FormatInvalid(f"{_WHAT} has another hash than was asked for")
    return reader.take(32)


def limits_of(reply: Reply, *, at_most: int) -> Limits:
    """From the answer to `LIMITS`: packet, read, write, handles; 0 means the server does not say."""
    reader = _reader(reply, Kind.EXTENDED_REPLY)
    _, read, write, _ = (int.from_bytes(reader.take(8), "big") for _ in range(4))
    usual = Limits()
    return Limits(read=min(read or usual.read, at_most), write=min(write or usual.write, at_most))


def _reader(reply: Reply, kind: Kind) -> Reader:
    if reply.kind != kind:
        raise FormatInvalid(f"{_WHAT} is of another kind than its request allows")
    return Reader(reply.body, _WHAT)
