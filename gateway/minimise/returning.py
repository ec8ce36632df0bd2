"""Writes a return: the extract's own document, read a second time and written anew.

Only once the engine has judged every record and all of them stand: a return leaves whole or
not at all. A count writes it too, to nowhere, so that what cannot be written is known before
anybody signs. Plaintext goes from the extract to standard output and lies nowhere between.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, BinaryIO

from gateway.formats.opening import opened_text
from gateway.formats.xml.rewriting import Rewriting
from gateway.formats.xml.validating import Validating
from gateway.vocabulary.errors import StructureInvalid


def write_return(
    stream: BinaryIO,
    order: Mapping[str, Any],
    rows: int,
    held: Sequence[tuple[str, ...]],
    write: Callable[[bytes], object],
) -> str:
    """The name that it is to have. `held` are the cells of records without what a hold keeps back, a record each.

    Raises:
        StructureInvalid: it cannot be written, or is not what was judged.
    """
    stream.seek(0)
    rewriting = Rewriting(opened_text(stream, order["reading"]), order["reading"], order["returning"], held)
    validating = _validating(order)
    for piece in rewriting.pieces():
        if validating is not None:
            validating.feed(piece)
        write(piece)
    if validating is not None:
        validating.close()
    if (rewriting.count, rewriting.kept_back) != (rows, len(held)):
        raise StructureInvalid("the second reading found other records", code="structure", row=0)
    return rewriting.file_name


def _validating(order: Mapping[str, Any]) -> Validating | None:
    if order["xsd"] is None:
        return None
    records = [path.rpartition("/")[2] for path in order["reading"]["records"]]
    return Validating(bytes.fromhex(order["xsd"]), records=records)
