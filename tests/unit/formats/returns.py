"""The shipped routes of statutory returns, and small documents of invented children for them."""

from pathlib import Path

from gateway.config.crosschecks import a_child_can_be_judged, columns_feed_the_output
from gateway.config.pages import load_page
from gateway.contract.partner import Partner
from gateway.contract.policy import Policy
from gateway.contract.route import Route, RoutePage
from gateway.contract.schema import Schema
from tests.unit.minimise.ground import upn

TOP = Path(__file__).resolve().parents[3]
XML_ROUTES = ("dfe-school-census-xml", "dfe-ap-census", "dfe-cin-census", "dfe-ssda903")


def policy_and_schema(route: str) -> tuple[Policy, Schema]:
    page = load_page(TOP, RoutePage, route)
    return load_page(TOP, Policy, page.policy), load_page(TOP, Schema, page.schema_name)


def faults(policy: Policy, schema: Schema):
    """What speaks against the two together, whoever the partner is."""
    nobody = Partner.model_construct(partner="nobody", recipient="", endpoint=None, acknowledgement="none")
    page = RoutePage(route="any", partner="nobody", policy=policy.policy_name, schema_name=schema.schema_name)
    route = Route(page=page, partner=nobody, policy=policy, schema=schema)
    return [fault for check in (columns_feed_the_output, a_child_can_be_judged) for fault in check(route)]


def header(collection: str, *, estab: str = "", year: str = "2025", serial: str = "001", more: str = "") -> str:
    establishment = f"<Estab>{estab}</Estab>" if estab else ""
    return (
        f"<Header><CollectionDetails><Collection>{collection}</Collection><Year>{year}</Year>"
        f"<ReferenceDate>{year}-03-31</ReferenceDate></CollectionDetails><Source><SourceLevel>L</SourceLevel><LEA>320</LEA>"
        f"{establishment}<SerialNo>{serial}</SerialNo><DateTime>{year}-04-01T09:00:00</DateTime></Source>{more}</Header>\n"
    )


def cin_child(number: int = 1, more: str = "", **cells: str) -> str:
    given = {
        "UPN": upn(number),
        "LAchildID": f"LA{number}",
        "PersonBirthDate": "2012-03-04",
        "GenderCurrent": "1",
    } | cells
    order = ("LAchildID", "UPN", "FormerUPN", "UPNunknown", "PersonBirthDate", "GenderCurrent")
    identifiers = "".join(f"<{name}>{given[name]}</{name}>" for name in order if name in given)
    return (
        f"<Child><ChildIdentifiers>{identifiers}</ChildIdentifiers><ChildCharacteristics><Ethnicity>WBRI</Ethnicity>"
        "<Disabilities><Disability>LD</Disability><Disability>AUT</Disability></Disabilities></ChildCharacteristics>"
        "<CINdetails><CINreferralDate>2025-01-02</CINreferralDate><ReferralSource>1A</ReferralSource>"
        "<Section47><S47ActualStartDate>2025-02-01</S47ActualStartDate><ICPCnotRequired>false</ICPCnotRequired></Section47>"
        "<Section47><S47ActualStartDate>2025-03-01</S47ActualStartDate><ICPCnotRequired>true</ICPCnotRequired></Section47>"
        f"<ReferralNFA>false</ReferralNFA>{more}</CINdetails></Child>\n"
    )


def cin(*children: str, top: str | None = None) -> str:
    return f'<?xml version="1.0" encoding="utf-8"?>\n<Message>{header("CIN") if top is None else top}<Children>{"".join(children)}</Children></Message>\n'


def pupil(number: int = 1, *, tag: str = "PupilOnRoll", more: str = "", **cells: str) -> str:
    given = {
        "UPN": upn(number),
        "Surname": "Testmann",
        "Forename": f"Fore{chr(96 + number)}",
        "DOB": "2012-03-04",
        "Sex": "F",
    } | cells
    identifiers = "".join(f"<{name}>{text}</{name}>" for name, text in given.items())
    return (
        f"<{tag}><PupilIdentifiers>{identifiers}</PupilIdentifiers><PupilCharacteristics><Ethnicity>WBRI</Ethnicity></PupilCharacteristics>"
        f"<HomeInformation><Address><AddressLines><AddressLine1>{number} High Road</AddressLine1></AddressLines><PostCode>E17 4PP</PostCode>"
        f"</Address></HomeInformation>{more}</{tag}>\n"
    )


def school_census(on_roll: str, off_roll: str = "", *, school: str = "") -> str:
    off = f"<PupilsNoLongerOnRoll>{off_roll}</PupilsNoLongerOnRoll>" if off_roll else ""
    top = header("SC1", estab="4000")
    return f"<Message>{top}{school}<Pupils><PupilsOnRoll>{on_roll}</PupilsOnRoll>{off}</Pupils></Message>"


def looked_after(number: int = 1, **cells: str) -> str:
    given = {"CHILDID": f"C{number}", "UPN": upn(number), "SEX": "1", "DOB": "04/03/2012", "ETHNIC": "WBRI"} | cells
    values = "".join(f"<{name}>{text}</{name}>" for name, text in given.items())
    return (
        f"<CHILD><HEADER>{values}</HEADER><EPISODE><DECOM>01/04/2025</DECOM><RNE>S</RNE><PL_POST>E17 4PP</PL_POST></EPISODE>"
        "<EPISODE><DECOM>01/06/2025</DECOM></EPISODE></CHILD>"
    )
