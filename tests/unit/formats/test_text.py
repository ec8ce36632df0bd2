"""An encoding is what the schema declares, or the file is refused; and what is no text is named."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.formats.text import Transcoded
from gateway.vocabulary.errors import StructureInvalid

CANARY = "Canaryname"
CP1252 = "".join(bytes([byte]).decode("cp1252", "ignore") for byte in range(1, 256))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def read(data: bytes, encoding: str, size: int = 1 << 16) -> str:
    text = Transcoded(io.BytesIO(data), encoding=encoding, size=len(data))
    found = b""
    while block := text.read(size):
        found += block
    assert len(found) <= text.most_bytes
    return found.decode("utf-8")


def fault(data: bytes, encoding: str, size: int = 1 << 16):
    with pytest.raises(StructureInvalid) as refused:
        read(data, encoding, size)
    assert CANARY not in f"{refused.value.message}{refused.value.remedy}{refused.value.code}"
    return refused.value.code, refused.value.row


@given(text=TEXTS, size=st.integers(1, 9))
def test_utf_16_is_read_in_either_order_wherever_it_is_cut(text, size):
    assert read(text.encode("utf-16"), "utf-16", size) == text
    assert read(b"\xfe\xff" + text.encode("utf-16-be"), "utf-16", size) == text


@given(text=st.text(st.sampled_from(CP1252), max_size=30), size=st.integers(1, 9))
def test_windows_1252_is_read_wherever_it_is_cut(text, size):
    data = text.encode("cp1252")
    if not data.startswith(
        (b"PK", b"\x1f\x8b", b"%PDF", b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xd0\xcf", b"{\\rtf")
    ):
        assert read(data, "cp1252", size) == text


def test_utf_8_is_handed_on_as_it_is_with_its_mark_if_it_has_one():
    for data in (b"a,b\n", b"\xef\xbb\xbfa,b\n", b""):
        assert read(data, "utf-8").encode() == data


@pytest.mark.parametrize("byte", [0x81, 0x8D, 0x8F, 0x90, 0x9D])
def test_a_byte_that_means_nothing_in_windows_1252_is_refused_at_its_row(byte):
    assert fault(f"a\n{CANARY}".encode() + bytes([byte]), "cp1252") == ("not-cp1252", 2)
    assert fault(b"a\nb\nc\n" + bytes([byte]), "cp1252", 2) == ("not-cp1252", 4)


def test_the_mark_of_utf_8_in_a_file_declared_as_windows_1252_is_refused():
    assert fault(b"\xef\xbb\xbfa,b\n", "cp1252")[0] == "marked-otherwise"


@pytest.mark.parametrize("declared", ["utf-8", "cp1252"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [f"UPN\t{CANARY}\n" * 99, "a\n", f"a,b\nMuñoz,Ż{CANARY}\n"])
def test_utf_16_that_is_not_declared_is_named_and_not_read(declared, encoding, text):
    assert fault(text.encode(encoding), declared) == ("looks-like-utf-16", 0)
    assert fault(b"\xfe\xff" + text.encode("utf-16-be"), declared, 1) == ("looks-like-utf-16", 0)


@pytest.mark.parametrize("data", [b"a\0", b"\0\0\0\0", b"a\0b\0c,d,\n", b"a,b\nx\0y\n", "a,b\n".encode("utf-32-le")])
def test_other_bytes_that_are_nothing_do_not_look_like_it(data):
    assert read(data, "utf-8").encode() == data, "whoever reads it next refuses them"


@pytest.mark.parametrize("data", [b"a,b\n", "a,b\n".encode("utf-16-le"), "a,b\n".encode("utf-16-be"), b"\xef\xbb\xbfa"])
def test_utf_16_without_its_mark_is_not_guessed_at(data):
    assert fault(data, "utf-16")[0] == "no-byte-order-mark"


@pytest.mark.parametrize("tail", [b"\x00\xd8a\x00", b"a", b"\x00\xdc"])
def test_utf_16_that_breaks_off_or_has_half_a_character_is_refused(tail):
    assert fault("a\nb".encode("utf-16") + tail, "utf-16") == ("not-utf-16", 2)


def workbook() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", CANARY)
    return stream.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("workbook-or-archive", workbook()),
        ("workbook-or-archive", b"PK\x05\x06" + bytes(18)),
        ("old-workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        ("compressed", b"\x1f\x8b\x08" + bytes(20)),
        ("document", b"%PDF-1.7\n" + CANARY.encode()),
        ("document", b"{\\rtf1 " + CANARY.encode()),
    ],
)
def test_what_is_no_text_is_named_whatever_encoding_was_declared(encoding, code, data):
    assert fault(data, encoding) == (code, 0)


@given(data=st.binary(max_size=40), encoding=st.sampled_from(["utf-8", "cp1252", "utf-16"]), size=st.integers(1, 9))
def test_bytes_are_read_or_refused_and_nothing_else(data, encoding, size):
    def outcome() -> str:
        try:
            read(data, encoding, size)
        except StructureInvalid as error:
            return error.code
        return "read"

    # UTF-8 is looked at by whoever reads it next
    assert encoding == "utf-8" or outcome() in {"read", *REFUSED}


REFUSED = {
    "not-cp1252", "not-utf-16", "marked-otherwise", "no-byte-order-mark", "workbook-or-archive", "old-workbook",
    "compressed", "document", "looks-like-utf-16",
}  # fmt: skip
