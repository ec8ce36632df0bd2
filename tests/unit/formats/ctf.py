"""Common Transfer Files of invented pupils, and the shipped schema that reads them."""

from collections.abc import Mapping
from pathlib import Path
from xml.sax.saxutils import escape

from gateway.config.pages import load_page
from gateway.contract.schema import Schema

TOP = Path(__file__).resolve().parents[3]
SCHEMA = load_page(TOP, Schema, "yss-ctf")
LINES = "<Address><AddressLines><AddressLine1>{line_1}</AddressLine1><AddressLine2>{line_2}</AddressLine2></AddressLines><PostCode>{postcode}</PostCode></Address>"
BS7666 = (
    "<Address><BS7666Address><SAON>{saon}</SAON><PAON>{paon}</PAON><Street>{street}</Street><Town>{town}</Town>"
    "<UniquePropertyReferenceNumber>{uprn}</UniquePropertyReferenceNumber></BS7666Address><PostCode>{postcode}</PostCode></Address>"
)


def element(name: str, text: str | None) -> str:
    return "" if text is None else f"<{name}>{escape(text)}</{name}>"


def pupil(child: Mapping[str, str], *, sex: str = "Sex", address: str = "", more: str = "") -> str:
    """From fields by their standard names; `address` and `more` are XML."""
    basic = element("FormerUPN", child.get("former_upn")) + element("NCyearActual", child.get("year_group"))
    given = "".join(
        element(name, child.get(field))
        for name, field in (
            ("UPN", "upn"), ("UniqueLearnerNumber", "uln"), ("Surname", "surname"), ("Forename", "forename"),
            ("DOB", "date_of_birth"), (sex, "sex"),
        )
    )  # fmt: skip
    return f"<Pupil>{given}<BasicDetails>{basic}</BasicDetails>{address}{more}</Pupil>\n"


def lines(child: Mapping[str, str]) -> str:
    return LINES.format(line_1=child["address_line_1"], line_2="Walthamstow", postcode=child["postcode"])


def document(
    *pupils: str, version: str = "25.0", tag: str = "CTFversion", prolog: str = "", encoding: str = "utf-8"
) -> str:
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>{prolog}\n<CTfile>\n<Header><DocumentName>Common Transfer File</DocumentName>'
        f"<{tag}>{version}</{tag}><SourceSchool><LEA>320</LEA><Estab>4000</Estab></SourceSchool></Header>\n"
        f"<CTFpupilData>\n{''.join(pupils)}</CTFpupilData>\n</CTfile>\n"
    )
