"""A document compared with its collection's XSD while it is written, without ever being whole in memory.

The XSD is the operator's own file, named with its hash in a page that is signed. It stands
alone: what would bring in another file is refused, and nothing is fetched. The library's
messages quote the document and are never shown; where it does not fit is told by record.
"""

from collections.abc import Sequence
from typing import Any

from lxml import etree

from gateway.vocabulary.errors import ConfigError, StructureInvalid

_XSD = "{http://www.w3.org/2001/XMLSchema}"
_BRINGS_IN = frozenset({f"{_XSD}include", f"{_XSD}import", f"{_XSD}redefine", f"{_XSD}override"})
_UNUSABLE = "the XSD of the route's collection cannot be used"


def compiled(xsd: bytes) -> Any:
    """ConfigError if it is no XSD, or does not stand alone."""
    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    try:
        tree = etree.fromstring(xsd, parser)
        if any(element.tag in _BRINGS_IN for element in tree.iter()):
            raise ConfigError(_UNUSABLE, remedy="it brings in other files: put them together into one")
        return etree.XMLSchema(tree)
    except etree.LxmlError as error:
        raise ConfigError(_UNUSABLE, remedy="take the collection's own file, unchanged") from error


class Validating:
    """Is fed the document in pieces. `records` are the names of the elements that need not be kept."""

    def __init__(self, xsd: bytes, *, records: Sequence[str]) -> None:
        self._parser = etree.XMLPullParser(
            events=("end",), tag=list(records), schema=compiled(xsd), resolve_entities=False, no_network=True
        )

    def feed(self, data: bytes) -> None:
        try:
            self._parser.feed(data)
        except etree.LxmlError as error:
            raise _invalid() from error
        for _, element in self._parser.read_events():
            element.clear(keep_tail=True)
            while element.getprevious() is not None and element.getprevious().tag == element.tag:
                element.getparent().remove(element.getprevious())

    def close(self) -> None:
        """StructureInvalid unless all that was fed is a valid document: only now is it known."""
        try:
            self._parser.close()
        except etree.LxmlError as error:
            raise _invalid() from error


def _invalid() -> StructureInvalid:
    return StructureInvalid("the return does not fit its collection's XSD", code="not-valid", row=0)
