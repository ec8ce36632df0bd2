"""A small file on its way: read back in the same round trip where that says something, asked for anew where not."""

import struct

import pytest

from gateway.crypto.ssh_wire import Reader, string
from gateway.deliver.sftp import wire
from gateway.deliver.sftp.conversation import hold
from gateway.deliver.sftp.session import Session
from gateway.deliver.sftp.upload import upload
from gateway.deliver.sftp.wire import Kind, Status
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import PartnerRefused
from gateway.vocabulary.parcel import SealedFile

CONTENT = b"sealed, whatever it says" * 100
READS = 0x01


class Server:
    """The other end of a channel: one file, and what it answers to a read."""

    def __init__(self, *, extensions=(wire.FSYNC,), reads=lambda content: content, both_ways=True, taken=False):
        self.extensions, self.reads, self.both_ways, self.taken = extensions, reads, both_ways, taken
        self.asked, self.round_trips, self.content = [], 0, b""
        self._out = b""

    def send(self, data):
        self.round_trips += 1
        left = bytes(data)
        while left:
            size = int.from_bytes(left[:4], "big")
            self._answer(left[4], left[5 : 4 + size])
            left = left[4 + size :]
        return len(data)

    def recv(self, _size):
        data, self._out = self._out, b""
        return data

    def settimeout(self, timeout):
        pass

    def close(self):
        pass

    def _answer(self, kind, body):
        if kind == Kind.INIT:
            self._reply(Kind.VERSION, body, b"".join(string(name) + string(b"1") for name in self.extensions))
            return
        self.asked.append(kind)
        reader = Reader(body[4:], "a request")
        self._reply(*self._does(kind, body[:4], reader))

    def _does(self, kind, number, reader):
        if kind == Kind.OPEN:
            reader.string()
            self.flags = reader.uint32()
            if self.taken or (self.flags & READS and not self.both_ways):
                return Kind.STATUS, number, status(Status.FAILURE)
            return Kind.HANDLE, number, string(b"h")
        if kind == Kind.WRITE:
            reader.string()
            reader.take(8)
            self.content = reader.string()
        if kind == Kind.READ:
            back = self.reads(self.content)
            return (Kind.DATA, number, string(back)) if back else (Kind.STATUS, number, status(Status.END_OF_FILE))
        if kind == Kind.LSTAT:
            return Kind.ATTRIBUTES, number, struct.pack(">IQ", 1, len(self.content))
        return Kind.STATUS, number, status(Status.OK)

    def _reply(self, kind, number, body):
        self._out += struct.pack(">IB", len(number + body) + 1, kind) + number + body


def status(code):
    return struct.pack(">I", code)


@pytest.fixture
def sealed_file(tmp_path):
    (path := tmp_path / "parcel").write_bytes(CONTENT)
    return SealedFile(name="parcel", path=path, size=len(CONTENT), digest=Digest.of(CONTENT))


def put(server, file, session=None):
    session = session or Session(server, timeout=1.0)
    server.asked.clear()
    server.round_trips = 0
    return hold(session, upload(session, "inbox/parcel", file))


def test_where_the_server_flushes_it_is_read_back_flushed_in_the_same_round_trip(sealed_file):
    server = Server()
    assert put(server, sealed_file)
    assert server.asked == [Kind.OPEN, Kind.WRITE, Kind.EXTENDED, Kind.READ, Kind.CLOSE, Kind.LSTAT]
    assert (server.round_trips, server.content) == (2, CONTENT)


@pytest.mark.parametrize(
    "reads",
    [lambda _: b"", lambda content: content[:-1], lambda content: bytes(len(content)), lambda content: content + b"x"],
    ids=["nothing", "less", "zeros", "more"],
)
def test_what_reads_otherwise_is_not_known_yet(sealed_file, reads):
    assert not put(Server(reads=reads), sealed_file)


def test_where_the_server_does_not_flush_nothing_is_read_before_it_is_closed(sealed_file):
    server = Server(extensions=())
    assert not put(server, sealed_file)
    assert server.asked == [Kind.OPEN, Kind.WRITE, Kind.CLOSE, Kind.LSTAT]
    assert not server.flags & READS


def test_a_server_that_opens_no_file_both_ways_is_asked_for_it_once(sealed_file):
    server = Server(both_ways=False)
    session = Session(server, timeout=1.0)
    assert not put(server, sealed_file, session)
    assert server.asked[:2] == [Kind.OPEN, Kind.OPEN]
    assert not put(server, sealed_file, session)
    assert server.asked == [Kind.OPEN, Kind.WRITE, Kind.EXTENDED, Kind.CLOSE, Kind.LSTAT]


def test_a_name_that_is_taken_says_nothing_about_that(sealed_file):
    server = Server(taken=True)
    session = Session(server, timeout=1.0)
    with pytest.raises(PartnerRefused):
        put(server, sealed_file, session)
    server.taken = False
    assert put(server, sealed_file, session)
