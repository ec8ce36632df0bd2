"""Containers that our writer would not have written: each is refused, most before their data is touched."""

import random
import struct
import zlib
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.seal import layout
from gateway.seal.unpacking import PIECE, ContainerReader, TooLarge
from gateway.vocabulary.errors import ParcelInvalid
from tests.simulators.council import CSV, build
from tests.unit.seal.by_hand import FOUR, MANIFEST, SIGNATURE, WHOLE, parts, placed, read, rebuilt, refused, stock


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


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("members", [
    FOUR, FOUR[:3], FOUR[1:], (*FOUR, ("extra.txt", b"x")), (*FOUR, FOUR[0]), (FOUR[0], FOUR[0], *FOUR[2:]),
    (("../../yss.csv", CSV), *FOUR[1:]), (("/etc/passwd", CSV), *FOUR[1:]), (("yss.csv/", b""), *FOUR[1:]), (),
])  # fmt: skip
def test_other_writers_containers_are_refused(members):
    refused(stock(*members))


def test_a_container_built_by_hand_with_nothing_wrong_is_read():
    assert read(rebuilt(*parts())) == CSV


@pytest.mark.parametrize("name", [
    "../yss.csv", "/yss.csv", "a/b.csv", "yss.csv\\x", "_yss.csv", ".hidden", "con:", "yss csv", "", "a" * 81,
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
    told, start = placed(members, bodies)
    told[3] = replace(told[3], offset=told[2].offset)
    refused(whole[:start] + layout.directory(told, start))


def test_a_bomb_is_stopped_at_the_size_that_is_allowed():
    members, bodies = parts(data=bytes(64 << 20))
    reader = ContainerReader([rebuilt(members, bodies)])
    taken = 0
    with pytest.raises(TooLarge):  # noqa: PT012 - how far it came is what matters
        for piece in reader.data(5 << 20):
            taken += len(piece)
    assert taken == 5 << 20


def test_a_container_is_read_to_its_end_before_it_is_one():
    with pytest.raises(ParcelInvalid):
        ContainerReader([WHOLE]).finish()


def test_a_name_is_not_read_because_it_claims_to_be_long():
    lying = bytearray(WHOLE)
    struct.pack_into("<H", lying, layout.NAME_LENGTH_PLACE, 65535)
    taken = []

    def pieces():
        for start in range(0, len(lying) + 65536, 64):
            taken.append(start)
            yield bytes(lying[start : start + 64]) or bytes(64)

    with pytest.raises(ParcelInvalid):
        ContainerReader(pieces())
    assert len(taken) < 4


@pytest.mark.parametrize("size", [1, 2, 7, 29, 30, 31, 4096])
def test_pieces_of_any_size_are_the_same_container(size):
    assert read(WHOLE, size=size) == CSV
    refused(WHOLE + b"x", size=size)
    refused(WHOLE[:-1], size=size)


def test_nothing_stands_between_the_last_member_and_the_directory():
    whole = rebuilt(*parts())
    told, start = placed(*parts())
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
    with pytest.raises(TooLarge):
        read(build(bytes(4096), MANIFEST, SIGNATURE), limit=4095)
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


# sealed and signed as they should be, so that nothing but the container is wrong


def by_hand(change):
    def container(data, manifest, signature):
        members, bodies = parts(data)
        for place, body in ((2, manifest), (3, signature)):
            size = len(body)
            members[place] = replace(members[place], crc=zlib.crc32(body), packed=size, size=size)
            bodies[place] = body
        return change(members, bodies)

    return container


def repeated(members, bodies):
    return rebuilt([*members, members[0]], [*bodies, bodies[0]])


def renamed(members, bodies):
    return rebuilt([replace(members[0], name="../../yss.csv"), *members[1:]], bodies)


def contradicted(members, bodies):
    return rebuilt(members, bodies, [replace(members[0], name="other.csv"), *members[1:]])


def extended(members, bodies):
    return rebuilt([*members, replace(members[1], name="extra.txt")], [*bodies, bodies[1]])


def exploding(members, bodies):
    raw = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = raw.compress(bytes(32 << 20)) + raw.flush()
    return rebuilt([replace(members[0], packed=len(bomb)), *members[1:]], [bomb, *bodies[1:]])


@pytest.mark.parametrize("change", [
    repeated, renamed, contradicted, extended, exploding, lambda *parts: rebuilt(*parts) + b"x",
    lambda *parts: b"x" + rebuilt(*parts), lambda members, bodies: rebuilt(members[:3], bodies[:3]),
])  # fmt: skip
def test_a_hostile_container_is_refused_though_everything_is_signed(council, desk, sent, change):
    made = council.pieces()
    made.container = by_hand(change)
    assert desk.refusal(made.write(sent), sent) == "container"
    assert not (desk.folder / "data").exists()


def test_a_container_by_hand_with_nothing_wrong_is_opened(council, desk, sent):
    made = council.pieces()
    made.container = by_hand(rebuilt)
    assert desk.open(made.write(sent), sent).data.read_bytes() == CSV


def test_the_standard_librarys_container_is_refused_though_everything_is_signed(council, desk, sent):
    made = council.pieces()
    made.container = lambda data, manifest, signature: stock(
        ("yss.csv", data), ("padding", b""), ("manifest.json", manifest), ("manifest.json.sig", signature)
    )
    assert desk.refusal(made.write(sent), sent) == "container"
