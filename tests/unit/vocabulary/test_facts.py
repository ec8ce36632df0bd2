"""The allow-list: what has not the shape of a fact cannot be written down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.vocabulary.facts import KINDS, Facts


@pytest.mark.parametrize(
    "facts",
    [
        {"name": "Siobhán"},
        {"surname": "x"},
        {"rows": "12"},
        {"rows": -1},
        {"rows": True},
        {"rows": 1.5},
        {"strict_kex": 1},
        {"route": "Not A Slug"},
        {"route": "12 Acacia Avenue"},
        {"reason": "O'Neil"},
        {"reason": "2011-02-28"},
        {"extract": "zz"},
        {"extract": "E17 4AA"},
        {"transfer": "M320400024001"},
        {"signer": "alice@council.example"},
        {"withheld": {"Ada Lovelace": 1}},
        {"withheld": {"age": -1}},
        {"reasons": ["age"]},
        {"reasons": ("Some Text",)},
        {"at": "2011-02-28"},
        {"host_key": "SHA256:short"},
        {"route": "a\n"},
        {"route": None},
    ],
)
def test_what_is_no_fact_is_refused(facts):
    with pytest.raises(ValueError, match="fact") as caught:
        Facts(**facts)
    assert all(str(value) not in str(caught.value) for value in facts.values() if len(str(value)) > 3)


def test_facts_are_kept_and_joined():
    joined = Facts(rows=3, withheld={"age": 2}) | Facts(rows=4, reasons=("age",))
    assert joined.plain() == {"rows": 4, "withheld": {"age": 2}, "reasons": ["age"]}


@given(st.sampled_from(sorted(k for k, kind in KINDS.items() if kind not in {"count", "flag"})), st.text(min_size=1))
def test_free_text_does_not_fit(name, text):
    free = " " in text or any(ord(c) > 126 for c in text)
    if free:
        with pytest.raises(ValueError, match="fact"):
            Facts(**{name: text})


@pytest.mark.parametrize(
    "text", ["Zoë O'Neil", "12 High Street", "E17 4AA", "2011-02-28", "M320400024001", "07700 900123"]
)
@pytest.mark.parametrize("name", sorted(KINDS))
def test_nothing_that_looks_like_a_childs_data_fits_any_fact(name, text):
    with pytest.raises(ValueError, match="fact"):
        Facts(**{name: text})
