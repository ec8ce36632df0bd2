"""Who is recognised as whom. Everything that a hold must catch is a row of the first table."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.minimise.identifiers import pseudonyms, subject
from gateway.minimise.keying import PSEUDONYM, keyed
from gateway.minimise.session import Session
from gateway.vocabulary.errors import RegisterInvalid
from tests.unit.minimise.ground import REGISTER_KEY, a_child, judged, upn

CANARY = "Canaryname"
HELD = {"address_line_1": "Flat 3, 12 High Street", "postcode": "E17 4PP"}
NAMED = {"forename": "Zoë-Anne", "surname": "O’Neill", "date_of_birth": "2012-03-04"}


def born(forename, surname, date_of_birth="2012-03-04", **rest):
    return {"forename": forename, "surname": surname, "date_of_birth": date_of_birth, "postcode": "E10 1AA"} | rest


CAUGHT = {
    "by UPN": ({"upn": upn(1)}, {"upn": upn(1)}),
    "by a former UPN that the hold knows as UPN": ({"upn": upn(2)}, {"former_upn": upn(2)}),
    "by a UPN that the hold knows as former": ({"former_upn": upn(1)}, {"upn": upn(1)}),
    "by ULN": ({"uln": "1000000043"}, {"uln": "1000000043"}),
    "by local id, blanks and capitals aside": ({"local_id": " ab-1"}, {"local_id": "AB-1 "}),
    "by UPRN, leading zeros aside": ({"uprn": "000100023336956"}, {"uprn": "100023336956"}),
    "by name and birthday": (NAMED, born("Zoë-Anne", "O’Neill")),
    "by a name without accents": (NAMED, born("Zoe-Anne", "O'Neill")),
    "by a name in capitals": (NAMED, born("ZOË ANNE", "O NEILL")),
    "by a decomposed accent": (NAMED, born("Zoe\u0308Anne", "ONeill")),
    "by a name that is cut elsewhere": (NAMED, born("Zoë", "Anne-O’Neill")),
    "by a stroked letter": ({"forename": "Łukasz", "surname": "Ørsted", "date_of_birth": "2012-03-04"}, born("Lukasz", "Orsted")),
    "by a name in another script": ({"forename": "李", "surname": "王", "date_of_birth": "2012-03-04"}, born("李", "王")),
    "by the name the file says is preferred": (NAMED, born("Zac", "Smith", preferred_forename="Zoe Anne", preferred_surname="ONeill")),
    "by a preferred surname alone": (NAMED, born("Zoe-Anne", "Smith", preferred_surname="O'Neill")),
    "by the preferred name the hold knows": (
        {**NAMED, "preferred_forename": "Zac"}, born("Zac", "O'Neill")),
    "at the same address": (HELD, HELD),
    "at the address in another spelling": (HELD, {"address_line_1": "3/12 HIGH ST.", "postcode": "e174pp"}),
    "at the address on two lines": (HELD, {"address_line_1": "Flat 3", "address_line_2": "12 High Street", "postcode": "E17 4PP"}),
    "at the address in the other order": (HELD, {"address_line_1": "12 High Street, Flat 3", "postcode": "E17 4PP"}),
    "at the house without the flat": (HELD, {"address_line_1": "12 High Street", "postcode": "E17 4PP"}),
    "in another flat of the house": (HELD, {"address_line_1": "Flat 9, 12 High Street", "postcode": "E17 4PP"}),
    "at the house with a letter": (HELD, {"address_line_1": "12a High Street", "postcode": "E17 4PP"}),
    "at no number in the postcode": (HELD, {"address_line_1": "High Street", "postcode": "E17 4PP"}),
    "anywhere in the postcode of a held house without a number": (
        {"address_line_1": "Rose Cottage", "postcode": "E17 4PP"}, {"address_line_1": "5 Mill Lane", "postcode": "E17 4PP"}),
}  # fmt: skip
NOT_CAUGHT = {
    "another UPN": ({"upn": upn(1)}, {"upn": upn(2)}),
    "the UPN of one as the local id of another": ({"upn": upn(1)}, {"upn": upn(2), "local_id": upn(1)}),
    "the same name, another birthday": (NAMED, born("Zoe Anne", "ONeill", "2012-03-05")),
    "the same birthday, another name": (NAMED, born("Zac", "Smith")),
    "another house": (HELD, {"address_line_1": "14 High Street", "postcode": "E17 4PP"}),
    "a house whose number only begins alike": (HELD, {"address_line_1": "121 High Street", "postcode": "E17 4PP"}),
    "the same number in another postcode": (HELD, {"address_line_1": "12 High Street", "postcode": "E17 4PQ"}),
}


def caught(folder, held, cells) -> bool:
    child = a_child(1, **({"address_line_1": "77 Other Road"} | cells))
    outcome = judged(folder, [child, a_child(5, postcode="E11 1AA")], holds=[held]).outcome
    assert outcome.rows_in == 2
    return outcome.withheld == {"hold": 1}


@pytest.mark.parametrize("case", CAUGHT)
def test_a_held_child_is_recognised(tmp_path, case):
    assert caught(tmp_path, *CAUGHT[case])


@pytest.mark.parametrize("case", NOT_CAUGHT)
def test_another_child_is_not(tmp_path, case):
    assert not caught(tmp_path, *NOT_CAUGHT[case])


def test_everybody_at_a_held_address_is_withheld(tmp_path):
    family = [a_child(n, address_line_1="12 High Street") for n in (1, 2, 3)]
    outcome = judged(tmp_path, [*family, a_child(4)], holds=[HELD]).outcome
    assert (outcome.withheld, outcome.rows_out) == ({"hold": 3}, 1)


def test_one_key_and_one_child_always_make_the_same_pseudonyms():
    child = a_child(1, uprn="100", local_id="L1")
    found = pseudonyms(child, key=REGISTER_KEY)
    assert found == pseudonyms(child, key=REGISTER_KEY)
    assert {kind for kind, _ in found} == {"upn", "local_id", "name_dob", "address", "uprn"}
    assert {len(pseudonym) for _, pseudonym in found} == {PSEUDONYM}
    assert not set(found) & set(pseudonyms(child, key=bytes(32)))


def test_a_subject_is_known_by_the_pseudonym_of_the_upn():
    assert dict(pseudonyms({"upn": upn(1)}, key=REGISTER_KEY))["upn"] == subject(upn(1), key=REGISTER_KEY)


@settings(max_examples=30, deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200),
    key=st.binary(min_size=32, max_size=32),
)
def test_the_engine_keys_as_the_standard_library_does(text, key):
    with Session.opened(memory_mb=64, threads=1, files=()) as session:
        ((pseudonym,),) = session.rows(f"SELECT {keyed('$text::VARCHAR')}", {"text": text, "pseudonym_key": key})
    assert pseudonym == sha256(key + text.encode()).digest()[:PSEUDONYM]


@pytest.mark.parametrize(
    "child",
    [
        {},
        {"upn": "  "},
        {"forename": CANARY, "surname": CANARY},
        {"forename": CANARY, "date_of_birth": "2012-03-04"},
        {"postcode": "E17 4PP"},
        {"address_line_1": f"1 {CANARY}"},
        {"phone": CANARY},
        {"upn": CANARY},
        {"upn": upn(1)[:-1] + "9"},
        {"uln": "1234567890"},
        {"upn": upn(1), "date_of_birth": CANARY},
        {"upn": upn(1), "postcode": CANARY},
    ],
)
def test_what_does_not_identify_a_child_is_refused_without_repeating_it(child):
    with pytest.raises(RegisterInvalid) as refused:
        pseudonyms(child, key=REGISTER_KEY)
    assert CANARY not in f"{refused.value.message}{refused.value.remedy}"
