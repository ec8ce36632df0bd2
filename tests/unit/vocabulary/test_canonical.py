import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.vocabulary import canonical
from gateway.vocabulary.errors import FormatInvalid

leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    leaves, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text("abc", max_size=3), v, max_size=4)
)


@given(st.dictionaries(st.text("abcdef", max_size=5), values, max_size=5))
def test_what_is_spelled_reads_back(value):
    assert canonical.decode(canonical.encode(value), what="it") == value


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]\n", b'{"a":1}', b'{"a": 1}\n', b'{"a":1}\n\n', b'{"b":1,"a":2}\n', b'{"a":1,"a":2}\n',
        b'{"a":1.0}\n', b'{"a":1e2}\n', b'{"a":NaN}\n', b'{"a":"\xc3\xa9"}\n', b'{"a":"\\u0061"}\n', b"\xef\xbb\xbf{}\n",
        b'{"a":' + b"[" * 100_000, b'{"a":-0}\n', b'{"a":01}\n', b"null\n", b'{"a":Infinity}\n', b'{"a":"\\ud800"}\n', b'{"\\udc00":1}\n',
    ],
)  # fmt: skip
def test_any_other_spelling_is_refused(data):
    with pytest.raises(FormatInvalid):
        canonical.decode(data, what="it")


def test_too_much_is_refused_unread():
    with pytest.raises(FormatInvalid, match="larger"):
        canonical.decode(b"x" * 101, what="it", limit=100)


def test_a_number_with_two_spellings_is_not_written():
    with pytest.raises(TypeError):
        canonical.encode({"a": object()})
