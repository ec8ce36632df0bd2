"""A collection that nobody has thought of yet: pages of TOML, and no Python."""

import tomllib
from xml.etree import ElementTree as ET

import pytest

from gateway.contract.policy import Policy
from gateway.contract.schema import Schema
from gateway.minimise.disclosures import meaning, parse_meaning
from tests.unit.formats.returns import faults, policy_and_schema, upn
from tests.unit.minimise.ground import a_job, carried_out

TABLE = """
schema_name = "swimming-csv"
version = 1
delimiter = "\\t"
encoding = "cp1252"
columns = [
    { header = "Pupil No", field = "upn", shape = "upn", required = true },
    { header = "First Name", field = "forename", required = true },
    { header = "Last Name", field = "surname", required = true },
    { header = "Born", field = "date_of_birth", shape = "date", required = true },
    { header = "Free Meals", field = "free_school_meals" },
]
"""
DOCUMENT = """
schema_name = "swimming-xml"
version = 1
format = "xml"
columns = [
    { header = "Who/Number", field = "upn", shape = "upn", required = true, blank = ["NONE"] },
    { header = "Who/First", field = "forename", required = true },
    { header = "Who/Last", field = "surname", required = true },
    { header = "Who/Born", field = "date_of_birth", shape = "date", required = true },
]
[xml]
records = ["Swimming/Pools/Pool/Child"]
envelope = ["Swimming/Top/Council", "Swimming/Top/Notes/Note*"]
file_name = "swimming-{Swimming/Top/Council}.xml"
dates = "dd/mm/yyyy"
"""
POLICY = """
policy_name = "swimming"
version = 1
kind = "statutory"
purpose = "swimming"
retention = "Delete when the season ends."
agreement = { reference = "SW-1", review = 2027-10-31 }
floor = { fields = ["upn", "forename", "surname", "date_of_birth", "attainment"], basis = "an invented duty" }
"""
AS_TABLE = POLICY + 'output = [{ header = "No", field = "upn" }, { header = "Name", field = "surname" }]'
AS_DOCUMENT = (
    POLICY
    + """
output_format = "xml"
output = [
    { header = "Who/Number", field = "upn" }, { header = "Who/Last", field = "surname" },
    { header = "Who/First", field = "forename" }, { header = "Who/Born", field = "date_of_birth" },
    { header = "Swum*/Day", field = "attainment" }, { header = "Swum*/Metres", field = "attainment" },
]
"""
)


def child(number: int, swum: str = "") -> str:
    return (
        f"<Child><Who><Number>{upn(number)}</Number><Last>Muñoz</Last><First>Fore{chr(96 + number)}</First>"
        f"<Born>04/03/2012</Born></Who>{swum}</Child>"
    )


def swimming(*pools: str) -> str:
    top = "<Top><Council>320</Council><Notes><Note>a</Note><Note>b</Note></Notes></Top>"
    return f"<Swimming>{top}<Pools>{''.join(f'<Pool>{pool}</Pool>' for pool in pools)}</Pools></Swimming>"


def test_a_table_that_is_described_is_read_and_only_its_output_leaves(tmp_path):
    schema, policy = Schema.model_validate(tomllib.loads(TABLE)), Policy.model_validate(tomllib.loads(AS_TABLE))
    assert faults(policy, schema) == []
    rows = [["Pupil No", "First Name", "Last Name", "Born", "Free Meals"], [upn(1), "Zoë", "Muñoz", "2012-03-04", "Y"]]
    extract = "\r\n".join("\t".join(row) for row in rows).encode("cp1252")
    result = carried_out(a_job(tmp_path, extract, schema=schema, policy=policy))
    assert result.output.decode() == f"No,Name\n{upn(1)},Muñoz\n"


def test_a_document_that_is_described_is_read_judged_and_written_anew(tmp_path):
    schema, policy = Schema.model_validate(tomllib.loads(DOCUMENT)), Policy.model_validate(tomllib.loads(AS_DOCUMENT))
    assert faults(policy, schema) == []
    swum = "<Swum><Day>01/05/2026</Day><Metres>25</Metres></Swum><Swum><Day>08/05/2026</Day><Metres>50</Metres></Swum>"
    text = swimming(child(1, swum) + child(2), child(3))
    result = carried_out(a_job(tmp_path, text.encode(), schema=schema, policy=policy))
    assert (result.outcome.refusals, result.outcome.file_name) == ((), "swimming-320.xml")
    assert ET.canonicalize(result.output.decode(), strip_text=True) == ET.canonicalize(text, strip_text=True)


@pytest.mark.parametrize(
    "spoilt",
    [child(2).replace("<Number>", "<Secret/><Number>"), child(1), child(2, "<Swum><Day><Night/></Day></Swum>")],
)
def test_its_documents_leave_whole_or_not_at_all(tmp_path, spoilt):
    schema, policy = Schema.model_validate(tomllib.loads(DOCUMENT)), Policy.model_validate(tomllib.loads(AS_DOCUMENT))
    result = carried_out(a_job(tmp_path, swimming(child(1), spoilt).encode(), schema=schema, policy=policy))
    assert result.output == b""
    assert result.outcome.refusals or result.outcome.duplicates


def test_what_was_shared_about_a_child_names_each_field_once():
    policy = Policy.model_validate(tomllib.loads(AS_DOCUMENT))
    released = parse_meaning(meaning(policy))["verdicts"]["0"]["released"]
    assert released == ["upn", "surname", "forename", "date_of_birth", "attainment"]


def test_an_inspection_is_given_its_five_columns_and_no_name(tmp_path):
    policy, schema = policy_and_schema("ofsted")
    assert faults(policy, schema) == []
    header = ",".join(column.header for column in schema.columns)
    extract = f"{header}\nC1,{upn(1)},Zoë,Muñoz,2012-03-04,F,WBRI,NONE,E17 4PP\n"
    result = carried_out(a_job(tmp_path, extract.encode(), schema=schema, policy=policy))
    assert result.output.decode() == "ChildID,DateOfBirth,Sex,Ethnicity,Disability\nC1,2012-03-04,F,WBRI,NONE\n"
