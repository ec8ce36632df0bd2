"""What stands in each cell of the output, as SQL, and which verdicts open it."""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.contract.policy import OutputColumn, Policy
from gateway.contract.schema import Schema
from gateway.minimise.normalising import REFERENCE_DIGITS
from gateway.minimise.openings import bits_that_open
from gateway.minimise.records import Record, neutralised
from gateway.minimise.shapes import quoted
from gateway.minimise.verdicts import FLOOR, KEPT_BACK, RELEASED_BELOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """`kept`: some children's references are older than what they are known by. `kept_back`: fields that leave of nobody on hold."""

    output: tuple[OutputColumn, ...]
    schema: Schema
    policy: Policy
    kept: bool
    kept_back: frozenset[str]

    def named(self) -> Iterator[str]:
        """Each cell under its name."""
        return (f"{self._opened(column.field)} AS {name}" for name, column in self._by_name().items())

    def record(self) -> Record:
        cells = self._by_name()
        floor = [name for name, column in cells.items() if self._in_floor(column.field)]
        return Record(
            cells=list(cells), floor=floor, released=f"_verdict < {RELEASED_BELOW}", floor_alone=f"_verdict = {FLOOR}"
        )

    def _by_name(self) -> dict[str, OutputColumn]:
        """Headers are the partner's words and stay out of the text."""
        return {f"_o{place}": column for place, column in enumerate(self.output)}

    def _in_floor(self, field: str) -> bool:
        return field == "reference" or field in self.policy.floor.fields

    def _opened(self, field: str) -> str:
        """What is not released has no record at all, so a cell of the floor does not ask for it."""
        cell = self._cell(field)
        if not self._in_floor(field):
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
