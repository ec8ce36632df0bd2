"""The container: what we write, stock readers read; what we did not write, we refuse."""

import io
import os
import random
import struct
import zipfile
import zlib
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.seal import layout
from gateway.seal.container import ContainerWriter
from gateway.seal.deflating import BLOCK, blocks, deflated
from gateway.seal.padding import FLOOR, padded
from gateway.seal.rows import RowCount
from gateway.seal.unpacking import PIECE, read_container
from gateway.vocabulary.errors import ParcelInvalid
from tests.simulators.council import CSV, build

MANIFEST, SIGNATURE = b'{"type":"handoff-manifest/v1"}\n', b"-----BEGIN SSH SIGNATURE-----\n"
WHOLE = build(CSV, MANIFEST, SIGNATURE)


def read(container: bytes, limit: int = 1 << 30) -> bytes:
    found = read_container(io.BytesIO(container))
    assert (found.manifest, found.signature, found.name) == (MANIFEST, SIGNATURE, "yss.csv")
    return b"".join(found.data(limit))


def refused(container: bytes, limit: int = 1 << 30) -> None:
    with pytest.raises(ParcelInvalid) as refusal:
        read(container, limit)
    assert refusal.value.code == "container"


# what we write


@pytest.mark.parametrize("data", [b"", b"a", CSV, bytes(3 * BLOCK), os.urandom(2 * BLOCK + 17), CSV * 90_000])
def test_what_is_written_is_read_by_us_and_by_the_standard_library(data):
    whole = build(data, MANIFEST, SIGNATURE)
    assert read(whole) == data
    with zipfile.ZipFile(io.BytesIO(whole)) as stock:
        assert stock.namelist() == ["yss.csv", "padding", "manifest.json", "manifest.json.sig"]
        assert stock.testzip() is None
        assert stock.read("yss.csv") == data
        assert not stock.read("padding").strip(b"\0")
        assert {info.external_attr >> 16 for info in stock.infolist()} == {0o100600}


def test_the_same_data_makes_the_same_container_however_it_comes():
    data = random.Random(7).randbytes(100_000) * 23
    pieces = [data[i : i + 70_001] for i in range(0, len(data), 70_001)]
    sinks = [io.BytesIO(), io.BytesIO()]
    for sink, chunks in zip(sinks, ([data], pieces), strict=True):
        writer = ContainerWriter(sink)
        writer.write_data("yss.csv", chunks)
        writer.finish(MANIFEST, SIGNATURE)
    assert sinks[0].getvalue() == sinks[1].getvalue()


def test_no_place_of_a_header_ends_the_file_early():
    """A writer that buffers 64 KiB lost the rest when a header ended there (stream-zip 0.0.84)."""
    for size in range(65_200, 65_700):
        data = random.Random(size).randbytes(size)
        assert read(build(data, MANIFEST, SIGNATURE)) == data


@given(st.lists(st.binary(max_size=40), max_size=30), st.integers(min_value=1, max_value=16))
def test_blocks_are_the_same_bytes_in_even_pieces(chunks, size):
    pieces = list(blocks(chunks, size))
    assert b"".join(pieces) == b"".join(chunks)
    assert all(len(piece) == size for piece in pieces[:-1])
    assert all(pieces)


@given(st.lists(st.binary(max_size=5000), max_size=12))
@settings(max_examples=50)
def test_deflated_pieces_are_one_stream(pieces):
    inflate = zlib.decompressobj(-15)
    assert inflate.decompress(b"".join(deflated(pieces))) + inflate.flush() == b"".join(pieces)
    assert inflate.eof


def test_what_the_source_raises_passes_through_the_threads():
    def source():
        yield bytes(BLOCK)
        raise KeyError("the source")

    with pytest.raises(KeyError, match="the source"):
        list(deflated(source()))


# how large it is


@given(st.integers(min_value=0, max_value=1 << 50))
def test_padding_costs_at_most_an_eighth_and_leaves_few_sizes(size):
    filled = padded(size)
    assert size <= filled <= max(FLOOR, size * 1.125)
    assert padded(filled) == filled
    highest = filled.bit_length() - 1
    assert filled & ((1 << highest - highest.bit_length()) - 1) == 0


def test_all_small_parcels_have_one_size():
    sizes = {len(build(CSV * n, MANIFEST, SIGNATURE)) for n in range(1, 40)}
    assert sizes == {FLOOR}


@pytest.mark.parametrize("size", [20_000, 300_000, 3_000_000])
def test_the_whole_container_has_a_padded_size(size):
    whole = build(random.Random(size).randbytes(size), MANIFEST, SIGNATURE)
    assert len(whole) == padded(len(whole)) > FLOOR


# what we did not write


def test_no_byte_can_change():
    for place in range(len(WHOLE)):
        refused(WHOLE[:place] + bytes([WHOLE[place] ^ 1]) + WHOLE[place + 1 :])


def test_no_beginning_of_a_container_is_one():
    for size in range(len(WHOLE)):
        refused(WHOLE[:size])


@pytest.mark.parametrize("container", [
    b"x" + WHOLE, WHOLE + b"x", WHOLE + bytes(22), WHOLE * 2, b"", bytes(8192), b"PK\x05\x06" + bytes(18),
    WHOLE[:-2] + b"\x05\x00hello", WHOLE[:300] + b"x" + WHOLE[300:], WHOLE[: -layout.END_BYTES],
])  # fmt: skip
def test_nothing_stands_before_between_or_behind(container):
    refused(container)


def stock(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


FOUR = (("yss.csv", CSV), ("padding", bytes(64)), ("manifest.json", MANIFEST), ("manifest.json.sig", SIGNATURE))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("members", [
    FOUR, FOUR[:3], FOUR[1:], (*FOUR, ("extra.txt", b"x")), (*FOUR, FOUR[0]), (FOUR[0], FOUR[0], *FOUR[2:]),
    (("../../yss.csv", CSV), *FOUR[1:]), (("/etc/passwd", CSV), *FOUR[1:]), (("yss.csv/", b""), *FOUR[1:]), (),
])  # fmt: skip
def test_other_writers_containers_are_refused(members):
    refused(stock(*members))


def rebuilt(members, bodies, directory_members=None):
    """A container by hand: each member's header from `members`, the directory from `directory_members`."""
    out, placed = b"", []
    for member, body in zip(members, bodies, strict=True):
        at = replace(member, offset=len(out))
        before, behind = layout.around(at)
        out += before + body + behind
        placed.append(at)
    told = [replace(d, offset=p.offset) for d, p in zip(directory_members or placed, placed, strict=True)]
    return out + layout.directory(told, len(out))


def parts(data=CSV, name="yss.csv", padding=bytes(64)):
    raw = zlib.compressobj(1, zlib.DEFLATED, -15)
    packed = raw.compress(data) + raw.flush()
    members = [layout.Member(
        name=name, method=layout.DEFLATED, crc=zlib.crc32(data), packed=len(packed), size=len(data), offset=0
    )]  # fmt: skip
    stored = (("padding", padding), ("manifest.json", MANIFEST), ("manifest.json.sig", SIGNATURE))
    for its_name, body in stored:
        crc, size = zlib.crc32(body), len(body)
        members.append(layout.Member(name=its_name, method=layout.STORED, crc=crc, packed=size, size=size, offset=0))
    return members, [packed, *(body for _, body in stored)]


def test_a_container_built_by_hand_with_nothing_wrong_is_read():
    assert read(rebuilt(*parts())) == CSV


@pytest.mark.parametrize("name", [
    "../yss.csv", "/yss.csv", "a/b.csv", "yss.csv\\x", "YSS.csv", ".hidden", "con:", "yss csv", "", "a" * 81,
    "padding", "manifest.json", "manifest.json.sig",
])  # fmt: skip
def test_the_data_file_has_a_plain_name(name):
    refused(rebuilt(*parts(name=name)))


@pytest.mark.parametrize("order", [(1, 0, 2, 3), (0, 2, 1, 3), (0, 1, 3, 2), (0, 1, 2), (0, 1, 2, 3, 3), (0, 0, 2, 3)])
def test_the_four_members_stand_in_their_order(order):
    members, bodies = parts()
    refused(rebuilt([members[i] for i in order], [bodies[i] for i in order]))


@pytest.mark.parametrize(("change", "which"), [
    *(({member: value}, which) for which in range(4) for member, value in (
        ("name", "other.csv"), ("crc", 1), ("size", len(CSV) + 1), ("size", 0), ("packed", 1),
    )),
    ({"method": layout.STORED}, 0), ({"method": layout.DEFLATED}, 1), ({"method": layout.DEFLATED}, 2),
])  # fmt: skip
def test_the_directory_says_what_the_local_headers_say(change, which):
    members, bodies = parts()
    told = list(members)
    told[which] = replace(members[which], **change)
    assert told != members
    refused(rebuilt(members, bodies, told))


@pytest.mark.parametrize("method", [0, 1, 9, 12, 14, 93, 95, 99])
def test_only_deflate_packs_the_data(method):
    members, bodies = parts()
    refused(rebuilt([replace(members[0], method=method), *members[1:]], bodies))


@pytest.mark.parametrize("offset", range(0, 46, 2))
def test_no_field_of_the_directory_can_say_something_else(offset):
    """Versions, flags (encryption is 1), times, attributes, comment and extra lengths: each in turn."""
    whole = bytearray(rebuilt(*parts()))
    entry = bytes(whole).index(b"PK\x01\x02")
    (value,) = struct.unpack_from("<H", whole, entry + offset)
    struct.pack_into("<H", whole, entry + offset, value ^ 1)
    refused(bytes(whole))


def test_two_members_cannot_share_bytes():
    members, bodies = parts()
    whole = rebuilt(members, bodies)
    start = whole.index(b"PK\x01\x02")
    told = layout.claimed_members(whole[start : -layout.END_BYTES])
    told[3] = replace(told[3], offset=told[2].offset)
    refused(whole[:start] + layout.directory(told, start))


def test_a_bomb_is_stopped_at_the_size_that_was_named():
    members, bodies = parts(data=bytes(64 << 20))
    bomb = rebuilt([replace(members[0], size=len(CSV)), *members[1:]], bodies)
    taken = 0
    with pytest.raises(ParcelInvalid):  # noqa: PT012 - how far it came is what matters
        for piece in read_container(io.BytesIO(bomb)).data(1 << 40):
            taken += len(piece)
    assert taken <= len(CSV)


def test_a_ratio_that_deflate_cannot_reach_is_refused_before_the_data_is_touched():
    members, bodies = parts()
    with pytest.raises(ParcelInvalid):
        read_container(io.BytesIO(rebuilt([replace(members[0], size=1 << 40), *members[1:]], bodies)))


class Watched(io.BytesIO):
    """Remembers the largest read."""

    largest = 0

    def read(self, size=-1, /):
        self.largest = max(self.largest, size)
        return super().read(size)


def test_a_directory_is_not_read_because_it_claims_to_be_large():
    entries = bytes(8 << 20)
    end = layout.directory([], len(entries))[-layout.END_BYTES :]
    lying = bytearray(end)
    struct.pack_into("<QQ", lying, 40, len(entries), 0)
    stream = Watched(entries + bytes(lying))
    with pytest.raises(ParcelInvalid):
        read_container(stream)
    assert stream.largest < 1 << 16


def test_nothing_stands_between_the_last_member_and_the_directory():
    whole = rebuilt(*parts())
    start = whole.index(b"PK\x01\x02")
    told = layout.claimed_members(whole[start : -layout.END_BYTES])
    assert read(whole[:start] + layout.directory(told, start)) == CSV
    refused(whole[:start] + b"four" + layout.directory(told, start + 4))


@pytest.mark.parametrize("which", [1, 2, 3])
@pytest.mark.parametrize("change", [{"crc": 1}, {"size": 16}])
def test_a_stored_member_is_what_both_its_headers_say(which, change):
    members, bodies = parts()
    members[which] = replace(members[which], **change)
    refused(rebuilt(members, bodies))


@pytest.mark.parametrize("size", [n * PIECE + d for n in (1, 2, 3) for d in (-1, 0, 1)])
@pytest.mark.parametrize("kind", [bytes, random.Random(1).randbytes])
def test_data_may_end_where_a_piece_ends(size, kind):
    data = kind(size)
    assert read(rebuilt(*parts(data=data))) == data


def test_data_beyond_the_limit_is_not_unpacked():
    refused(build(bytes(4096), MANIFEST, SIGNATURE), limit=4095)
    assert read(build(bytes(4096), MANIFEST, SIGNATURE), limit=4096) == bytes(4096)


def test_padding_says_nothing():
    refused(rebuilt(*parts(padding=bytes(63) + b"x")))


def test_a_manifest_is_small():
    members, bodies = parts()
    large = bytes(65 * 1024)
    members[2] = replace(members[2], crc=zlib.crc32(large), packed=len(large), size=len(large))
    refused(rebuilt(members, [bodies[0], bodies[1], large, bodies[3]]))


@pytest.mark.parametrize("spoil", [lambda b: b + b"\0", lambda b: b[:-1], lambda b: b"\7" + b[1:], lambda b: b + b])
def test_the_deflated_bytes_are_exactly_one_stream(spoil):
    members, bodies = parts()
    body = spoil(bodies[0])
    refused(rebuilt([replace(members[0], packed=len(body)), *members[1:]], [body, *bodies[1:]]))


@given(st.binary(max_size=600))
@settings(max_examples=300)
def test_nothing_else_than_a_refusal_comes_out_of_rubbish(rubbish):
    for container in (rubbish, WHOLE[: -len(rubbish) or None] + rubbish, rubbish + WHOLE[len(rubbish) :]):
        with suppress(ParcelInvalid):
            assert read(container) == CSV


# rows


@pytest.mark.parametrize(("text", "rows"), [
    (b"", 0), (b"h", 0), (b"h\n", 0), (b"h\r\n1\r\n", 1), (b"h\n1", 1), (b"h\n1\n2\n", 2),
    (b'h\n"a\nb"\n', 1), (b'h\n"a ""q\n"" b"\n2\n', 2), (b'"h\nh"\n1\n', 1), (b'h\n""\n""\n', 2), (b"h\n\n\n", 2),
])  # fmt: skip
def test_rows_are_counted_outside_quotes(text, rows):
    count = RowCount()
    count.feed(text)
    assert count.rows == rows


@given(st.text(alphabet='a",\n', max_size=60).map(str.encode), st.integers(min_value=1, max_value=7))
def test_rows_are_counted_alike_in_any_pieces(text, size):
    whole, pieces = RowCount(), RowCount()
    whole.feed(text)
    for piece in blocks([text], size):
        pieces.feed(piece)
    assert whole.rows == pieces.rows
