"""What may be released on a route, about whom, on which condition (`config/policies/`)."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.contract.document import Document
from gateway.contract.elements import STARRED_PATH
from gateway.contract.fields import MOST_OPTIONAL, NEVER, SPECIAL, WHEREABOUTS, FieldName, Slug


class Agreement(Document):
    """The data sharing agreement: past its review date the route is suspended."""

    reference: Annotated[str, Field(pattern=r"^[A-Z0-9][A-Z0-9./-]{0,39}$")]
    review: date


EvidenceCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,12}$")]


class LongerArm(Document):
    """Who stays in scope past `until_age`: whoever's cell `evidence` holds one of `codes`.

    Being on the list then discloses what the cell says: hence the condition, which somebody has to name.
    """

    until_age: Annotated[int, Field(ge=1, le=26)]
    evidence: FieldName
    codes: Annotated[tuple[EvidenceCode, ...], Field(min_length=1)]
    condition: Annotated[str, Field(min_length=1, max_length=300)]


class Eligibility(Document):
    """Attained `from_age` and not `until_age`, in whole years at London midnight, judged at release."""

    from_age: Annotated[int, Field(ge=0, le=25)]
    until_age: Annotated[int, Field(ge=1, le=26)]
    longer: LongerArm | None = None
    """Education and Skills Act 2008 s. 68 reaches to 25 for young people with special educational needs."""

    @model_validator(mode="after")
    def _ages_in_order(self) -> Self:
        if self.from_age >= self.until_age:
            raise ValueError("from_age must be below until_age")
        if self.longer and self.longer.until_age <= self.until_age:
            raise ValueError("longer.until_age must be above until_age")
        return self


class Limits(Document):
    """The brake: beyond these, against the last full parcel, a second approver must sign too."""

    rows_percent: Annotated[int, Field(ge=0, le=100)] = 20
    """More or fewer rows than last time."""
    removals_percent: Annotated[int, Field(ge=0, le=100)] = 5
    """Children whom the partner was given last time and would not be given now."""


class Holds(Document):
    """What a child on hold does to a file.

    `withhold`: the row stays here; a return, which is never thinned, is refused as a whole. `by-field`, for returns:
    the row leaves without `fields`, and every file waits for the hold officer, who may let some of them out by name.
    """

    rule: Literal["withhold", "by-field"] = "withhold"
    fields: tuple[FieldName, ...] = ()

    @model_validator(mode="after")
    def _fields_by_field(self) -> Self:
        if self.rule == "withhold" and self.fields:
            raise ValueError('fields are kept back by rule = "by-field" only')
        return self


class Tier(Document):
    """Fields that share a lawful basis and a condition."""

    fields: tuple[FieldName, ...]
    basis: Annotated[str, Field(min_length=1, max_length=300)]
    mandatory: bool = False


class SpecialField(Document):
    """One special category field, switched on by name, with the condition that allows it."""

    field: FieldName
    condition: Annotated[str, Field(min_length=1, max_length=300)]


class OutputColumn(Document):
    header: Annotated[str, Field(min_length=1, max_length=300)]
    """In XML: the path of an element within a record, with a star where it may stand several times."""
    field: FieldName


class Policy(Document):
    """`consent`: floor for everyone in scope, more by live consent. `statutory`: an allow-list, no consent."""

    policy_name: Annotated[str, Field(pattern=Slug)]
    version: Annotated[int, Field(ge=1)]
    kind: Literal["consent", "statutory"]
    purpose: Annotated[str, Field(pattern=Slug)]
    agreement: Agreement
    retention: Annotated[str, Field(min_length=1, max_length=300)]
    eligibility: Eligibility | None = None
    right_holder_age: Annotated[int, Field(ge=13, le=18)] = 16
    floor: Tier
    consented: Tier | None = None
    special: tuple[SpecialField, ...] = ()
    special_basis: str = ""
    output: Annotated[tuple[OutputColumn, ...], Field(min_length=1)]
    output_format: Literal["csv", "xml"] = "csv"
    direction: Literal["none", "required"] = "none"
    """Required: nothing leaves without the reference of a direction, named in NAME.handoff.toml."""
    limits: Limits = Limits()
    holds: Holds = Field(default=Holds(), exclude_if=lambda holds: holds == Holds())
    """Left out of what is signed where it is the default: pages without it keep their signatures."""
    date_format: Literal["iso", "dd/mm/yyyy"] = "iso"
    spreadsheet_cells: Literal["as-they-are", "neutralised"] = "as-they-are"
    """Neutralised: a cell that a spreadsheet would take for a formula begins with an apostrophe."""

    @model_validator(mode="after")
    def _nothing_slips_through(self) -> Self:
        if self.kind == "statutory" and (self.consented or self.special or self.eligibility):
            raise ValueError("a statutory policy has only a floor: no consent, special or eligibility")
        if self.kind == "consent" and self.eligibility is None:
            raise ValueError("a consent policy must name its ages in eligibility")
        if self.kind == "consent":
            self._keep_special_apart()
        self._keep_back_what_would_leave()
        for field in (column.field for column in self.output):
            if field != "reference" and field not in self.releasable:
                raise ValueError(f"the output names {field!r}, which no tier releases")
        return self

    @model_validator(mode="after")
    def _headers_are_of_the_format(self) -> Self:
        headers = [column.header for column in self.output]
        if len(set(headers)) != len(headers) and self.output_format == "xml":
            raise ValueError("the output names an element twice")
        if self.output_format == "csv" and any(len(header) > 64 for header in headers):
            raise ValueError("a header of the output has at most 64 characters")
        if self.output_format == "xml":
            self._can_be_xml(headers)
        return self

    def _can_be_xml(self, headers: Sequence[str]) -> None:
        if self.kind != "statutory":
            raise ValueError("an XML output is for statutory policies: what consent opens is decided cell by cell")
        if not all(re.fullmatch(STARRED_PATH, header) for header in headers):
            raise ValueError("the headers of an XML output are paths of elements")
        if any(column.field == "reference" for column in self.output):
            raise ValueError("an XML output has no 'reference': it holds what the collection asks for")

    def _keep_back_what_would_leave(self) -> None:
        if self.kind == "consent" and self.holds.fields:
            raise ValueError("holds are answered by field on statutory routes only: a child on hold is withheld here")
        kept, leaving = set(self.holds.fields), {column.field for column in self.output}
        if strangers := kept - leaving:
            raise ValueError(f"holds.fields names {min(strangers)!r}, which is not in the output")
        if kept & WHEREABOUTS and (rest := (leaving & WHEREABOUTS) - kept):
            raise ValueError(f"holds.fields keeps back half an address: {min(rest)!r} would leave")

    def _keep_special_apart(self) -> None:
        if len({column.field for column in self.output} - {"reference", *self.floor.fields}) > MOST_OPTIONAL:
            raise ValueError(f"the output has more than {MOST_OPTIONAL} fields that only consent releases")
        for tier in (self.floor, self.consented):
            for field in tier.fields if tier else ():
                if field in SPECIAL:
                    raise ValueError(f"{field!r} is a special category: it belongs in [[special]], with its condition")
        banned = self.releasable & NEVER
        if banned:
            raise ValueError(f"{min(banned)!r} is never released on a consent route")
        if "upn" in self.floor.fields:
            raise ValueError("'upn' is not in the statutory floor: release the opaque reference")

    @property
    def by_field(self) -> bool:
        """Whether a child on hold leaves, without some fields."""
        return self.holds.rule == "by-field"

    @property
    def special_fields(self) -> frozenset[str]:
        return frozenset(special.field for special in self.special)

    @property
    def consented_fields(self) -> frozenset[str]:
        return frozenset(self.consented.fields) if self.consented else frozenset()

    @property
    def releasable(self) -> frozenset[str]:
        return frozenset(self.floor.fields) | self.consented_fields | self.special_fields
