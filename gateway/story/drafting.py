"""Proposes a schema for an extract that has none yet, for a person to finish.

Headers are matched with the standard names by what systems usually call them; shapes, encoding
and delimiter are guessed from the file's beginning. Guesses are for a proposal only: what is
signed in the end is a page that somebody has read. No cell is ever repeated, and a first row
that looks like a child instead of a header is not repeated either.
"""

import codecs
import csv
import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

from gateway.contract.fields import FieldName, Shape
from gateway.formats.text import refuse_no_text
from gateway.minimise.pupil_numbers import is_uln, is_upn
from gateway.minimise.shapes import POSTCODE_SHAPE
from gateway.vocabulary.errors import ExtractInvalid

LOOKED_AT: Final = 1 << 20
MOST_ROWS: Final = 1000
DELIMITERS: Final = (",", "\t", ";", "|")
SYNONYMS: Final[dict[FieldName, str]] = {
    "upn": "upn uniquepupilnumber pupilupn",
    "former_upn": "formerupn previousupn",
    "uln": "uln uniquelearnernumber",
    "local_id": "localid pupilid studentid personid ypid ypidnumber lachildid childid admissionnumber",
    "forename": "forename firstname givenname legalforename",
    "middle_names": "middlename middlenames",
    "surname": "surname lastname familyname legalsurname",
    "preferred_forename": "preferredforename preferredfirstname chosenforename knownas",
    "preferred_surname": "preferredsurname preferredlastname chosensurname",
    "former_surname": "formersurname previoussurname",
    "date_of_birth": "dob dateofbirth birthdate personbirthdate",
    "sex": "sex gender",
    "address_line_1": "address addressline1 address1 saon",
    "address_line_2": "addressline2 address2 street",
    "address_line_3": "addressline3 address3 locality",
    "address_line_4": "addressline4 address4",
    "address_line_5": "addressline5 address5",
    "town": "town posttown city",
    "county": "county administrativearea",
    "postcode": "postcode postalcode homepostcode",
    "uprn": "uprn uniquepropertyreferencenumber",
    "phone": "phone telephone telephonenumber hometelephone homephone",
    "mobile": "mobile mobilenumber mobilephone",
    "email": "email emailaddress",
    "parent_name": "parentname contactname parentcarername carername",
    "parent_phone": "parentphone parenttelephone contacttelephone",
    "parent_email": "parentemail contactemail",
    "school_name": "school schoolname establishmentname basename",
    "school_number": "dfeno dfenumber laestab estab schoolnumber",
    "school_urn": "urn schoolurn",
    "year_group": "year yeargroup ncyear ncyearactual nationalcurriculumyear",
    "enrolment_status": "enrolstatus enrolmentstatus",
    "entry_date": "entrydate startdate dateofadmission",
    "leaving_date": "leavingdate enddate dateofleaving",
    "first_language": "firstlanguage language homelanguage",
    "free_school_meals": "fsm fsmeligible freeschoolmeals",
    "youth_support_agreement": "yssa youthsupportagreement youthsupportservicesagreement",
    "ethnicity": "ethnicity ethniccode ethnicgroup",
    "sen_provision": "sen senprovision senstatus",
    "sen_need": "senneed sentype primaryneed",
    "disability": "disability disabilities",
    "looked_after": "lookedafter lac incare cla",
    "post_16_offer": "post16offer septemberguarantee",
    "intended_destination": "intendeddestination",
    "current_activity": "currentactivity activity",
    "notes": "notes comments remarks",
}  # fmt: skip
_FIELD_OF: Final = {name: field for field, names in SYNONYMS.items() for name in names.split()}
_ISO, _BRITISH = re.compile(r"\d{4}-\d\d-\d\d"), re.compile(r"\d\d?/\d\d?/\d{4}")
_SHAPES: Final[dict[Shape, Callable[[str], object]]] = {
    "upn": is_upn,
    "uln": is_uln,
    "date": _ISO.fullmatch,
    "postcode": re.compile(POSTCODE_SHAPE).fullmatch,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftColumn:
    """`field` is None where nobody calls it so; `british`: its days are spelled 31/05/2010."""

    header: str
    field: FieldName | None
    shape: Shape
    british: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftSchema:
    encoding: str
    delimiter: str
    ended: bool
    """The last row has its line end: of one that has none it is known from then on that it broke off."""
    columns: tuple[DraftColumn, ...]


def draft_schema(stream: BinaryIO) -> DraftSchema:
    """From a delimited file's beginning.

    Raises:
        ExtractInvalid: it is no table, or its first row is no header.
    """
    data = stream.read(LOOKED_AT)
    refuse_no_text(data)
    encoding, text = _decoded(data)
    lines = text.splitlines(keepends=True)
    if not lines or lines[0].lstrip().startswith("<"):
        raise ExtractInvalid("the file is no table", remedy="config/README.md says how an XML document is described")
    delimiter = max(DELIMITERS, key=lines[0].count)
    whole = lines if len(data) < LOOKED_AT else lines[:-1]
    header, *rows = _rows(whole[: MOST_ROWS + 1], delimiter)
    _refuse_values(header)
    cells = [[row[place] for row in rows if len(row) == len(header) and row[place]] for place in range(len(header))]
    return DraftSchema(
        encoding=encoding,
        delimiter=delimiter,
        ended=_is_ended(stream),
        columns=tuple(_column(name, found) for name, found in zip(header, cells, strict=True)),
    )


def _is_ended(stream: BinaryIO) -> bool:
    stream.seek(max(0, stream.seek(0, os.SEEK_END) - 2))
    last = stream.read()
    return last.endswith(b"\n") or last == "\n".encode("utf-16-le")


def in_toml(draft: DraftSchema, name: str) -> Iterator[str]:
    """The page as a person finishes it, line by line."""
    yield "# A proposal, made of the headers of one extract and of how its cells look. Read every line: a column with"
    yield "# another field than its own is the worst mistake that this folder can hold. README.md explains every key."
    yield f"schema_name = {json.dumps(name)}"
    yield "version = 1"
    yield 'format = "csv"'
    yield f"encoding = {json.dumps(draft.encoding)}"
    yield f"delimiter = {json.dumps(draft.delimiter)}"
    yield f'last_row = "{"ended" if draft.ended else "any"}"'
    yield 'specification = "own layout, drafted from an extract"'
    yield 'bad_rows = "withhold"'
    yield 'duplicates = "withhold"'
    used: set[str] = set()
    for number, column in enumerate(draft.columns, start=1):
        yield ""
        yield from _column_in_toml(number, column, known=column.field is not None and column.field not in used)
        used.add(column.field or "")


def _column_in_toml(number: int, column: DraftColumn, *, known: bool) -> Iterator[str]:
    if column.british:
        yield "# Its days look like 31/05/2010; an extract must spell them 2010-05-31: have the export changed."
    if not known:
        yield f"# Column {number} has no field yet: choose one of the standard names, or have it left out of the export."
    hidden = "" if known else "# "
    yield f"{hidden}[[columns]]"
    yield f"{hidden}header = {json.dumps(column.header, ensure_ascii=False)}"
    yield f"{hidden}field = {json.dumps(column.field if known else '')}"
    if column.shape != "text":
        yield f"{hidden}shape = {json.dumps(column.shape)}"


def _decoded(data: bytes) -> tuple[str, str]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", data.decode("utf-16", "replace")
    try:
        # the last character may be cut in two
        return "utf-8", codecs.getincrementaldecoder("utf-8-sig")().decode(data)
    except UnicodeDecodeError:
        return "cp1252", data.decode("cp1252", "replace")


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(lines, delimiter=delimiter))
    except csv.Error as error:
        raise ExtractInvalid("the file is no table", remedy="export it as CSV UTF-8 and look at it") from error


def _refuse_values(header: Sequence[str]) -> None:
    """A first row that is a child is not a header, and must not be shown."""
    known = [cell for cell in header if _field(cell)]
    values = [cell for cell in header if not cell.strip() or not cell.isprintable() or re.search(r"\d{3}|@", cell)]
    if values or len(known) < 2:
        raise ExtractInvalid(
            "the first row of the file does not look like a header", remedy="export it with its column names"
        )


def _column(header: str, cells: Sequence[str]) -> DraftColumn:
    shape: Shape = next((shape for shape, fits in _SHAPES.items() if cells and all(map(fits, cells))), "text")
    return DraftColumn(
        header=header,
        field=_field(header),
        shape=shape,
        british=bool(cells) and all(map(_BRITISH.fullmatch, cells)),
    )


def _field(header: str) -> FieldName | None:
    return _FIELD_OF.get(re.sub(r"[^a-z0-9]", "", header.casefold()))
