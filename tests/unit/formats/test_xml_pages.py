"""Pages about XML say what holds together, and are refused where they do not."""

import pytest
from pydantic import ValidationError

from gateway.contract.elements import Step, parse_source, plain_paths
from gateway.contract.policy import Policy
from gateway.contract.schema import Schema
from tests.unit.formats.returns import faults, policy_and_schema

COLUMN = {"header": "UPN", "field": "upn", "shape": "upn"}
LAYOUT = {"records": ["CTfile/CTFpupilData/Pupil"]}


def schema(**changed):
    return Schema.model_validate(
        {"schema_name": "any", "version": 1, "format": "xml", "columns": [COLUMN], "xml": LAYOUT} | changed
    )


def test_a_source_is_alternatives_of_joined_paths():
    first, second = parse_source("A/B | C[K=v]/D + E")
    assert first == ((Step("A"), Step("B")),)
    assert second == ((Step("C", ("K", "v")), Step("D")), (Step("E"),))
    assert plain_paths("A/B | C[K=v]/D + E") == {"A/B", "C/D", "E"}


@pytest.mark.parametrize(
    "text",
    ["", "A/", "/A", "A//B", "A|B", "A + ", "A | ", "A[B]", "A[B=]", "A[B='x']", "@a", "A/@b", "ns:A", "*", "..", "A/..", "A*", "A/" * 20 + "A", "A\n"],
)  # fmt: skip
def test_a_source_in_another_spelling_is_none(text):
    with pytest.raises(ValueError):
        parse_source(text)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"xml": None}, "needs an [xml] table"),
        ({"format": "csv"}, "needs an [xml] table"),
        ({"columns": [COLUMN | {"header": "//UPN"}]}, "columns[1].header: a path is element names"),
        ({"delimiter": "\t"}, "neither a delimiter nor a last row"),
        ({"last_row": "ended"}, "neither a delimiter nor a last row"),
        ({"xml": {"records": ["Pupil"]}}, "within the root"),
        ({"xml": {"records": ["A/B", "C/D"]}}, "same root element"),
        ({"xml": LAYOUT | {"envelope": ["Other/Header"]}}, "same root element"),
        ({"xml": LAYOUT | {"file_name": "a b.xml"}}, "ends with .xml"),
        ({"xml": LAYOUT | {"file_name": "../{A}.xml"}}, "ends with .xml"),
        ({"xml": LAYOUT | {"file_name": "{A}.csv"}}, "ends with .xml"),
        ({"xml": LAYOUT | {"expect": [{"element": "A|B", "values": ["1"]}]}}, "a path is element names"),
        ({"format": "csv", "xml": None, "columns": [COLUMN | {"blank": ["x"]}]}, "columns[1].blank: is for XML only"),
    ],
)
def test_a_schema_that_does_not_hold_together_is_refused(changed, said):
    with pytest.raises(ValidationError) as refused:
        schema(**changed)
    assert said in str(refused.value)


def changed_policy(**changed):
    policy, _ = policy_and_schema("dfe-cin-census")
    return Policy.model_validate(policy.model_dump(mode="json") | changed)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"output": [{"header": "A B", "field": "upn"}]}, "paths of elements"),
        ({"output": [{"header": "A[B=c]/D", "field": "upn"}]}, "paths of elements"),
        ({"output": [{"header": "A", "field": "upn"}, {"header": "A", "field": "sex"}]}, "an element twice"),
        ({"output": [{"header": "A", "field": "reference"}]}, "no 'reference'"),
        ({"output": [{"header": "A", "field": "surname"}]}, "which no tier releases"),
        ({"kind": "consent", "eligibility": {"from_age": 13, "until_age": 20}}, "special category"),
        ({"kind": "consent", "eligibility": {"from_age": 13, "until_age": 20},
          "floor": {"fields": ["forename"], "basis": "b"}, "output": [{"header": "A", "field": "forename"}]}, "is for statutory policies"),
        ({"output_format": "csv", "output": [{"header": "A" * 65, "field": "upn"}]}, "at most 64 characters"),
    ],
)  # fmt: skip
def test_a_policy_that_cannot_be_xml_is_refused(changed, said):
    with pytest.raises(ValidationError) as refused:
        changed_policy(**changed)
    assert said in str(refused.value)


def test_an_element_that_leaves_as_an_identifier_must_be_the_one_that_is_judged():
    policy, schema = policy_and_schema("dfe-cin-census")
    outputs = [output.model_dump() for output in policy.output]
    outputs[1] = {"header": "ChildIdentifiers/OtherUPN", "field": "upn"}
    (fault,) = faults(Policy.model_validate(policy.model_dump(mode="json") | {"output": outputs}), schema)
    assert fault.key == "output[2].header"


def test_an_xml_output_needs_an_extract_in_xml():
    policy, _ = policy_and_schema("dfe-cin-census")
    _, table = policy_and_schema("dfe-school-census")
    (fault,) = faults(policy, table)
    assert fault.key == "output_format"
