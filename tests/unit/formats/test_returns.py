"""A return leaves as the same document, written anew: what is allowed of it, all of its children, or nothing."""

import re
from xml.etree import ElementTree as ET

import pytest

from gateway.contract.policy import Holds
from gateway.formats.xml.validating import Validating, compiled
from gateway.vocabulary.errors import ConfigError
from tests.unit.formats.returns import (
    XML_ROUTES,
    cin,
    cin_child,
    faults,
    header,
    looked_after,
    policy_and_schema,
    pupil,
    school_census,
)
from tests.unit.minimise.ground import a_job, carried_out, upn

CANARY = "Canaryname"
CIN, CENSUS, CARE, AP = "dfe-cin-census", "dfe-school-census-xml", "dfe-ssda903", "dfe-ap-census"


def judged(folder, text: str, route: str = CIN, **rest):
    policy, schema = policy_and_schema(route)
    return carried_out(a_job(folder, text.encode(), schema=schema, policy=policy, **rest))


def refusals(folder, text: str, route: str = CIN, **rest) -> list[str]:
    result = judged(folder, text, route, **rest)
    assert result.output == b""
    for refusal in result.outcome.refusals:
        assert CANARY not in refusal.sentence
    return [refusal.reason for refusal in result.outcome.refusals]


@pytest.mark.parametrize("route", XML_ROUTES)
def test_every_shipped_return_names_its_specification_and_holds_together(route):
    policy, schema = policy_and_schema(route)
    assert faults(policy, schema) == []
    assert re.search("unconfirmed", schema.specification)
    assert policy.kind == "statutory"


def test_a_document_comes_out_with_the_same_children_and_the_same_values(tmp_path):
    text = cin(cin_child(1), cin_child(2))
    result = judged(tmp_path, text)
    assert result.outcome.refusals == ()
    assert (result.outcome.rows_in, result.outcome.rows_out) == (2, 2)
    assert ET.canonicalize(result.output.decode(), strip_text=True) == ET.canonicalize(text, strip_text=True)


@pytest.mark.parametrize(
    ("route", "text", "name"),
    [
        (CIN, cin(cin_child()), "320LLLL_CIN_320LL25_001.xml"),
        (CIN, cin(cin_child(), top=header("CIN", year="2024", serial="017")), "320LLLL_CIN_320LL24_017.xml"),
        (CENSUS, school_census(pupil()), "3204000_SC1_320LL25_001.xml"),
        (CARE, f"<EXPSSDA903>{looked_after()}</EXPSSDA903>", "SSDA903.xml"),
        (AP, f"<Message>{header('AP')}<Pupils>{pupil(tag='Pupil')}</Pupils></Message>", "320LLLL_AP_320LL25_001.xml"),
    ],
)
def test_the_file_is_named_from_its_own_header_and_a_count_says_so_before_anybody_signs(tmp_path, route, text, name):
    assert judged(tmp_path, text, route).outcome.file_name == name
    counted = judged(tmp_path, text, route, count_only=True, disclosures=None)
    assert (counted.output, counted.outcome.file_name) == (b"", name)


@pytest.mark.parametrize("serial", [CANARY + " x", "../1", "", "1" * 21, "1<a/>"])
def test_a_header_that_cannot_be_part_of_a_name_refuses_the_file(tmp_path, serial):
    assert refusals(tmp_path, cin(cin_child(), top=header("CIN", serial=serial)))[0] in (
        "header-without-name", "element-in-value",
    )  # fmt: skip


def test_nothing_of_the_file_itself_survives_but_its_values(tmp_path):
    text = cin(cin_child(1)).replace("<Child>", f'<Child note="{CANARY}"><!-- {CANARY} --><?x {CANARY}?>')
    text = text.replace("<Ethnicity>WBRI", "<Ethnicity>\n  W<![CDATA[BR]]>&#73;")
    output = judged(tmp_path, text).output.decode()
    assert CANARY not in output
    assert "<Ethnicity>WBRI</Ethnicity>" in output


def test_values_are_escaped_as_they_are_written(tmp_path):
    output = judged(tmp_path, cin(cin_child(1, LAchildID="a&lt;b&gt;&amp;c"))).output.decode()
    assert "<LAchildID>a&lt;b&gt;&amp;c</LAchildID>" in output


def test_pupils_on_roll_and_no_longer_on_roll_all_leave_where_they_stood(tmp_path):
    text = school_census(pupil(1) + pupil(2), pupil(3, tag="PupilNoLongerOnRoll"))
    result = judged(tmp_path, text, CENSUS)
    assert result.outcome.rows_out == 3
    assert ET.canonicalize(result.output.decode(), strip_text=True) == ET.canonicalize(text, strip_text=True)


@pytest.mark.parametrize(
    ("text", "route"),
    [
        (cin(cin_child(1, f"<Secret>{CANARY}</Secret>")), CIN),
        (cin(cin_child(1).replace("<ChildCharacteristics>", f"<Name>{CANARY}</Name><ChildCharacteristics>")), CIN),
        (cin(cin_child(1), top=header("CIN", more=f"<Contact>{CANARY}</Contact>")), CIN),
        (cin(cin_child(1)).replace("<Children>", f"<Staff>{CANARY}</Staff><Children>"), CIN),
        (cin(cin_child(1)).replace("</Children>", f"</Children><Staff>{CANARY}</Staff>"), CIN),
        (school_census(pupil(1), school=f"<School><Head>{CANARY}</Head></School>"), CENSUS),
        (school_census(pupil(1)).replace("</PupilsOnRoll>", f"<Staff>{CANARY}</Staff></PupilsOnRoll>"), CENSUS),
        (school_census(pupil(1, Notes=CANARY)), CENSUS),
        (f"<EXPSSDA903>{looked_after(1, NAME=CANARY)}</EXPSSDA903>", CARE),
    ],
)
def test_an_element_that_nobody_allowed_refuses_the_file(tmp_path, text, route):
    assert refusals(tmp_path, text, route) == ["unknown-element"]
    assert refusals(tmp_path, text, route, count_only=True, disclosures=None) == ["unknown-element"]


def test_where_the_page_says_so_what_nobody_allowed_is_left_out(tmp_path):
    policy, schema = policy_and_schema(CENSUS)
    dropping = schema.model_copy(update={"xml": schema.xml.model_copy(update={"unknown": "drop"})})
    text = school_census(
        pupil(1, Notes=CANARY) + pupil(2, more=f"<Secret><Deep>{CANARY}</Deep></Secret>"),
        school=f"<School><Head>{CANARY}</Head></School>",
    )
    result = carried_out(a_job(tmp_path, text.encode(), schema=dropping, policy=policy))
    assert result.outcome.rows_out == 2
    assert CANARY not in result.output.decode()


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (cin_child(2, PersonBirthDate="04/03/2012"), "bad-rows"),
        (cin_child(2, LAchildID=""), "bad-rows"),
        (cin_child(2, UPN="A123"), "bad-rows"),
        (cin_child(1), "duplicates"),
        (
            cin_child(2).replace(
                "</ChildIdentifiers>", f"</ChildIdentifiers><ChildIdentifiers><UPN>{upn(3)}</UPN></ChildIdentifiers>"
            ),
            "element-twice",
        ),
        (cin_child(2).replace("<UPN>", f"<UPN>{upn(3)}</UPN><UPN>"), "element-twice"),
        (cin_child(2).replace("<CINdetails>", f"{CANARY}<CINdetails>"), "text-among-elements"),
        (cin_child(2).replace("WBRI", "<b>WBRI</b>"), "element-in-value"),
        (cin_child(2).replace("<Section47>", f"<Section47>{CANARY}", 1), "text-among-elements"),
    ],
)
def test_one_bad_child_refuses_the_whole_return(tmp_path, spoilt, reason):
    text = cin(cin_child(1), spoilt)
    result = judged(tmp_path, text)
    found = [refusal.reason for refusal in result.outcome.refusals]
    if reason == "duplicates" and not found:
        assert result.outcome.duplicates
        result = judged(tmp_path, text, exclude=result.outcome.duplicates)
        found = [refusal.reason for refusal in result.outcome.refusals]
    assert found == [reason]
    assert result.output == b""
    assert CANARY not in result.outcome.refusals[0].sentence


def test_a_held_child_refuses_the_return_and_not_a_byte_of_it_is_written(tmp_path):
    held = {"local_id": "LA2"}
    assert refusals(tmp_path, cin(cin_child(1), cin_child(2)), holds=[held]) == ["review-needed"]


@pytest.mark.parametrize("changed", [("CIN", "2023"), ("SC1", "2025"), ("", "2025")])
def test_another_collection_or_year_refuses_the_file(tmp_path, changed):
    collection, year = changed
    text = cin(cin_child(1), top=header(collection, year=year))
    assert refusals(tmp_path, text) == ["another-document"]


def test_a_document_that_is_cut_off_leaves_nothing(tmp_path):
    text = cin(cin_child(1), cin_child(2))
    assert refusals(tmp_path, text[: len(text) - 40]) == ["not-well-formed"]


def test_days_of_looked_after_children_are_judged_as_days_and_leave_as_they_were(tmp_path):
    text = f"<EXPSSDA903>{looked_after(1)}{looked_after(2)}</EXPSSDA903>"
    result = judged(tmp_path, text, CARE)
    assert result.outcome.refusals == ()
    assert result.output.count(b"<DOB>04/03/2012</DOB>") == 2
    assert refusals(tmp_path, text.replace("04/03/2012", "31/02/2012", 1), CARE) == ["bad-rows"]
    assert refusals(tmp_path, text.replace("04/03/2012", "2012-03-04", 1).replace("2012-03-04", "4/3/2012"), CARE) == [
        "bad-rows"
    ]


def test_thousands_of_children_are_written_as_they_are_read(tmp_path):
    text = cin(*(cin_child(n) for n in range(1, 3001)))
    result = judged(tmp_path, text)
    assert result.outcome.rows_out == 3000
    assert ET.canonicalize(result.output.decode(), strip_text=True) == ET.canonicalize(text, strip_text=True)


XSD = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="Message"><xs:complexType><xs:sequence>
<xs:element name="Header"><xs:complexType><xs:sequence><xs:any processContents="skip" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
<xs:element name="Children"><xs:complexType><xs:sequence><xs:element name="Child" maxOccurs="unbounded"><xs:complexType><xs:sequence>
<xs:element name="ChildIdentifiers"><xs:complexType><xs:sequence><xs:element name="LAchildID" type="xs:string"/>
<xs:any processContents="skip" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element>
<xs:any processContents="skip" maxOccurs="unbounded"/></xs:sequence></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
</xs:sequence></xs:complexType></xs:element></xs:schema>"""


def test_a_return_that_fits_its_collection_s_xsd_leaves(tmp_path):
    result = judged(tmp_path, cin(cin_child(1), cin_child(2)), xsd=XSD.encode())
    assert (result.outcome.refusals, result.outcome.rows_out) == ((), 2)


@pytest.mark.parametrize("count_only", [False, True])
def test_a_return_that_does_not_fit_its_xsd_is_refused_already_when_it_is_counted(tmp_path, count_only):
    stricter = XSD.replace('type="xs:string"', 'type="xs:integer"').encode()
    outcome = judged(
        tmp_path, cin(cin_child(1), cin_child(2)), xsd=stricter, count_only=count_only, disclosures=None
    ).outcome
    assert [refusal.reason for refusal in outcome.refusals] == ["not-valid"]


@pytest.mark.parametrize(
    "xsd",
    ["", "<a/>", "<xs:schema", XSD.replace("<xs:element", '<xs:include schemaLocation="other.xsd"/><xs:element', 1),
     XSD.replace("<xs:element", '<xs:import namespace="urn:x" schemaLocation="file:///etc/passwd"/><xs:element', 1)],
)  # fmt: skip
def test_an_xsd_that_is_none_or_brings_in_other_files_cannot_be_used(xsd):
    with pytest.raises(ConfigError):
        compiled(xsd.encode())


def test_validation_keeps_no_more_than_a_record_in_memory():
    validating = Validating(XSD.encode(), records=["Child"])
    before, behind = cin("@").split("@")
    for piece in (before, *(cin_child(number) for number in range(300)), behind):
        validating.feed(piece.encode())
    root = validating._parser.close()
    assert sum(1 for _ in root.iter("Child")) == 1


KEPT = (
    "address_line_1", "address_line_2", "address_line_3", "address_line_4", "address_line_5", "town", "county",
    "postcode", "uprn",
)  # fmt: skip


def by_field(folder, text: str, **rest):
    policy, schema = policy_and_schema(CENSUS)
    kept = tuple(field for field in KEPT if field in policy.floor.fields)
    holds = Holds(rule="by-field", fields=kept)
    changed = policy.model_copy(update={"holds": holds})
    return carried_out(a_job(folder, text.encode(), schema=schema, policy=changed, **rest))


def records(output: bytes):
    return {pupil.findtext(".//UPN"): pupil for pupil in ET.fromstring(output).iter("PupilOnRoll")}  # noqa: S314 - our own output


def test_of_a_child_on_hold_the_elements_that_are_kept_back_are_not_written_and_no_empty_ones_for_them(tmp_path):
    text = school_census(pupil(1) + pupil(2) + pupil(3))
    result = by_field(tmp_path, text, holds=[{"upn": upn(2)}])
    assert (result.outcome.refusals, result.outcome.rows_out, result.outcome.kept_back) == ((), 3, 1)
    found = records(result.output)
    assert b"2 High Road" not in result.output
    assert found[upn(2)].find("HomeInformation") is None
    assert found[upn(2)].findtext(".//Surname") == "Testmann"
    assert [found[upn(n)].findtext(".//AddressLine1") for n in (1, 3)] == ["1 High Road", "3 High Road"]


def test_what_the_hold_officer_lets_out_is_written(tmp_path):
    result = by_field(
        tmp_path, school_census(pupil(1)), holds=[{"upn": upn(1)}], approved=frozenset({"postcode"})
    )  # fmt: skip
    assert b"<PostCode>E17 4PP</PostCode>" in result.output
    assert b"High Road" not in result.output


def test_an_element_that_no_page_names_refuses_a_return_of_children_on_hold_too(tmp_path):
    text = school_census(pupil(1, more=f"<Strange>{CANARY}</Strange>"))
    result = by_field(tmp_path, text, holds=[{"upn": upn(1)}])
    assert [refusal.reason for refusal in result.outcome.refusals] == ["unknown-element"]
    assert result.output == b""
