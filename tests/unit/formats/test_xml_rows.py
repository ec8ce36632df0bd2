"""Whatever text a value holds comes out as that text, as a cell and as a value written anew."""

import csv
import io
from xml.sax.saxutils import escape

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gateway.formats.delimited import DelimitedReader
from gateway.formats.text import Transcoded
from gateway.formats.xml.rewriting import Rewriting
from gateway.formats.xml.rows import Rows

READING = {
    "format": "xml", "encoding": "utf-8", "records": ["A/B"], "expect": None, "dates": "iso",
    "columns": [
        {"source": "C", "shape": "text", "blank": ["NONE"]},
        {"source": "D/E | F", "shape": "text", "blank": []},
        {"source": "C + F", "shape": "text", "blank": []},
        {"source": "G[K=x]/V", "shape": "text", "blank": []},
    ],
}  # fmt: skip
RETURNING = {
    "records": ["C", "D/E", "F", "G*/K", "G*/V"],
    "envelope": [],
    "unknown": "refuse",
    "file_name": "",
    "kept_back": [],
}
VALUES = st.text(
    st.one_of(st.sampled_from('a,"\n\r\t;é李<&> '), st.characters(exclude_categories=["Cs", "Cc", "Cn"])), max_size=9
)
RECORDS = st.lists(st.tuples(VALUES, VALUES, VALUES, VALUES), min_size=1, max_size=6)


def spelled(text: str) -> str:
    return escape(text, {"\r": "&#13;"})


def document(records) -> bytes:
    children = "".join(
        f"<B><C>{spelled(c)}</C><D><E>{spelled(e)}</E></D><F>{spelled(f)}</F><G><K>y</K><V>no</V></G><G><K> x\n</K><V>{spelled(v)}</V></G></B>"
        for c, e, f, v in records
    )
    return f"<A>{children}</A>".encode()


def opened(data: bytes) -> Transcoded:
    return Transcoded(io.BytesIO(data), encoding="utf-8", size=len(data))


@given(records=RECORDS, size=st.integers(1, 40))
def test_cells_are_the_values_of_their_record(records, size):
    rows = Rows(opened(document(records)), READING)
    text = b"".join(piece.data for piece in DelimitedReader(rows, delimiter=",", piece=size).pieces()).decode()
    header, *cells = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header == [column["source"] for column in READING["columns"]]
    assert cells == [expected(*record) for record in records]


def expected(*values: str) -> list[str]:
    c, e, f, v = (value.strip().replace("\r", "\n") for value in values)
    return ["" if c == "NONE" else c, e or f, " ".join(text for text in (c, f) if text), v]


@given(records=RECORDS)
def test_values_that_are_written_anew_are_read_as_they_were(records):
    written = b"".join(Rewriting(opened(document(records)), READING, RETURNING).pieces())
    found = [
        tuple(record.findtext(path) or "" for path in ("C", "D/E", "F"))
        for record in etree.fromstring(written).iter("B")
    ]
    assert found == [tuple(value.strip() for value in record[:3]) for record in records]
