"""The pseudonyms of one child, for a hold or a look-up; how each kind is made stands in `normalising`."""

import hmac
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from typing import NamedTuple

from gateway.crypto.nesting import generations, pseudonym
from gateway.minimise.keying import bound, keyed
from gateway.minimise.normalising import (
    LINES,
    REFERENCE_DIGITS,
    every_number,
    first_number,
    lines,
    local_id_message,
    name_key,
    number_message,
    postcode_key,
    upn_message,
    whole_name,
)
from gateway.minimise.pupil_numbers import is_uln, is_upn
from gateway.minimise.session import Session, Value
from gateway.minimise.shapes import DATE_SHAPE, POSTCODE_SHAPE, quoted
from gateway.vocabulary.errors import RegisterInvalid


class Name(NamedTuple):
    forename: str
    surname: str
    date_of_birth: str


def subject(upn: str, *, key: bytes) -> bytes:
    """The pseudonym of a valid UPN, by which the register and disclosures know a child. `key`: 32 bytes a generation."""
    return pseudonym(f"upn:{upn}", key)


def reference(subject: bytes, *, key: bytes) -> str:
    """A partner's own opaque number for a child; the plan spells the same in SQL."""
    keyed = sha256(hmac.digest(key, b"reference", "sha256") + subject).hexdigest()
    return f"r{keyed[:REFERENCE_DIGITS]}"


def pseudonyms(child: Mapping[str, str], *, key: bytes) -> tuple[tuple[str, bytes], ...]:
    """All (kind, pseudonym) of one child, from fields by their standard names.

    Raises:
        RegisterInvalid: a field has not the shape it must have, or none of them identifies anybody.
    """
    given = {field: " ".join(text.split()) for field, text in child.items() if text and text.strip()}
    _validate(given)
    with Session.opened(memory_mb=MEMORY_MB, threads=1, files=()) as session:
        found = {pair for recognised in _recognised(given) for pair in recognised.pairs(session, given, key)}
    if not found:
        raise RegisterInvalid("nothing that was given identifies a child", remedy=_ENOUGH)
    return tuple(sorted(found))


def names(children: Sequence[Name], *, key: bytes) -> list[bytes | None]:
    """The pseudonyms by which these are known where no UPN is; None for a name without a letter. Dates are spelled 2010-05-31."""
    forenames, surnames, births = ([child[place] for child in children] for place in range(3))
    cells = ", ".join(f"unnest(${field}::VARCHAR[]) AS {quoted(field)}" for field in Name._fields)
    message = f"'name_dob:' || {name_key(whole_name('forename', 'surname'), 'date_of_birth')}"
    query = (
        f"SELECT CASE WHEN m IS NOT NULL THEN {keyed('m', generations(key))} END FROM (SELECT place, {message} AS m"  # noqa: S608 - names of fields are our own
        f" FROM (SELECT unnest(range($many::BIGINT)) AS place, {cells})) ORDER BY place"
    )
    values: dict[str, Value] = {
        "many": len(children),
        "forename": forenames,
        "surname": surnames,
        "date_of_birth": births,
        **bound(key),
    }
    with Session.opened(memory_mb=MEMORY_MB, threads=1, files=()) as session:
        return [found for (found,) in session.rows(query, values)]


_ENOUGH = "give a UPN, a ULN, a local id, a name with date of birth, or an address line with postcode"
MEMORY_MB = 64
_UPPER = ("upn", "former_upn", "uln", "postcode")
_SHAPES = {"date_of_birth": DATE_SHAPE, "postcode": POSTCODE_SHAPE}


@dataclass(frozen=True, slots=True)
class _Recognised:
    """One kind, and an SQL list of the texts to be keyed."""

    kind: str
    messages: str

    def pairs(self, session: Session, given: Mapping[str, str], key: bytes) -> Iterator[tuple[str, bytes]]:
        cells = ", ".join(f"${field}::VARCHAR AS {quoted(field)}" for field in given)
        query = f"SELECT {keyed('m', generations(key))} FROM (SELECT unnest({self.messages}) AS m FROM (SELECT {cells})) WHERE m IS NOT NULL"  # noqa: S608 - names of fields are our own
        for (found,) in session.rows(query, {**given, **bound(key)}):
            yield self.kind, found


def _validate(given: dict[str, str]) -> None:
    for field in _UPPER:
        if field in given:
            given[field] = given[field].upper()
    for field, holds in (("upn", is_upn), ("former_upn", is_upn), ("uln", is_uln)):
        if field in given and not holds(given[field]):
            raise RegisterInvalid(f"{field} does not have the shape of one", remedy="check it for typing errors")
    for field in _SHAPES:
        if field in given and not _has_shape(field, given[field]):
            raise RegisterInvalid(f"{field} does not have the shape of one", remedy="dates are spelled 2010-05-31")


def _has_shape(field: str, text: str) -> bool:
    return re.fullmatch(_SHAPES[field], text) is not None


def _recognised(given: Mapping[str, str]) -> Iterator[_Recognised]:
    """The kinds that these fields are enough for."""
    for field in ("upn", "former_upn"):
        if field in given:
            yield _Recognised(field, f"[{upn_message(field)}]")
    for field in ("uln", "uprn"):
        if field in given:
            yield _Recognised(field, f"[{number_message(field)}]")
    if "local_id" in given:
        yield _Recognised("local_id", f"[{local_id_message()}]")
    yield from _names(given)
    yield from _address(given)


def _names(given: Mapping[str, str]) -> Iterator[_Recognised]:
    forenames = [quoted(field) for field in ("forename", "preferred_forename") if field in given]
    surnames = [quoted(field) for field in ("surname", "preferred_surname") if field in given]
    if "date_of_birth" in given:
        for forename, surname in product(forenames, surnames):
            yield _Recognised(
                "name_dob", f"['name_dob:' || {name_key(whole_name(forename, surname), 'date_of_birth')}]"
            )


def _address(given: Mapping[str, str]) -> Iterator[_Recognised]:
    there = frozenset(line for line in LINES if line in given)
    if "postcode" not in given or not there:
        return
    numbers = f"list_append({every_number(lines(there))}, '')"
    yield _Recognised("address", f"list_transform({numbers}, lambda n: 'address:' || {postcode_key()} || ':' || n)")
    yield _Recognised(
        "postcode", f"CASE WHEN {first_number(lines(there))} = '' THEN ['postcode:' || {postcode_key()}] END"
    )
