import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.contract.schema import Column, Schema
from gateway.minimise.pupil_numbers import ULN_SHAPE, UPN_LETTERS, is_uln, is_upn
from gateway.minimise.session import Session
from gateway.minimise.shapes import faults, readings
from tests.unit.minimise.ground import upn


@pytest.mark.parametrize("number", ["R674123101121", "M320400024001", "Y32040002400A"])
def test_upns_of_others_are_upns(number):
    assert is_upn(number)


@pytest.mark.parametrize("number", ["1000000043", "9999999998", "1234567899"])
def test_ulns_of_others_are_ulns(number):
    assert is_uln(number)


@pytest.mark.parametrize("wrong", ["", "R67412310112", "R6741231011211", "r674123101121", " R674123101121", "R674123101121\n",
                                   "S674123101121", "R67412310112S", "R٦74123101121", "1674123101121"])  # fmt: skip
def test_what_has_not_the_shape_is_no_upn(wrong):
    assert not is_upn(wrong)


@pytest.mark.parametrize(
    "wrong", ["", "100000004", "10000000431", "0000000000", "1000000044", "100000004X", "1000000043\n"]
)
def test_what_has_not_the_shape_or_the_check_digit_is_no_uln(wrong):
    assert not is_uln(wrong)


@given(
    number=st.integers(0, 900_000_000),
    temporary=st.booleans(),
    place=st.integers(0, 12),
    other=st.sampled_from(UPN_LETTERS + "0123456789"),
)
def test_one_wrong_place_is_always_found(number, temporary, place, other):
    right = upn(number, temporary=temporary)
    assert is_upn(right)
    wrong = right[:place] + other + right[place + 1 :]
    if wrong != right and place != 12:
        assert not is_upn(wrong)
    # letters and digits share values in the last place of a temporary UPN only as the standard has it
    if place == 12 and wrong != right and other.isdigit() == right[12].isdigit():
        assert not is_upn(wrong)


SCHEMA = Schema(
    schema_name="numbers", version=1,
    columns=(Column(header="a", field="upn", shape="upn"), Column(header="b", field="uln", shape="uln")),
)  # fmt: skip
GARBLED = st.text(st.sampled_from(UPN_LETTERS + "0123456789SOI a\n"), max_size=14)


@settings(max_examples=20, deadline=None)
@given(
    upns=st.lists(
        st.one_of(GARBLED, st.builds(upn, st.integers(0, 900_000_000), temporary=st.booleans())), max_size=40
    ),
    ulns=st.lists(st.one_of(GARBLED, st.from_regex(ULN_SHAPE, fullmatch=True)), max_size=40),
)
def test_the_engine_and_plain_python_say_the_same(upns, ulns):
    both = min(len(upns), len(ulns))
    expected = [(not is_upn(a), not is_uln(b)) for a, b in zip(upns[:both], ulns[:both], strict=True)]
    assert faults_by_the_engine(upns[:both], ulns[:both]) == expected


@pytest.mark.parametrize(
    "written",
    ["1000000e03", "10000000e2", "+100000004", "-100000004", " 100000004", "100000004 ", "1_00000043", "10000000.0", "0x3b9aca2b",
     "1,00000043", "0100000004", "\t100000004", "1000000\u0660", "9" * 10 + "0"],
)  # fmt: skip
def test_what_an_engine_takes_for_a_number_of_ten_places_is_no_uln(written):
    assert not is_uln(written)
    assert faults_by_the_engine([upn(1)], [written]) == [(False, True)]


def faults_by_the_engine(upns, ulns):
    query = "SELECT $upns[i] AS upn, $ulns[i] AS uln FROM range(1, 1 + len($upns::VARCHAR[])) AS r(i)"
    for reading in readings(SCHEMA):
        query = f"SELECT *, {', '.join(reading)} FROM ({query})"  # noqa: S608 - our own words
    bad = {fault.reason: fault.when for fault in faults(SCHEMA)}
    query = f"SELECT coalesce({bad['bad-upn']}, false), coalesce({bad['bad-uln']}, false) FROM ({query})"  # noqa: S608 - our own words
    with Session.opened(memory_mb=64, threads=1, files=()) as session:
        return session.rows(query, {"upns": upns, "ulns": ulns})
