"""A worker's codes and numbers as sentences, for who made the file.

Columns are named as the schema's header spells them, which whoever exports the file knows; what stands in the file's
own header is never repeated, but told by its position.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from gateway.contract.schema import Schema
from gateway.minimise.outcome import Refusal

UNKNOWN, SPELLED_OTHERWISE = -1, -2
"""In the place of a column of the schema; the next lower numbers are spelled otherwise than its second, third … column."""
_STRUCTURE: Final = {
    "empty-file": "the file is empty",
    "record-too-long": "row {row} is longer than a megabyte: a quote may not be closed",
    "unclosed-quote": "row {row} opens a quote that is never closed",
    "broken-off": "row {row} is the last and has no line end, which its schema asks for: a copy that broke off ends so",
    "bare-quote": "row {row} has a quote inside a cell that is not quoted as a whole",
    "nul-byte": "row {row} holds a byte that is no text",
    "not-utf-8": "row {row} is not UTF-8: apostrophes and accents that were saved as Windows-1252 (ANSI) look so; save the file as {right}, {or_else}",
    "looks-like-utf-16": "the file looks like UTF-16, such as Excel's 'Unicode Text', which is not expected here: save it as {right}, {or_else}",
    "blank-line": "row {row} is blank",
    "bare-carriage-return": "a line near row {row} ends with a carriage return alone",
    "mixed-newlines": "near row {row} the lines begin to end differently",
    "too-many-rows": "the file has more rows than its schema allows",
    "too-large": "the file is larger than its schema allows",
    "structure": "the rows of the file cannot be told apart",
    "not-cp1252": "near row {row} the file is not Windows-1252, which its schema declares: save it so, or have the schema changed",
    "not-utf-16": "near row {row} the file is not UTF-16, which its schema declares: save it so, or have the schema changed",
    "marked-otherwise": "the file begins with the mark of another encoding than its schema declares: save it as Windows-1252 (ANSI)",
    "no-byte-order-mark": "the file is not marked as UTF-16, which its schema declares: save it as Unicode text with its byte order mark",
    "workbook-or-archive": "the file is a workbook or an archive, and none is ever unpacked: what it hides would leave too; save the one sheet as CSV UTF-8",
    "old-workbook": "the file is an Office document, and none is ever unpacked: save the one sheet as CSV UTF-8",
    "compressed": "the file is compressed: drop it as it was before",
    "document": "the file is a document and no table: export the table as CSV UTF-8",
}
CSV_UTF_8: Final = "CSV UTF-8"
_SAVED_AS: Final = {"cp1252": "CSV in Windows-1252 (ANSI)"}
_XML: Final = {
    "no-document": "the file is not XML, which its schema declares",
    "doctype": "the file has a DOCTYPE, and may not: export it without",
    "another-encoding": "the file says of itself that it is in another encoding than its schema declares",
    "not-well-formed": "near row {row} the file is not well-formed XML, or it ends too early",
    "no-record": "the file has none of the records that its schema asks for: it is another document, or an empty one",
    "record-elsewhere": "near row {row} a record stands where its schema does not expect one",
    "another-document": "the header of the file does not say what its schema asks for: another collection, year or version",
    "element-twice": "row {row} holds an element twice that may stand there once",
    "element-in-value": "row {row} holds elements where a value is expected",
    "element-elsewhere": "near row {row} an element stands among the records that is none",
    "text-among-elements": "row {row} holds text where only elements are expected",
    "unknown-element": "row {row} holds an element that neither the policy nor the schema names: have it added, or left out of the export",
    "not-valid": "the return does not fit its collection's XSD: validate the extract with the collection's own tool, which says where",
    "header-without-name": "the header of the file lacks what its file name is made of",
}
_OTHER: Final = _XML | {
    "out-of-memory": "the worker's memory was not enough: the operator can raise worker_memory_mb",
    "too-many-duplicates": "too many children stand in the file twice: it may be two files in one",
}
_REASONS: Final = {"ragged": "structure", "too-many-rows": "too-large"} | dict.fromkeys(
    ("record-too-long", "unclosed-quote", "broken-off", "bare-quote", "blank-line", "bare-carriage-return", "mixed-newlines"), "structure"
) | dict.fromkeys(("workbook-or-archive", "old-workbook", "compressed", "document"), "no-table") | dict.fromkeys(
    ("marked-otherwise", "no-byte-order-mark", "another-encoding", "not-cp1252", "not-utf-16", "looks-like-utf-16"), "encoding"
)  # fmt: skip


def refusals_of(code: str, *, row: int, found: Sequence[int], schema: Schema) -> tuple[Refusal, ...]:
    """KeyError for a code that is none of the worker's."""
    if code == "header":
        return tuple(Refusal("header", sentence) for sentence in _header(found, schema))
    if code == "ragged":
        cells, columns = found
        return (Refusal("structure", f"row {row} has {cells} cells where {columns} are expected"),)
    right = "UTF-8" if schema.format == "xml" else _SAVED_AS.get(schema.encoding, CSV_UTF_8)
    or_else = f"or have the encoding that it has declared in config/schemas/{schema.schema_name}.toml"
    sentence = (_STRUCTURE | _OTHER)[code].format(row=row, right=right, or_else=or_else)
    return (Refusal(_REASONS.get(code, code), sentence),)


def _header(found: Sequence[int], schema: Schema) -> Iterator[str]:
    """All that differs, not the first; a wrong order only if nothing else is wrong."""
    headers = [f'"{column.header}"' for column in schema.columns]
    counts = Counter(place for place in found if place >= 0)
    known = [place for place in found if place >= 0]
    if not known:
        yield "the first row is not the header that the schema asks for"
        return
    for place, header in enumerate(headers):
        if counts[place] == 0 and SPELLED_OTHERWISE - place not in found:
            yield f"the column {header} is missing"
        if counts[place] > 1:
            yield f"the column {header} is there {counts[place]} times"
    for position, place in enumerate(found, start=1):
        if place == UNKNOWN:
            yield f"column {position} is not one of the schema's"
        if place <= SPELLED_OTHERWISE:
            yield f"column {position} is not spelled as {headers[SPELLED_OTHERWISE - place]} is: capitals or blanks differ"
    if sorted(found) == list(range(len(headers))):
        yield from _order(found, headers)


def _order(found: Sequence[int], headers: Sequence[str]) -> Iterator[str]:
    for position, place in enumerate(found, start=1):
        if place != position - 1:
            yield f"column {position} is {headers[place]} where {headers[position - 1]} is expected"
