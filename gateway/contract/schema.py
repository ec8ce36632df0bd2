"""The contract of a route's input: format, columns, types, encoding (`config/schemas/`)."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.contract.document import Document
from gateway.contract.fields import FieldName, Shape, Slug


class Column(Document):
    """One column: its header in the file, its standard name, the shape of its cells."""

    header: Annotated[str, Field(min_length=1, max_length=64)]
    field: FieldName
    shape: Shape = "text"
    required: bool = False
    """A row with this cell empty is rejected."""


class Schema(Document):
    """An extract as it must be. `bad_rows` and `duplicates`: withhold those rows, or refuse the file."""

    schema_name: Annotated[str, Field(pattern=Slug)]
    version: Annotated[int, Field(ge=1)]
    format: Literal["csv"] = "csv"
    encoding: Literal["utf-8"] = "utf-8"
    delimiter: Literal[",", "\t", ";", "|"] = ","
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

    def column(self, field: str) -> Column | None:
        return next((column for column in self.columns if column.field == field), None)
