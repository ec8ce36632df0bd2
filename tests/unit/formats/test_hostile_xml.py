"""Whatever an XML file tries: a reasoned refusal, soon, and never a word of the file in it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formats.text import Transcoded
from gateway.formats.xml.document import BLOCK, Document
from gateway.formats.xml.rows import Rows
from gateway.vocabulary.errors import StructureInvalid
from tests.unit.formats.ctf import SCHEMA, document, lines, pupil
from tests.unit.minimise.ground import a_child

CANARY = "Canaryname"
CHILD = a_child(1, surname=CANARY)
ONE = pupil(CHILD, address=lines(CHILD))
GOOD = document(ONE)


def reading(**changed):
    return SCHEMA.reading() | changed


def read(data: bytes, **changed) -> str:
    how = reading(**changed)
    rows = Rows(Transcoded(io.BytesIO(data), encoding=how["encoding"], size=len(data)), how)
    found = b""
    while block := rows.read(1):
        found += block
    return found.decode()


def fault(data: str | bytes, **changed) -> tuple[str, int]:
    with pytest.raises(StructureInvalid) as refused:
        read(data.encode() if isinstance(data, str) else data, **changed)
    assert CANARY not in f"{refused.value.message}{refused.value.remedy}{refused.value.code}"
    return refused.value.code, refused.value.row


def with_dtd(dtd: str, surname: str = CANARY) -> str:
    return document(ONE.replace(CANARY, surname), prolog=f"<!DOCTYPE CTfile {dtd}>")


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = {
    "billion laughs": with_dtd(f'[<!ENTITY l0 "ha">{LAUGHS}]', "&l9;"),
    "an external entity": with_dtd('[<!ENTITY x SYSTEM "file:///etc/passwd">]', "&x;"),
    "a parameter entity": with_dtd('[<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]'),
    "an external subset": with_dtd('SYSTEM "http://127.0.0.1:9/x.dtd"'),
    "default attributes": with_dtd('[<!ATTLIST Pupil hidden CDATA "x">]'),
    "nothing but a name": with_dtd(""),
    "behind a comment with an element in it": document(ONE, prolog="<!-- <a> --><!DOCTYPE CTfile>"),
    "behind a processing instruction": document(ONE, prolog="<?a <b> ?><!DOCTYPE CTfile>"),
}  # fmt: skip


@pytest.mark.parametrize("case", DOCTYPES)
def test_a_doctype_is_refused_before_anything_is_made_of_it(case):
    assert fault(DOCTYPES[case]) == ("doctype", 1)


@pytest.mark.parametrize("blanks", range((1 << 16) - 90, (1 << 16) - 70))
def test_a_doctype_is_found_wherever_it_is_cut(blanks):
    assert fault(document(ONE, prolog=f"<!-- <a> -->{' ' * blanks}<!DOCTYPE CTfile>"))[0] == "doctype"


def nested(depth: int) -> str:
    return document(ONE.replace("<BasicDetails>", "<BasicDetails>" + "<a>" * depth + "</a>" * depth))


REFUSED = {
    "nothing": ("", "empty-file"),
    "no XML": ("UPN,Surname\nx,y\n", "no-document"),
    "another document": (f"<html><body>{CANARY}</body></html>", "no-record"),
    "another root": (GOOD.replace("CTfile>", "ATfile>"), "record-elsewhere"),
    "a namespace": (GOOD.replace("<CTfile>", '<CTfile xmlns="urn:x">'), "no-record"),
    "no pupil": (document(), "no-record"),
    "a pupil in the header": (GOOD.replace("</Header>", ONE + "</Header>"), "record-elsewhere"),
    "a pupil within a pupil": (document(ONE.replace("</Pupil>", ONE + "</Pupil>")), "record-elsewhere"),
    "no header": (GOOD.replace("Header>", "Kopf>"), "another-document"),
    "the header behind the pupils": (
        "<CTfile><CTFpupilData>" + ONE + "</CTFpupilData><Header><CTFversion>25.0</CTFversion></Header></CTfile>", "another-document"),
    "cut off": (GOOD[: len(GOOD) // 2], "not-well-formed"),
    "its last letter cut off": (GOOD.rstrip()[:-1], "not-well-formed"),
    "something behind the end": (GOOD + ONE, "not-well-formed"),
    "an entity that nobody declared": (GOOD.replace(CANARY, "&x;"), "not-well-formed"),
    "a tag that does not close": (GOOD.replace("</Surname>", "</Forename>"), "not-well-formed"),
    "300 elements deep": (nested(300), "not-well-formed"),
    "a value with an element in it": (GOOD.replace(CANARY, "<b>" + CANARY + "</b>"), "element-in-value"),
    "a value beside an element": (GOOD.replace(CANARY, CANARY + "<XInclude/>"), "element-in-value"),
    "a NUL": (GOOD.replace(CANARY, CANARY + "\0"), "nul-byte"),
    "a NUL as a reference": (GOOD.replace(CANARY, "&#0;"), "not-well-formed"),
    "a character that is none": (GOOD.replace(CANARY, "\x08"), "not-well-formed"),
    "ten megabytes in a value": (GOOD.replace(CANARY, "x" * (10 << 20)), "record-too-long"),
    "ten megabytes of elements": (document(ONE.replace("<BasicDetails>", "<BasicDetails>" + "<a/>" * (10 << 18))), "record-too-long"),
    "ten megabytes in a comment": (document(f"<!-- {'x' * (10 << 20)} -->", ONE), "record-too-long"),
    "ten megabytes of attributes": (GOOD.replace("<Pupil>", "<Pupil " + " ".join(f'a{n}=""' for n in range(1 << 20)) + ">"), "record-too-long"),
    "ten megabytes behind the last pupil": (GOOD.replace("</CTfile>", " " * (10 << 20) + "</CTfile>"), "record-too-long"),
    "another encoding declared": (document(ONE, encoding="iso-8859-1"), "another-encoding"),
    "UTF-7 declared": (document(ONE, encoding="utf-7"), "another-encoding"),
    "UTF-16 declared and not meant": (document(ONE, encoding="utf-16"), "another-encoding"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_hostile_document_is_refused_with_the_reason(case):
    data, code = REFUSED[case]
    assert fault(data)[0] == code


@pytest.mark.parametrize("data", [GOOD.encode("utf-16"), GOOD.encode("utf-16-le"), GOOD.encode("utf-32")])
def test_another_encoding_than_the_declared_one_is_told_and_never_read(data):
    assert fault(data)[0] == "looks-like-utf-16"


def test_bytes_that_are_not_utf_8_are_refused():
    assert fault(GOOD.replace(CANARY, "Muñoz").encode("latin-1"))[0] == "not-well-formed"


@pytest.mark.parametrize(("encoding", "declared"), [("cp1252", "windows-1252"), ("utf-16", "UTF-16")])
def test_a_declared_encoding_is_read_by_the_schema_s_word(encoding, declared):
    text = document(ONE.replace(CANARY, "Muñoz"), encoding=declared)
    assert "Muñoz" in read(text.encode(encoding), encoding=encoding)


@pytest.mark.parametrize(
    "harmless",
    [
        GOOD,
        "\ufeff" + GOOD,
        GOOD.replace("<Pupil>", '<Pupil a="b">'),
        document("<!-- nobody -->", "<?nothing here?>", ONE),
        GOOD.replace("<CTfile>", '<CTfile xmlns:xi="http://www.w3.org/2001/XInclude">'),
        GOOD.replace(
            "</Header>",
            '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd" parse="text"/></Header>',
        ),
    ],
)
def test_comments_instructions_attributes_and_includes_are_passed_over(harmless):
    found = read(harmless.encode())
    assert found.count("\n") == 2
    assert "root:" not in found


def test_a_document_that_declares_nothing_is_not_taken_for_windows_1252():
    silent = GOOD.replace(' encoding="utf-8"', "")
    assert fault(silent, encoding="cp1252") == ("another-encoding", 1)
    assert CANARY in read(silent.encode())
    assert CANARY in read(silent.encode("utf-16"), encoding="utf-16")


def test_text_in_pieces_is_one_text():
    text = GOOD.replace(CANARY, "O<!-- -->&apos;N<![CDATA[ei]]>&#108;")
    assert ",O'Neil," in read(text.encode())


def test_a_newline_or_quote_within_a_value_stays_within_its_cell():
    assert '"a ""b"",\nc"' in read(GOOD.replace(CANARY, '\n a "b",\nc ').encode())


def test_a_fault_is_told_by_the_record_s_row():
    assert fault(document(ONE, ONE, ONE + "<UPN")) == ("not-well-formed", 5)


def test_no_more_than_a_record_is_kept_in_memory():
    data = document(*[ONE] * 2000).encode()
    found = Document(
        Transcoded(io.BytesIO(data), encoding="utf-8", size=len(data)),
        records=["CTfile/CTFpupilData/Pupil"],
        encoding="utf-8",
    )
    kept = 0
    for record in found.records():
        if found.count == 1900:
            # what the parser has read ahead is there too: a block, and not two thousand pupils
            kept = sum(1 for _ in record.getroottree().getroot().iter("Pupil"))
    assert found.count == 2000
    assert 0 < kept < 2 * BLOCK // len(ONE)


@pytest.mark.parametrize("between", ["<Other/>", "<Pupils/>"])
def test_records_with_other_elements_among_them_are_refused(between):
    assert fault(document(ONE, between, ONE, between, ONE))[0] == "element-elsewhere"


def test_more_containers_than_any_document_has_are_refused():
    assert fault(document(*[f"{ONE}</CTFpupilData><CTFpupilData>"] * 1100, ONE))[0] == "record-elsewhere"


def test_more_text_than_a_document_can_hold_is_cut_off():
    many = document("<Pupil/>" * 300_000)
    assert fault(many)[0] == "too-large"


@given(
    text=st.lists(
        st.sampled_from(["<Pupil>", "</Pupil>", "<UPN>", "</UPN>", "x", "&amp;", "<!--", "-->", "<![CDATA[", "]]>", "<?", "?>", "&#1;", '"']),
        max_size=12,
    )
)  # fmt: skip
def test_whatever_stands_among_the_pupils_is_read_or_refused(text):
    try:
        found = read(document("".join(text), ONE).encode())
    except StructureInvalid:
        return
    assert CANARY in found
