"""What stands in each cell of the output, as SQL, and which verdicts open it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.contract.policy import OutputColumn, Policy
from gateway.contract.schema import Schema
from gateway.minimise.normalising import REFERENCE_DIGITS
from gateway.minimise.openings import bits_that_open
from gateway.minimise.records import DELIMITER, Kind, Record, neutralised
from gateway.minimise.shapes import quoted
from gateway.minimise.source import UNQUOTED
from gateway.minimise.verdicts import CONSENTED, FLOOR, KEPT_BACK, RELEASED_BELOW

WITHOUT_QUOTES: Final = frozenset({"date", "upn", "uln", "postcode"})
"""Shapes that have no character for whose sake a cell stands in quotes: of a row that leaves, such a cell has its shape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """`kept`: some children's references are older than what they are known by. `kept_back`: fields that leave of nobody on hold."""

    output: tuple[OutputColumn, ...]
    schema: Schema
    policy: Policy
    kept: bool
    kept_back: frozenset[str]

    def named(self) -> Iterator[str]:
        """Each cell that is more than a column of the extract, under its name, as far as the verdict opens it."""
        for place, column in enumerate(self.output):
            if not self._is_plain(column.field):
                yield f"{self._opened(column.field, self._cell(column.field))} AS {_name(place)}"

    def record(self) -> Record:
        names = [quoted(c.field) if self._is_plain(c.field) else _name(place) for place, c in enumerate(self.output)]
        every = [
            self._opened(column.field, name) if name == quoted(column.field) else name
            for column, name in zip(self.output, names, strict=True)
        ]
        kinds = ((FLOOR, self._floor), (CONSENTED, self._floor | self.policy.consented_fields))
        return Record(
            released=f"_verdict < {RELEASED_BELOW}",
            every=every,
            kinds=[Kind(when=f"_verdict = {verdict}", cells=self._given(names, fields)) for verdict, fields in kinds],
            suspects=[
                name for column, name in zip(self.output, names, strict=True) if self._may_need_quotes(column.field)
            ],
            # what stood there without quotes can stand so again, if it is the same delimiter that would ask for them
            none_needed=UNQUOTED if self.schema.delimiter == DELIMITER else "false",
        )

    @property
    def _floor(self) -> frozenset[str]:
        return frozenset({"reference", *self.policy.floor.fields})

    def _given(self, names: list[str], fields: Collection[str]) -> list[str | None]:
        return [name if c.field in fields else None for c, name in zip(self.output, names, strict=True)]

    def _is_plain(self, field: str) -> bool:
        """Whether a cell that is open leaves as it came."""
        return self._cell(field) == quoted(field) and field not in self.kept_back

    def _may_need_quotes(self, field: str) -> bool:
        column = self.schema.column(field)
        return field != "reference" and (column is None or column.shape not in WITHOUT_QUOTES)

    def _opened(self, field: str, cell: str) -> str:
        """What is not released has no record at all, so a cell of the floor does not ask for it."""
        if field not in self._floor:
            opens = f"_verdict < {RELEASED_BELOW} AND (_verdict & {bits_that_open(field, self.policy)}) <> 0"
            return f"CASE WHEN {opens} THEN {cell} END"
        return f"CASE WHEN _verdict <> {KEPT_BACK} THEN {cell} END" if field in self.kept_back else cell

    def _cell(self, field: str) -> str:
        if field == "reference":
            fresh = f"'r' || left(sha256($reference_key || _subject), {REFERENCE_DIGITS})"
            return f"coalesce(_kept, {fresh})" if self.kept else fresh
        return (
            neutralised(self._spelled(field))
            if self.policy.spreadsheet_cells == "neutralised"
            else self._spelled(field)
        )

    def _spelled(self, field: str) -> str:
        column = self.schema.column(field)
        cell = quoted(field)
        if column is not None and column.shape == "date" and self.policy.date_format == "dd/mm/yyyy":
            return f"substr({cell}, 9, 2) || '/' || substr({cell}, 6, 2) || '/' || left({cell}, 4)"
        return cell


def _name(place: int) -> str:
    """Headers are the partner's words and stay out of the text."""
    return f"_o{place}"
