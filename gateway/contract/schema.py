"""The contract of a route's input: format, columns, types, encoding (`config/schemas/`)."""

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.contract.document import Document
from gateway.contract.elements import NAME, PLAIN_PATH, STARRED_PATH, parse_source
from gateway.contract.fields import FieldName, Shape, Slug

LARGEST_XML = 1 << 30


def _is_source(text: str) -> str:
    parse_source(text)
    return text


ElementSource = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_is_source)]
ElementPath = Annotated[str, Field(pattern=PLAIN_PATH)]
StarredPath = Annotated[str, Field(pattern=STARRED_PATH)]
FILE_NAME = re.compile(rf"(?:[A-Za-z0-9_.-]|\{{{NAME}(?:/{NAME})*(?::[1-4])?\}})+\.xml")
"""Words, and elements of the header in braces; `:2` stands for the last two characters."""


class Column(Document):
    """One column: its header in the file, its standard name, the shape of its cells."""

    header: Annotated[str, Field(min_length=1, max_length=300)]
    """In XML: where it stands in a record (`contract/elements`)."""
    field: FieldName
    shape: Shape = "text"
    required: bool = False
    """A row with this cell empty is rejected."""
    blank: Annotated[tuple[str, ...], Field(max_length=20)] = ()
    """XML only: values that stand for nothing, such as UN1 for a UPN that is not known."""


class Expected(Document):
    """What an element of the header must say, or this is another document: a version, a collection."""

    element: ElementSource
    values: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]


class XmlLayout(Document):
    """What an XML document of this collection looks like. Paths begin with the root element."""

    records: Annotated[tuple[ElementPath, ...], Field(min_length=1, max_length=8)]
    """Where the children stand, one element each."""
    expect: Annotated[tuple[Expected, ...], Field(min_length=1, max_length=20)] | None = None
    dates: Literal["iso", "dd/mm/yyyy"] = "iso"
    envelope: Annotated[tuple[StarredPath, ...], Field(max_length=200)] = ()
    """Outside of the records: what an XML output may repeat of it."""
    unknown: Literal["refuse", "drop"] = "refuse"
    """What an element does to an XML output that neither the policy nor the envelope names."""
    file_name: Annotated[str, Field(max_length=400)] = ""
    """What an XML output is called, made of its header."""
    xsd: Annotated[str, Field(pattern=r"^(?:[A-Za-z0-9][A-Za-z0-9._-]{0,75}\.xsd)?$")] = ""
    """The file under config/xsd/ that an XML output must fit."""
    xsd_sha256: Annotated[str, Field(pattern=r"^(?:[0-9a-f]{64})?$")] = ""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if len({path.split("/")[0] for path in (*self.records, *self.envelope)}) != 1:
            raise ValueError("all paths of a document begin with the same root element")
        if any(path.count("/") < 1 for path in self.records):
            raise ValueError("a record stands within the root element")
        if bool(self.xsd) != bool(self.xsd_sha256):
            raise ValueError("an xsd is named with its hash, so that it is signed with the route")
        if self.file_name and not FILE_NAME.fullmatch(self.file_name):
            raise ValueError("a file name is words and {elements of the header}, and ends with .xml")
        return self


class Schema(Document):
    """An extract as it must be. `bad_rows` and `duplicates`: withhold those rows, or refuse the file."""

    schema_name: Annotated[str, Field(pattern=Slug)]
    version: Annotated[int, Field(ge=1)]
    format: Literal["csv", "xml"] = "csv"
    encoding: Literal["utf-8", "cp1252", "utf-16"] = "utf-8"
    delimiter: Literal[",", "\t", ";", "|"] = ","
    last_row: Literal["any", "ended"] = "any"
    """`ended`: a last row without its line end is a copy that broke off. RFC 4180 (§2.2) lets it be left out, so it must be said."""
    xml: XmlLayout | None = None
    specification: str = ""
    """The published specification this follows, with its version."""
    bad_rows: Literal["withhold", "refuse"] = "withhold"
    duplicates: Literal["withhold", "refuse"] = "withhold"
    max_bytes: Annotated[int, Field(ge=1)] = 4 << 30
    max_rows: Annotated[int, Field(ge=1)] = 20_000_000
    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _columns_are_distinct(self) -> Self:
        for what in ("header", "field"):
            seen = [getattr(column, what) for column in self.columns]
            twice = sorted({name for name in seen if seen.count(name) > 1})
            if twice:
                raise ValueError(f"two columns share the {what} {twice[0]!r}")
        return self

    @model_validator(mode="after")
    def _format_and_layout_agree(self) -> Self:
        for fault in self._format_faults():
            raise ValueError(fault)
        return self

    def _format_faults(self) -> Iterator[str]:
        if (self.format == "xml") != (self.xml is not None):
            yield 'format = "xml" needs an [xml] table, and nothing else may have one'
        if self.format == "csv":
            for number, column in enumerate(self.columns, start=1):
                if len(column.header) > 64:
                    yield f"columns[{number}].header: must have at most 64 characters"
                if column.blank:
                    yield f"columns[{number}].blank: is for XML only; an empty cell is an empty cell"
            return
        if self.delimiter != "," or self.last_row != "any":
            yield "an XML document has neither a delimiter nor a last row"
        for number, column in enumerate(self.columns, start=1):
            try:
                parse_source(column.header)
            except ValueError as error:
                yield f"columns[{number}].header: {error}"

    def column(self, field: str) -> Column | None:
        return next((column for column in self.columns if column.field == field), None)

    def returning(self, output: Iterable[str], *, kept_back: Iterable[str] = ()) -> dict[str, Any] | None:
        """What a writer must know beside the elements that the policy lets out, as plain values; None unless it is XML.

        `kept_back` are those of the elements that leave of no child on hold.
        """
        if self.xml is None:
            return None
        return {
            "records": list(output),
            "kept_back": list(kept_back),
            **self.xml.model_dump(mode="json", include={"envelope", "unknown", "file_name"}),
        }

    def reading(self) -> dict[str, Any]:
        """What a reader must know, as plain values."""
        if self.xml is None:
            return {"format": "csv", "encoding": self.encoding}
        layout = self.xml.model_dump(mode="json", include={"records", "expect", "dates"})
        columns = [{"source": c.header, "shape": c.shape, "blank": list(c.blank)} for c in self.columns]
        return {"format": "xml", "encoding": self.encoding, "columns": columns, **layout}
