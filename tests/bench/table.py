"""The bench's one table: every figure beside its comparator's, measured in the same run."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.bench.measure import MB, Figures

HEADER = ("benchmark", "ours", "by", "comparator", "ratio", "bar", "peak", "bar", "comparator's")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Medians; `ratio` is the median of the pairs' ratios. Bars are the issue's, kept or not."""

    what: str
    ours: Figures
    comparator: Figures
    by: str
    ratio: float
    longest: float | None
    most_memory: int | None

    def cells(self) -> tuple[str, ...]:
        memory = f"≤ {self.most_memory // MB} MB" if self.most_memory else ""
        return (
            self.what, f"{self.ours.seconds:.2f} s", self.by, f"{self.comparator.seconds:.2f} s", f"{self.ratio:.2f}",
            f"≤ {self.longest:g}" if self.longest else "", f"{self.ours.peak // MB} MB", memory,
            f"{self.comparator.peak // MB} MB" if self.comparator.peak else "",
        )  # fmt: skip

    def parts(self) -> str:
        return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.comparator.parts)


def table(rows: Iterable[Row]) -> str:
    rows = list(rows)
    lines = [HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    text = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    return "\n".join([*text, "", *(f"{row.by}: {row.parts()}" for row in rows if row.comparator.parts)])
