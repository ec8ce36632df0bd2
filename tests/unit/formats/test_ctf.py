"""A Common Transfer File is judged like any other extract, in both versions and both shapes of address."""

import pytest

from gateway.config.pages import load_page
from gateway.contract.policy import Policy
from tests.unit.formats.ctf import BS7666, SCHEMA, TOP, document, lines, pupil
from tests.unit.minimise.ground import a_child, a_job, carried_out, says

POLICY = load_page(TOP, Policy, "yss-ctf")
CONTACTS = (
    "<Contacts><Contact><Order>1</Order><Title>Ms</Title><Surname>Testmann</Surname><Forename>Ada</Forename>"
    "<Phones><Phone><TelephoneType>W</TelephoneType><PhoneNo>020 7946 0001</PhoneNo></Phone></Phones></Contact>"
    "<Contact><Order>2</Order><Surname>Other</Surname><Email>second@home.example</Email></Contact></Contacts>"
)
PHONES = (
    "<Phones><Phone><TelephoneType>M</TelephoneType><PhoneNo>07700 900002</PhoneNo></Phone>"
    "<Phone><TelephoneType>H</TelephoneType><PhoneNo>020 7946 0002</PhoneNo></Phone></Phones>"
)


def judged(folder, text: str | bytes, **rest):
    extract = text.encode() if isinstance(text, str) else text
    return carried_out(a_job(folder, extract, schema=SCHEMA, policy=POLICY, **rest))


def a_pupil(number: int = 1, **cells: str) -> str:
    child = a_child(number, **cells)
    return pupil(child, address=lines(child))


def test_the_floor_of_every_pupil_leaves(tmp_path):
    child = a_child(1, forename="Zoë", surname="O'Neil & Söhne", sex="F")
    result = judged(tmp_path, document(pupil(child, address=lines(child)), a_pupil(2)))
    assert result.outcome.rows_out == 2
    (row,) = (row for row in result.rows if row["Forename"] == "Zoë")
    assert (row["Surname"], row["DateOfBirth"]) == ("O'Neil & Söhne", "2012-03-04")
    assert (row["AddressLine1"], row["AddressLine2"], row["Postcode"]) == ("1 High Road", "Walthamstow", "E17 4PP")


@pytest.mark.parametrize(("version", "tag", "sex"), [("24.0", "CTFVersion", "Gender"), ("25.0", "CTFversion", "Sex")])
def test_both_versions_are_read_in_either_spelling(tmp_path, version, tag, sex):
    child = a_child(1, sex="F")
    text = document(pupil(child, sex=sex, address=lines(child)), version=version, tag=tag)
    assert judged(tmp_path, text).outcome.rows_out == 1


@pytest.mark.parametrize("version", ["23.0", "26.0", "", "25"])
def test_another_version_refuses_the_file(tmp_path, version):
    (refusal,) = judged(tmp_path, document(a_pupil(), version=version)).outcome.refusals
    assert refusal.reason == "another-document"


def test_an_address_in_its_parts_is_put_into_lines(tmp_path):
    child = a_child(1)
    address = BS7666.format(
        saon="Flat 3", paon="12", street="High Road", town="London", uprn="1000", postcode="E17 4PP"
    )
    result = judged(tmp_path, document(pupil(child, address=address)))
    (row,) = result.rows
    assert [row[name] for name in ("AddressLine1", "AddressLine2", "AddressLine3", "Town", "Postcode")] == [
        "Flat 3", "12 High Road", "", "London", "E17 4PP",
    ]  # fmt: skip


def test_a_hold_on_a_house_is_seen_in_an_address_of_either_shape(tmp_path):
    held = {"address_line_1": "Flat 3, 12 High Road", "postcode": "E17 4PP"}
    in_parts = pupil(a_child(1), address=BS7666.format(
        saon="", paon="12", street="High Road", town="London", uprn="", postcode="E17 4PP"))  # fmt: skip
    in_lines = a_pupil(2, address_line_1="12 High Rd.")
    outcome = judged(tmp_path, document(in_parts, in_lines, a_pupil(7)), holds=[held]).outcome
    assert (outcome.rows_out, outcome.withheld) == (1, {"hold": 2})


def test_contacts_and_telephones_leave_with_consent_and_only_the_first_contact_s(tmp_path):
    child = a_child(1)
    text = document(pupil(child, address=lines(child), more=PHONES + CONTACTS), a_pupil(2))
    decisions = [says(child, "parent", "consent", "consented")]
    rows = {row["Forename"]: row for row in judged(tmp_path, text, decisions=decisions).rows}
    row = rows[child["forename"]]
    assert (row["Telephone"], row["Mobile"]) == ("020 7946 0002", "07700 900002")
    assert (row["ParentName"], row["ParentTelephone"], row["ParentEmail"]) == ("Ms Ada Testmann", "020 7946 0001", "")


def test_without_consent_nothing_but_the_floor_leaves_however_much_the_file_holds(tmp_path):
    child = a_child(1, year_group="9", former_upn=a_child(9)["upn"])
    more = (
        PHONES
        + CONTACTS
        + "<FSMhistory><FSMreviewDate>2026-01-01</FSMreviewDate></FSMhistory><LookedAfter><InCare>true</InCare></LookedAfter>"
    )
    result = judged(tmp_path, document(pupil(child, address=lines(child), more=more)))
    for word in ("07700", "020", "Ada", "second", "2026-01-01", "true", child["former_upn"], child["upn"]):
        assert word not in result.output.decode()


@pytest.mark.parametrize(
    ("cells", "place"),
    [
        ({"date_of_birth": "04/03/2012"}, 'row 3: "DOB" is not a date'),
        ({"upn": "A123"}, 'row 3: "UPN" is not a UPN'),
        ({"surname": ""}, 'row 3: "Surname" is empty'),
        ({"postcode": "London"}, 'row 3: "Address/PostCode" is not a postcode'),
    ],
)
def test_a_bad_record_is_withheld_and_told_by_its_place(tmp_path, cells, place):
    outcome = judged(tmp_path, document(a_pupil(1), a_pupil(2, **cells), a_pupil(3))).outcome
    assert (outcome.rows_out, outcome.places) == (2, (place,))


def test_a_pupil_who_stands_in_it_twice_is_told(tmp_path):
    assert len(judged(tmp_path, document(a_pupil(1), a_pupil(1))).outcome.duplicates) == 2


def test_a_pupil_without_an_address_is_withheld(tmp_path):
    outcome = judged(tmp_path, document(pupil(a_child(1)))).outcome
    assert outcome.withheld == {"too-few-identifiers": 1}


@pytest.mark.parametrize("spoil", ["<UPN>x</UPN>", "<Surname>Other</Surname>"])
def test_a_value_that_stands_there_twice_refuses_the_file(tmp_path, spoil):
    child = a_child(1)
    (refusal,) = judged(tmp_path, document(pupil(child, address=lines(child), more=spoil))).outcome.refusals
    assert (refusal.reason, refusal.sentence[:6]) == ("element-twice", "row 2 ")


def test_thousands_of_pupils_are_counted_as_they_are_read(tmp_path):
    text = document(
        *(
            a_pupil(
                n,
                surname=f"Test{'abcdefghij'[n % 10]}{'abcdefghij'[n // 10 % 10]}{'abcdefghij'[n // 100 % 10]}{'abcdefghij'[n // 1000]}",
            )
            for n in range(1, 3001)
        )
    )
    outcome = judged(tmp_path, text, slice_bytes=1 << 17).outcome
    assert (outcome.rows_in, outcome.rows_out) == (3000, 3000)
