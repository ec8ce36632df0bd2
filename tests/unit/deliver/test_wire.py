"""SFTP as bytes: what a server may send is parsed or refused, and nothing else happens."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.deliver.sftp import wire
from gateway.deliver.sftp.wire import Kind, Reply, Status
from gateway.vocabulary.errors import FormatInvalid

PARSERS = (
    wire.status_of,
    wire.handle_of,
    wire.data_of,
    wire.attributes_of,
    wire.sha256_in,
    lambda reply: wire.limits_of(reply, at_most=261_120),
)


def reply(kind, body):
    return Reply(1, kind, body)


@given(st.sampled_from([*Kind, 0, 255]), st.binary(max_size=200))
def test_whatever_a_reply_holds_it_is_understood_or_refused(kind, body):
    for parse in PARSERS:
        with suppress(FormatInvalid):
            parse(reply(kind, body))


@given(st.sampled_from([Kind.VERSION, Kind.STATUS]), st.sampled_from([2, 3, 4]), st.binary(max_size=200))
def test_whatever_a_server_begins_with_it_is_a_version_or_refused(kind, version, body):
    with suppress(FormatInvalid):
        wire.version_of(Reply(version, kind, body))
        assert (kind, version) == (Kind.VERSION, 3)


@given(st.lists(st.binary(min_size=5, max_size=60), max_size=8), st.data())
def test_packets_come_out_as_they_went_in_however_they_were_cut(packets, data):
    stream, buffer, found = b"".join(len(p).to_bytes(4, "big") + p for p in packets), bytearray(), []
    while stream:
        size = data.draw(st.integers(1, len(stream)))
        buffer += stream[:size]
        stream = stream[size:]
        found += wire.take_replies(buffer)
    assert [bytes([kind]) + number.to_bytes(4, "big") + body for number, kind, body in found] == packets
    assert not buffer


@pytest.mark.parametrize("length", [0, 4, wire.LARGEST_REPLY + 1, 0xFFFFFFFF])
def test_a_packet_of_an_impossible_length_is_refused_before_it_is_awaited(length):
    with pytest.raises(FormatInvalid):
        wire.take_replies(bytearray(length.to_bytes(4, "big") + bytes(5)))


def test_attributes_are_told_as_far_as_the_server_tells_them():
    size, owner, mode, times = (5).to_bytes(8, "big"), bytes(8), (0o100600).to_bytes(4, "big"), b"\0\0\0\1\0\0\0\2"
    told = {0: b"", 1: size, 4: mode, 8: times, 15: size + owner + mode + times}
    found = [wire.attributes_of(reply(Kind.ATTRIBUTES, f.to_bytes(4, "big") + body)) for f, body in told.items()]
    assert [(each.size, each.mode, each.modified) for each in found] == [
        (None, None, None), (5, None, None), (None, 0o100600, None), (None, None, 2), (5, 0o100600, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("prefix", [b"", b"\0\0\0\x0acheck-file"])
def test_a_hash_is_the_servers_own_sha256_and_no_other(prefix):
    body = prefix + b"\0\0\0\6sha256" + bytes(range(32))
    assert wire.sha256_in(reply(Kind.EXTENDED_REPLY, body)) == bytes(range(32))
    for other in (body.replace(b"sha256", b"sha512"), body[:-1], prefix + b"\0\0\0\3md5" + bytes(16)):
        with pytest.raises(FormatInvalid):
            wire.sha256_in(reply(Kind.EXTENDED_REPLY, other))


def test_a_status_that_is_not_known_is_a_failure():
    assert wire.status_of(reply(Kind.STATUS, (99).to_bytes(4, "big"))) is Status.FAILURE
    assert wire.status_of(reply(Kind.DATA, b"")) is None


def test_a_server_that_sets_no_limits_or_wild_ones_gets_ours():
    none, wild = ((n).to_bytes(8, "big") * 4 for n in (0, 1 << 60))
    assert wire.limits_of(reply(Kind.EXTENDED_REPLY, none), at_most=261_120) == wire.Limits()
    assert wire.limits_of(reply(Kind.EXTENDED_REPLY, wild), at_most=261_120) == wire.Limits(read=261_120, write=261_120)
