"""A document written anew from what was read: the elements that are allowed, and nothing of the file itself.

What is allowed is spelled as paths (`contract/elements`): an element that ends one is a value,
all others hold elements. Attributes, comments, namespaces, layout and spelling of the extract
do not survive: only texts do. Written is UTF-8 with one record a line.

A path that ends in elements, text between elements, or an element a second time where its path
has no star is refused: it is another document than its pages describe. Whether an element that
no path names is dropped or refuses the file, the schema says; a return is not thinned by
accident.

Of a child on hold some elements are kept back, and with them an element that holds nothing else.
Which records these are is told by all their cells, and not by where they stand.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final
from xml.sax.saxutils import escape

from gateway.formats.text import Text
from gateway.formats.xml.document import Document, Element
from gateway.formats.xml.rows import Cells, header_text_at, value

AT_ONCE: Final = 1 << 18
_PLACE = re.compile(r"\{([^{}:]+)(?::(\d))?\}")
_WORD = re.compile(r"[A-Za-z0-9]{1,20}")


class Allowed:
    """What may stand below an element."""

    def __init__(self, *, repeated: bool = False) -> None:
        self.below: dict[str, Allowed] = {}
        self.repeated = repeated
        self.kept_back = True
        """Whether nothing below it may leave of a child on hold."""

    @classmethod
    def of(cls, paths: Iterable[str], kept_back: Sequence[str] = ()) -> "Allowed":
        top = cls()
        for path in paths:
            here = top
            for step in path.split("/"):
                here = here.below.setdefault(step.removesuffix("*"), cls(repeated=step.endswith("*")))
                here.kept_back = here.kept_back and path in kept_back
        return top


class Rewriting:
    """One document, read and written once. `file_name` is known as soon as the first piece is."""

    def __init__(
        self,
        text: Text,
        reading: Mapping[str, Any],
        returning: Mapping[str, Any],
        held: Sequence[tuple[str, ...]] = (),
    ) -> None:
        self._held, self._cells = frozenset(held), Cells(reading["columns"], dates=reading["dates"])
        self.kept_back = 0
        """Records of children on hold, so far."""
        self._document = Document(text, records=reading["records"], encoding=reading["encoding"])
        self._records, self._envelope = (
            Allowed.of(returning["records"], returning["kept_back"]),
            Allowed.of(returning["envelope"]),
        )
        self._refusing = returning["unknown"] == "refuse"
        self._name = str(returning["file_name"])
        self._open: list[Element] = []
        self.file_name = ""

    @property
    def count(self) -> int:
        return self._document.count

    def pieces(self) -> Iterator[bytes]:
        """The new document.

        Raises:
            StructureInvalid: with the row of the record at fault; what was given so far is worth nothing.
        """
        out: list[str] = ['<?xml version="1.0" encoding="UTF-8"?>\n']
        size = 0
        for record in self._document.records():
            self._enter(self._document.way_to(record), out)
            out.append(f"<{record.tag}>")
            held = bool(self._held) and tuple(self._cells.of(record, self._document)) in self._held
            self.kept_back += held
            self._put(record, self._records, out, held=held)
            out.append(f"</{record.tag}>\n")
            size += len(out)
            if size > AT_ONCE:
                yield "".join(out).encode("utf-8")
                out, size = [], 0
        self._leave(0, out)
        if self._refusing and any(True for _ in self._document.strangers()):
            raise self._document.fault("unknown-element")
        yield "".join(out).encode("utf-8")

    def _enter(self, way: list[Element], out: list[str]) -> None:
        """Close what this record does not stand in, and open what it does."""
        same = 0
        while same < len(self._open) and same < len(way) and self._open[same] is way[same]:
            same += 1
        self._leave(same, out)
        for element in way[same:]:
            out.append(f"<{element.tag}>\n")
            self._open.append(element)
            if len(self._open) == 1:
                self._begin(element, out)

    def _begin(self, root: Element, out: list[str]) -> None:
        self.file_name = _PLACE.sub(self._filled, self._name)
        allowed = self._envelope.below.get(root.tag, Allowed())
        for part in self._document.preamble:
            self._put_one(part, allowed, out)
        out.append("\n")

    def _filled(self, place: re.Match[str]) -> str:
        text = header_text_at(self._document, place[1])
        if not _WORD.fullmatch(text):
            raise self._document.fault("header-without-name", row=1)
        return text[-int(place[2]) :] if place[2] else text

    def _leave(self, depth: int, out: list[str]) -> None:
        while len(self._open) > depth:
            out.append(f"</{self._open.pop().tag}>\n")

    def _put(self, element: Element, allowed: Allowed, out: list[str], *, held: bool) -> None:
        if _says_something(element.text):
            raise self._document.fault("text-among-elements")
        seen: set[str] = set()
        for child in element:
            if child.tag in seen and not allowed.below[child.tag].repeated:
                raise self._document.fault("element-twice")
            if self._put_one(child, allowed, out, held=held):
                seen.add(child.tag)

    def _put_one(self, child: Element, allowed: Allowed, out: list[str], *, held: bool = False) -> bool:
        """Whether it was put: what is not allowed is left out, or refuses the file. `held`: of a child on hold."""
        here = allowed.below.get(child.tag)
        if _says_something(child.tail):
            raise self._document.fault("text-among-elements")
        if here is None:
            if self._refusing:
                raise self._document.fault("unknown-element")
            return False
        if held and here.kept_back:
            return False
        out.append(f"<{child.tag}>")
        if here.below:
            self._put(child, here, out, held=held)
        else:
            out.append(escape(value(child, self._document), {"\r": "&#13;"}))
        out.append(f"</{child.tag}>")
        return True


def _says_something(text: str | None) -> bool:
    return text is not None and bool(text.strip())
