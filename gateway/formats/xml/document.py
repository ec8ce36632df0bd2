"""An XML document as a stream of records, from hands that mean us harm.

- Bytes are UTF-8 by the time they come here, whatever the document says of itself; one that
  says something else than its schema is refused.
- A DOCTYPE is refused before anything is parsed, and with it entities, and whatever else a
  DTD can do; no network, no file, no XInclude; comments and processing instructions are passed
  over. Nesting ends at the parser's 256.
- At most a megabyte lies between the end of one record and the next: that bounds how many
  elements, attributes and characters are in memory at once, whatever the document's size.
- A record anywhere but where the schema says is refused, not passed over: it is a child. Among
  records stand no other elements.

The parser's messages quote the document. They are never shown.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import Any, Final, Protocol

from lxml import etree

from gateway.formats.text import Text
from gateway.vocabulary.errors import StructureInvalid

BLOCK: Final = 1 << 16
MOST_BETWEEN: Final = 1 << 20
MOST_CONTAINERS: Final = 1000
"""Elements that hold records stay in memory, empty, until the document ends."""
_DOCTYPE: Final = b"<!DOCTYPE"
_DECLARATION = re.compile(rb"\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"'][^>]*\?>")
_NAMES: Final = {
    "utf-8": frozenset({"utf-8", "utf8", "us-ascii"}),
    "cp1252": frozenset({"windows-1252", "cp1252"}),
    "utf-16": frozenset({"utf-16"}),
}


class Element(Protocol):
    """What is used here of the library's elements."""

    tag: str
    text: str | None
    tail: str | None

    def __iter__(self) -> Iterator["Element"]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, place: int) -> "Element": ...
    def getprevious(self) -> "Element | None": ...
    def getparent(self) -> "Element | None": ...
    def getroottree(self) -> Any: ...
    def iterancestors(self) -> Iterator["Element"]: ...
    def find(self, path: str) -> "Element | None": ...
    def findtext(self, path: str) -> str | None: ...
    def remove(self, child: "Element") -> None: ...
    def clear(self, *, keep_tail: bool) -> None: ...


class Document:
    """Read once. What stands before the records can be asked for once the first of them is there."""

    def __init__(self, text: Text, *, records: Sequence[str], encoding: str) -> None:
        self._text, self._encoding = text, encoding
        self._paths = [path.split("/") for path in records]
        self._parser = etree.XMLPullParser(
            events=("end",),
            tag=[path[-1] for path in self._paths],
            encoding="utf-8",
            resolve_entities=False,
            load_dtd=False,
            dtd_validation=False,
            attribute_defaults=False,
            no_network=True,
            huge_tree=False,
            recover=False,
            remove_comments=True,
            remove_pis=True,
        )
        self._parents: dict[str, Element] = {}
        self._containers = 0
        self._root: Element | None = None
        self.preamble: list[Element] = []
        """The elements below the root that stand before the one with the first record in it."""
        self._last: Element | None = None
        self.count = 0
        """Records handed on so far."""

    def records(self) -> Iterator[Element]:
        """Each is emptied as soon as the next is asked for.

        Raises:
            StructureInvalid: with the row at fault: the first record is row 2, as it would be behind a header.
        """
        since_last = 0
        for block in self._blocks():
            failed = self._feed(block)
            since_last += len(block)
            before = self.count
            yield from self._finished()
            if failed:
                raise self.fault("not-well-formed") from failed
            since_last = 0 if self.count > before else since_last
            if since_last > MOST_BETWEEN:
                raise self.fault("record-too-long")
        self._close()
        yield from self._finished()

    def fault(self, code: str, *, row: int = 0) -> StructureInvalid:
        row = row or self.count + 2
        return StructureInvalid(f"near row {row} it is not the document that its schema asks for", code=code, row=row)

    @property
    def root_name(self) -> str:
        return "" if self._root is None else self._root.tag

    def way_to(self, record: Element) -> list[Element]:
        """The elements around a record, the root first."""
        return [*record.iterancestors()][::-1]

    def strangers(self) -> Iterator[Element]:
        """At the end: what stands between the root and the records and is neither on their way nor in the preamble."""
        if self._root is not None:
            yield from self._strangers(self._root, 1)

    def _strangers(self, element: Element, depth: int) -> Iterator[Element]:
        for child in element:
            ways = [path for path in self._paths if len(path) > depth and path[depth] == child.tag]
            if ways and all(len(path) > depth + 1 for path in ways):
                yield from self._strangers(child, depth + 1)
            elif not ways and not any(child is part for part in self.preamble):
                yield child

    def _blocks(self) -> Iterator[bytes]:
        first = self._text.read(BLOCK)
        if not first:
            raise StructureInvalid("the file is empty", code="empty-file", row=0)
        self._refuse_beginning(first)
        yield first
        before = first
        while block := self._text.read(BLOCK):
            if b"\0" in block:
                raise self.fault("nul-byte")
            if self._root is None:
                self._refuse_doctype(before[-len(_DOCTYPE) :] + block)
            yield block
            before = block

    def _refuse_beginning(self, first: bytes) -> None:
        if b"\0" in first:
            raise self.fault("nul-byte", row=1)
        declared = _DECLARATION.match(first.removeprefix(b"\xef\xbb\xbf"))
        # a document that declares nothing is UTF-8, unless its first bytes say that it is UTF-16
        name = declared[1].decode("ascii").lower() if declared else "utf-16" if self._encoding == "utf-16" else "utf-8"
        if name not in _NAMES[self._encoding]:
            raise self.fault("another-encoding", row=1)
        if not first.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
            raise self.fault("no-document", row=1)
        self._refuse_doctype(first)

    def _refuse_doctype(self, data: bytes) -> None:
        """Wherever its letters stand before the first record, a comment included: nobody needs them there."""
        if _DOCTYPE in data:
            raise self.fault("doctype", row=1)

    def _feed(self, block: bytes) -> Exception | None:
        """What is wrong with it, to be told once the records before it have been counted."""
        try:
            self._parser.feed(block)
        except etree.LxmlError as error:
            found: Exception = error
            return found
        return None

    def _close(self) -> None:
        try:
            self._parser.close()
        except etree.LxmlError as error:
            raise self.fault("not-well-formed") from error
        if self.count == 0:
            raise self.fault("no-record", row=1)

    def _finished(self) -> Iterator[Element]:
        for _, element in self._parser.read_events():
            self._refuse_elsewhere(element)
            yield element
            self.count += 1
            self._forget(element)

    def _refuse_elsewhere(self, element: Element) -> None:
        parent = element.getparent()
        if parent is not None and self._parents.get(element.tag) is parent:
            return
        self._containers += 1
        path = [above.tag for above in [element, *element.iterancestors()]][::-1]
        if parent is None or path not in self._paths or self._containers > MOST_CONTAINERS:
            raise self.fault("record-elsewhere")
        self._parents[element.tag] = parent
        if self._root is None:
            self._begin(element)

    def _begin(self, element: Element) -> None:
        tree = element.getroottree()
        if tree.docinfo.internalDTD is not None:
            raise self.fault("doctype", row=1)
        root = self._root = tree.getroot()
        body = next(above for above in [element, *element.iterancestors()] if above.getparent() is root)
        self.preamble = list(takewhile(lambda child: child is not body, root))

    def _forget(self, element: Element) -> None:
        """Of what was read nothing stays but an empty element: the parser may still be adding behind it."""
        element.clear(keep_tail=True)
        parent, last = element.getparent(), self._last
        if parent is not None and last is not None and last.getparent() is parent:
            if element.getprevious() is not last:
                raise self.fault("element-elsewhere")
            parent.remove(last)
        self._last = element
