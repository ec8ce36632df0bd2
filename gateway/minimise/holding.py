"""Is this row's child, or its address, on hold? And can a hold be seen in it at all?

SQL over the fields that a schema has. `holds` is a table of (kind, pseudonym); a kind that
no hold in force has is not computed, since keying is the most expensive thing done to a row.
"""

from collections.abc import Iterator
from typing import Final

from gateway.minimise.keying import keyed, keyed_upn
from gateway.minimise.normalising import (
    LINES,
    first_number,
    last_number,
    lines,
    local_id_message,
    name_key,
    number_message,
    postcode_key,
    upn_text,
    whole_name,
)
from gateway.minimise.shapes import quoted

SUBJECT: Final = "subject"
"""Beside the kinds of identifiers: a child whom a hold knows by another pseudonym than a row has."""


def held(fields: frozenset[str], kinds: frozenset[str], generations: int = 1) -> str:
    """True if any identifier of the row is one of a hold's."""
    tests = [
        f"coalesce({pseudonym} IN (SELECT pseudonym FROM holds WHERE kind = '{kind}'), false)"  # noqa: S608 - our own words only
        for kind, pseudonym in _pseudonyms(fields, generations)
        if kind in kinds
    ]
    return f"({' OR '.join(tests)})" if tests else "false"


def testable(fields: frozenset[str], *, by_consent: bool) -> str:
    """Whether there is enough to be tested by: UPN and name with birthday, and where consent decides the address too.

    A school may leave a protected address blank: a child without one is then the last that should leave.
    """
    tests = ["_subject IS NOT NULL"]
    if {"forename", "surname", "date_of_birth"} <= fields:
        tests.append("_name IS NOT NULL")
    if by_consent:
        # CASE stops at the first line that says something; OR would look at all of them
        given = " ".join(_says_something(quoted(line)) for line in LINES if line in fields)
        tests += [f"CASE {given} ELSE false END", "postcode IS NOT NULL"]
    return " AND ".join(tests)


def _says_something(line: str) -> str:
    """Most lines begin with a letter or a digit, and trimming costs six times as much as seeing that."""
    return f"WHEN ascii({line}) BETWEEN {ord('!')} AND {ord('~')} THEN true WHEN trim({line}) <> '' THEN true"


def _pseudonyms(fields: frozenset[str], generations: int) -> Iterator[tuple[str, str]]:
    """By kind, the SQL of each pseudonym that a row has."""
    yield "upn", "_upn_key"
    yield SUBJECT, "_subject"
    if "former_upn" in fields:
        yield "upn", _where("former_upn", keyed_upn(upn_text("former_upn"), generations))
    for field in ("uln", "uprn"):
        if field in fields:
            yield field, _where(field, keyed(number_message(field), generations))
    if "local_id" in fields:
        yield "local_id", _where("local_id", keyed(local_id_message(), generations))
    if {"forename", "surname", "date_of_birth"} <= fields:
        yield "name_dob", keyed("'name_dob:' || _name", generations)
        yield from _preferred(fields, generations)
    if "postcode" in fields and any(line in fields for line in LINES):
        yield from _address(fields, generations)


def _preferred(fields: frozenset[str], generations: int) -> Iterator[tuple[str, str]]:
    """The name somebody goes by, where it is not the legal one."""
    preferred = [field for field in ("preferred_forename", "preferred_surname") if field in fields]
    if not preferred:
        return
    forename, surname = (
        f"coalesce(nullif({quoted('preferred_' + name)}, ''), {quoted(name)})"
        if f"preferred_{name}" in fields
        else quoted(name)
        for name in ("forename", "surname")
    )
    message = f"'name_dob:' || {name_key(whole_name(forename, surname), quoted('date_of_birth'))}"
    given = " OR ".join(f"{quoted(field)} <> ''" for field in preferred)
    yield "name_dob", f"CASE WHEN {given} THEN {keyed(message, generations)} END"


def _address(fields: frozenset[str], generations: int) -> Iterator[tuple[str, str]]:
    text = lines(fields)
    first, last = (f"'address:' || {postcode_key()} || ':' || {number(text)}" for number in (first_number, last_number))
    yield "address", keyed(first, generations)
    yield "address", f"CASE WHEN {last_number(text)} <> {first_number(text)} THEN {keyed(last, generations)} END"
    yield "postcode", keyed(f"'postcode:' || {postcode_key()}", generations)


def _where(field: str, pseudonym: str) -> str:
    return f"CASE WHEN {quoted(field)} <> '' THEN {pseudonym} END"
