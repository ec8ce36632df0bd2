"""The container as we write it: stock readers read it, and its size tells little."""

import io
import os
import random
import zipfile
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.seal.container import ContainerWriter
from gateway.seal.deflating import BLOCK, LONGEST_STORED, blocks, deflate_block, deflated, stored_block
from gateway.seal.padding import FLOOR, padded
from gateway.seal.rows import RowCount
from tests.simulators.council import CSV, build
from tests.unit.seal.by_hand import MANIFEST, SIGNATURE, read


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


def inflated(stream):
    inflate = zlib.decompressobj(-15)
    out = inflate.decompress(stream) + inflate.flush()
    assert inflate.eof
    assert not inflate.unused_data
    return out


@given(st.lists(st.tuples(st.binary(max_size=3000), st.booleans()), max_size=12))
@settings(max_examples=50)
def test_pieces_that_were_stored_in_a_hurry_are_part_of_the_same_stream(pieces):
    hurries = iter([hurried for _, hurried in pieces])
    stream = b"".join(deflated((piece for piece, _ in pieces), lambda: next(hurries, True)))
    assert inflated(stream) == b"".join(piece for piece, _ in pieces)


def test_in_a_hurry_nothing_is_deflated_and_without_one_everything_is():
    pieces = [bytes(BLOCK)] * 12
    assert len(b"".join(deflated(pieces, lambda: True))) > 12 * BLOCK
    assert len(b"".join(deflated(pieces))) < BLOCK


@pytest.mark.parametrize("size", [1, LONGEST_STORED - 1, LONGEST_STORED, LONGEST_STORED + 1, BLOCK])
def test_what_does_not_shrink_is_stored_and_hardly_grows(size):
    data = random.Random(size).randbytes(size)
    packed = deflate_block(data)
    assert packed == stored_block(data)
    assert len(packed) == size + 5 * -(-size // LONGEST_STORED)
    assert inflated(packed + b"\x03\x00") == data


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
