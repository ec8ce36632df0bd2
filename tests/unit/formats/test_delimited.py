"""What the csv module writes is read; what breaks the format is refused at its row, wherever the pieces are cut."""

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.formats.delimited import LONGEST_RECORD, DelimitedReader, first_ragged, split_header
from gateway.vocabulary.errors import StructureInvalid

CANARY = "Canaryname"


def pieces(data: bytes, size: int = 1 << 20, delimiter: str = ","):
    return list(DelimitedReader(io.BytesIO(data), delimiter=delimiter, piece=size).pieces())


def read(data: bytes, size: int = 1 << 20, delimiter: str = ","):
    found = pieces(data, size, delimiter)
    text = b"".join(piece.data for piece in found).decode()
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    assert sum(piece.rows for piece in found) == len(rows)
    assert all(piece.data.endswith(b"\n") for piece in found)
    return rows


def fault(data: bytes, size: int = 1 << 20):
    with pytest.raises(StructureInvalid) as refused:
        pieces(data, size)
    return refused.value.code, refused.value.row


CELLS = st.text(
    st.one_of(st.sampled_from('a,"\n\r;é李 '), st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    max_size=8,
)
TABLES = st.lists(st.lists(CELLS, min_size=2, max_size=4), min_size=1, max_size=12)


@given(
    table=TABLES, size=st.integers(1, 40), crlf=st.booleans(), last=st.booleans(), delimiter=st.sampled_from(",;\t|")
)
def test_what_the_csv_module_writes_is_read_as_it_was(table, size, crlf, last, delimiter):
    text = io.StringIO()
    end = "\r\n" if crlf else "\n"
    # older csv modules leave a carriage return without quotes
    quoting = csv.QUOTE_ALL if any("\r" in cell for row in table for cell in row) else csv.QUOTE_MINIMAL
    csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(table)
    data = text.getvalue().encode()
    assert read(data if last else data.removesuffix(end.encode()), size, delimiter) == table


@given(data=st.binary(max_size=60), size=st.integers(1, 20))
@example(data=b"\xef\xbb\xbf", size=1)
def test_bytes_are_read_or_refused_and_the_cuts_make_no_difference(data, size):
    def result(piece):
        try:
            return read(data, piece)
        except StructureInvalid as error:
            return error.code if error.code not in PLACED else "mixed"

    assert result(size) == result(1 << 20)


PLACED = {
    "not-utf-8",
    "nul-byte",
    "bare-quote",
    "unclosed-quote",
    "blank-line",
    "bare-carriage-return",
    "mixed-newlines",
}


@given(text=st.text(st.sampled_from('a,"\n'), max_size=14), size=st.integers(1, 5))
def test_no_quote_stands_where_the_csv_module_would_read_on(text, size):
    """The csv module in strict mode is the second opinion: whatever we let pass it reads, with as many rows."""
    try:
        rows = read(text.encode(), size)
    except StructureInvalid:
        return
    assert rows == list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize(
    ("code", "row", "data"),
    [
        ("unclosed-quote", 2, b'a,b\nx"y,z\nc,d\n'),
        ("bare-quote", 2, b'a,b\n"x"y,z\n'),
        ("bare-quote", 3, b'a,b\nc,d\nx,y"z"\n'),
        ("bare-quote", 2, b'a,b\n "x",y\n'),
        ("bare-quote", 2, b'a,b\n"x" ,y\n'),
        ("bare-quote", 2, b'a,b\n"x" "y",z\n'),
        ("bare-quote", 1, b'a,",x"y,b\nc,d\n'),
        ("unclosed-quote", 2, b'a,b\n"x,y\nc,d\n'),
        ("unclosed-quote", 3, b'a,b\nc,d\nx,"'),
        ("nul-byte", 3, b"a,b\nc,d\nx,\0\n"),
        ("nul-byte", 1, "a,b\n".encode("utf-16-le")),
        ("not-utf-8", 2, b"a,b\nMu\xf1oz,x\n"),
        ("not-utf-8", 1, b"\xff\xfea\n"),
        ("not-utf-8", 2, b"a,b\n\xed\xa0\x80,x\n"),
        ("not-utf-8", 2, b"a,b\n\xc0\x80,x\n"),
        ("bare-carriage-return", 1, b"a,b\rc,d\r"),
        ("bare-carriage-return", 1, b"a,b\nc\r,d\n"),
        ("mixed-newlines", 1, b"a,b\r\nc,d\ne,f\r\n"),
        ("mixed-newlines", 1, b"a,b\nc,d\r\n"),
    ],
)
def test_what_breaks_the_format_is_refused_at_its_row(code, row, data):
    assert fault(data) == (code, row)


@pytest.mark.parametrize("data", [b"a,b\nc,d", b"a,b\r\nc,d", b'a,b\nc,"d"', b"a,b", b"a,b\nc", b"a,b\r\nc,d\r"])
@pytest.mark.parametrize("size", [1, 3, 1 << 20])
def test_a_last_row_without_its_newline_has_broken_off_where_the_schema_says_that_it_is_ended(data, size):
    reader = DelimitedReader(io.BytesIO(data), delimiter=",", piece=size, ended=True)
    with pytest.raises(StructureInvalid) as refused:
        list(reader.pieces())
    assert (refused.value.code, refused.value.row) == ("broken-off", data.count(b"\n") + 1)


@pytest.mark.parametrize("data", [b"a,b\nc,d\n", b"a,b\r\nc,d\r\n", b'a,b\nc,"d\n"\n', b""])
def test_a_last_row_with_its_newline_is_whole(data):
    pieces = DelimitedReader(io.BytesIO(data), delimiter=",", ended=True).pieces()
    assert b"".join(piece.data for piece in pieces) == data.replace(b"\r\n", b"\n")


def test_newlines_that_change_after_a_cut_are_still_found():
    assert fault(b"a,b\n" * 10 + b"c,d\r\n" * 10, 16)[0] == "mixed-newlines"
    assert fault(b"a,b\r\n" * 10 + b"c,d\n" * 10, 16)[0] == "mixed-newlines"


def test_a_row_in_a_later_piece_is_counted_from_the_file_s_start():
    assert fault(b"a,b\n" * 1000 + b"x\0,y\n", 64) == ("nul-byte", 1001)


@pytest.mark.parametrize("end", [b'"\n', b"\n", b""])
def test_a_record_that_never_ends_is_given_up(end):
    assert fault(b'a,b\n"' + b"x" * (2 * LONGEST_RECORD) + end)[0] in ("record-too-long", "unclosed-quote")
    assert fault(b"a,b\n" + b"x\n".replace(b"\n", b"") * (2 * LONGEST_RECORD) + end)[0] == "record-too-long"


def test_ten_megabytes_in_a_cell_are_given_up_before_they_are_read():
    stream = io.BytesIO(b'a\n"' + b"x" * (10 << 20) + b'"\n')
    with pytest.raises(StructureInvalid):
        list(DelimitedReader(stream, delimiter=",").pieces())
    assert stream.tell() < 4 << 20


def test_newlines_within_cells_stay_as_they_are():
    assert read(b'a,b\r\n"x\ny","z\r\nw"\r\n') == [["a", "b"], ["x\ny", "z\r\nw"]]


def test_a_byte_order_mark_is_taken_off_the_start_only():
    assert read(b"\xef\xbb\xbfa,b\nc,d\n") == [["a", "b"], ["c", "d"]]
    assert read(b"a,b\n\xef\xbb\xbfc,d\n") == [["a", "b"], ["\ufeffc", "d"]]


def test_a_blank_line_counts_as_a_row_so_that_an_engine_that_passes_over_it_counts_another():
    (piece,) = pieces(b"a,b\n\nc,d\n")
    assert piece.rows == 3
    assert first_ragged(piece.data, delimiter=",", columns=2) == (1, 0)


@pytest.mark.parametrize(
    ("cell", "plain"), [(b"x", True), (b'"x,""y"""', True), (b'"x\ny"', False), (b'"x\ry"', False)]
)
def test_a_piece_says_whether_a_cell_of_it_holds_a_newline(cell, plain):
    (piece,) = pieces(b"a,b\n" + cell + b",d\n")
    assert piece.plain is plain


def test_an_empty_stream_has_no_pieces():
    assert pieces(b"") == []
    assert pieces(b"\xef\xbb\xbf") == []


def test_the_header_is_split_off_even_with_newlines_and_quotes_in_it():
    (piece,) = pieces(b'"a\n""b""",c\nd,e\n')
    header, rest = split_header(piece, delimiter=",")
    assert (header, rest.data, rest.rows) == (('a\n"b"', "c"), b"d,e\n", 1)


def test_the_first_ragged_record_is_found():
    assert first_ragged(b'a,b\n"x\ny",z\nc\nd,e,f\n', delimiter=",", columns=2) == (2, 1)
    assert first_ragged(b"a,b\n", delimiter=",", columns=2) is None


def test_no_fault_repeats_what_the_file_says():
    for data in (f'a,b\n{CANARY}"x,y\n', f"a,b\n{CANARY}\0\n", f'{CANARY}\n"{CANARY}'):
        with pytest.raises(StructureInvalid) as refused:
            pieces(data.encode())
        assert CANARY not in f"{refused.value.message}{refused.value.remedy}{refused.value.code}"
