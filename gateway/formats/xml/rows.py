"""Records of an XML document as delimited text, so that one engine judges them all.

A column's source says where its cell stands in a record (`contract/elements`). A value is an
element's own text: with elements inside, or a second time beside itself, it is no value, and
the document is refused; blanks around it are the layout's. Whatever no column names is not
read at all.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.contract.elements import Path, parse_path, parse_source
from gateway.formats.text import Text
from gateway.formats.xml.document import Document, Element
from gateway.vocabulary.errors import StructureInvalid

GROWTH: Final = 2
"""Text made of a document is not longer than this many times the document: it is cut off there."""
AT_ONCE: Final = 1 << 20
_DAY = re.compile(r"(\d\d)/(\d\d)/(\d{4})")


class Branch:
    """What is wanted below an element: by name, each way of going on."""

    def __init__(self) -> None:
        self.ways: dict[str, list[Way]] = {}

    def add(self, path: Path, slot: int) -> None:
        step, rest = path[0], path[1:]
        ways = self.ways.setdefault(step.name, [])
        way = next((way for way in ways if way.where == step.where), None)
        if way is None:
            way = Way(step.where)
            ways.append(way)
        if rest:
            way.below.add(rest, slot)
        else:
            way.slots.append(slot)


class Way:
    """One element on a path; `slots` are the places in which its text is wanted."""

    def __init__(self, where: tuple[str, str] | None) -> None:
        self.where = where
        self.slots: list[int] = []
        self.below = Branch()

    def leads_to(self, element: Element) -> bool:
        if self.where is None:
            return True
        name, text = self.where
        return any(child.tag == name and (child.text or "").strip() == text for child in element)


@dataclass(frozen=True, slots=True)
class Taken:
    """How a column's cell is taken from a record's texts: the only place, or alternatives of places that are joined."""

    only: int
    sources: tuple[tuple[int, ...], ...]
    blank: frozenset[str]
    turned: bool


class Cells:
    """Takes the cells of one record, in the order of the columns."""

    def __init__(self, columns: Sequence[Mapping[str, Any]], *, dates: str) -> None:
        self._branch, self._slots = Branch(), 0
        self._columns = [self._taken(column, turned=dates == "dd/mm/yyyy") for column in columns]

    def of(self, record: Element, document: Document) -> list[str]:
        """StructureInvalid for a value that is none."""
        texts = [""] * self._slots
        _gather(record, self._branch, texts, document)
        cells = []
        for column in self._columns:
            cell = _first(texts, column.sources) if column.sources else texts[column.only]
            if cell in column.blank:
                cell = ""
            cells.append(_iso(cell) if column.turned else cell)
        return cells

    def _taken(self, column: Mapping[str, Any], *, turned: bool) -> Taken:
        sources = tuple(tuple(map(self._slot, joined)) for joined in parse_source(column["source"]))
        single = len(sources) == 1 and len(sources[0]) == 1
        return Taken(
            only=sources[0][0],
            sources=() if single else sources,
            blank=frozenset(column["blank"]),
            turned=turned and column["shape"] == "date",
        )

    def _slot(self, path: Path) -> int:
        self._branch.add(path, self._slots)
        self._slots += 1
        return self._slots - 1


class Rows:
    """A document as UTF-8 text: a header, then a row a record."""

    def __init__(self, text: Text, reading: Mapping[str, Any]) -> None:
        self._source, self._reading = text, reading
        self._expect = [(expected["element"], expected["values"]) for expected in reading["expect"] or ()]
        self._cells = Cells(reading["columns"], dates=reading["dates"])
        self._headers = [column["source"] for column in reading["columns"]]
        self.most_bytes = GROWTH * text.most_bytes + AT_ONCE
        self._given = 0
        self._blocks = self._text()

    def read(self, _size: int, /) -> bytes:
        """StructureInvalid for what is no such document."""
        block = next(self._blocks, b"")
        self._given += len(block)
        if self._given > self.most_bytes:
            raise StructureInvalid("the document is mostly nothing", code="too-large", row=0)
        return block

    def _text(self) -> Iterator[bytes]:
        lines = io.StringIO()
        writer = csv.writer(lines, lineterminator="\n")
        writer.writerow(self._headers)
        # the header comes alone: the parser is made and used by the one thread that reads what follows
        yield _taken_out(lines)
        document = Document(self._source, records=self._reading["records"], encoding=self._reading["encoding"])
        for record in document.records():
            if document.count == 0:
                check_expected(document, self._expect)
            writer.writerow(self._cells.of(record, document))
            if lines.tell() > AT_ONCE:
                yield _taken_out(lines)
        yield _taken_out(lines)


def _taken_out(lines: io.StringIO) -> bytes:
    text = lines.getvalue()
    lines.seek(0)
    lines.truncate()
    return text.encode("utf-8")


def check_expected(document: Document, expect: Sequence[tuple[str, Sequence[str]]]) -> None:
    """The header stands before the records, or it is none."""
    for source, values in expect:
        texts = [header_text(document, path) for joined in parse_source(source) for path in joined]
        if next((text for text in texts if text), "") not in values:
            raise document.fault("another-document", row=1)


def header_text(document: Document, path: Path) -> str:
    """What an element before the records says; paths begin with the root's name. Empty if it is not there."""
    for part in document.preamble:
        if [step.name for step in path[:2]] == [document.root_name, part.tag]:
            found = part.find("/".join(["."] + [step.name for step in path[2:]]))
            return "" if found is None or len(found) else (found.text or "").strip()
    return ""


def header_text_at(document: Document, path: str) -> str:
    return header_text(document, parse_path(path))


def _gather(element: Element, branch: Branch, texts: list[str], document: Document) -> None:
    """Of several elements with one name the first that is led to counts; a value that stands twice is none."""
    taken: set[Way] = set()
    ways_of = branch.ways.get
    for child in element:
        for way in ways_of(child.tag, ()):
            if way.where is not None and not way.leads_to(child):
                continue
            if way in taken:
                if way.slots and way.where is None:
                    raise document.fault("element-twice")
                continue
            taken.add(way)
            if way.below.ways:
                _gather(child, way.below, texts, document)
            if way.slots:
                text = value(child, document).replace("\r", "\n")  # not every csv module puts it in quotes
                for slot in way.slots:
                    texts[slot] = text


def value(element: Element, document: Document) -> str:
    """StructureInvalid if there is anything but text in it."""
    if len(element):
        raise document.fault("element-in-value")
    text = element.text
    return text.strip() if text else ""


def _first(texts: Sequence[str], sources: Sequence[Sequence[int]]) -> str:
    for slots in sources:
        text = texts[slots[0]] if len(slots) == 1 else " ".join(texts[slot] for slot in slots if texts[slot])
        if text:
            return text
    return ""


def _iso(cell: str) -> str:
    """Anything but a day as it is declared stays as it is, and is no date."""
    day = _DAY.fullmatch(cell)
    return f"{day[3]}-{day[2]}-{day[1]}" if day else cell
