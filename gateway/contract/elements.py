"""Where a value stands in an XML record: paths of element names, as people write them in pages.

    Sex | Gender                          the first of these that is not empty
    Street/PAON + Street/Name             both, with a space between
    Phones/Phone[TelephoneType=M]/PhoneNo  of several phones the first whose TelephoneType is M
    CINdetails*/Assessments*/StartDate    in an output: elements with a star may stand several times

Names have no namespace and no attribute is ever read. Of an element that stands several
times, and is not chosen between, the first is meant.
"""

import re
from dataclasses import dataclass
from typing import Final

NAME: Final = r"[A-Za-z_][A-Za-z0-9_.-]{0,63}"
PLAIN_PATH: Final = rf"^{NAME}(?:/{NAME}){{0,15}}$"
STARRED_PATH: Final = rf"^{NAME}\*?(?:/{NAME}\*?){{0,15}}$"
_STEP = re.compile(rf"({NAME})(?:\[({NAME})=([A-Za-z0-9_-]{{1,20}})\])?")
_OR, _AND = " | ", " + "


@dataclass(frozen=True, slots=True)
class Step:
    """An element by its name; `where`, it is the one in which this child has this text."""

    name: str
    where: tuple[str, str] | None = None


Path = tuple[Step, ...]
Source = tuple[tuple[Path, ...], ...]
"""Alternatives, each a number of paths whose texts are joined."""


def parse_source(text: str) -> Source:
    """ValueError if it is spelled in any other way than above."""
    return tuple(tuple(map(parse_path, joined.split(_AND))) for joined in text.split(_OR))


def parse_path(text: str) -> Path:
    matches = [_STEP.fullmatch(step) for step in text.split("/")]
    if len(matches) > 16 or not all(matches):
        raise ValueError("a path is element names with / between them, such as Address/PostCode")
    return tuple(Step(match[1], (match[2], match[3]) if match[2] else None) for match in matches if match is not None)


def plain_paths(text: str) -> frozenset[str]:
    """The paths that a source reads, without what is chosen by."""
    return frozenset("/".join(step.name for step in path) for joined in parse_source(text) for path in joined)
