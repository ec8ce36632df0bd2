"""Which subject a row is about, as SQL. A child is several identifiers, and not a UPN.

    _upn_key      the UPN's pseudonym
    _name_key     of name with birthday: the child's own where a row has no UPN
    _local_key    of the council's own number: the same where a schema has no names
    _key          the first of these that the row has: the subject, unless a link says otherwise
    _other        by what else the child may be known already: a former UPN, or the name of a
                  child who had no UPN when it was last seen
    _subject      what registers, disclosures and the partner's reference go by

A link says that one pseudonym belongs to another's subject, and is made before anything leaves
(`story/subjects`): so a reference stays when a temporary UPN becomes a permanent one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.minimise.keying import keyed, keyed_upn
from gateway.minimise.normalising import local_id_message, upn_text

FORMER = "former_upn"


Instead = Literal["name", "local_id", "nothing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """`linked`: there are links. `by_name`: some children are known by their names alone.

    `generations`: of the register's key. `kept`: partners have references from before a rotation.
    """

    linked: bool
    by_name: bool
    generations: int = 1
    kept: bool = False


NOTHING_KNOWN = Known(linked=False, by_name=False)


def pairs_are_found(fields: frozenset[str], *, naming: bool) -> bool:
    """Whether a row of such a schema can tell by what else its child may be known."""
    return FORMER in fields or naming


def keys(fields: frozenset[str], *, instead: Instead, known: Known) -> Iterator[tuple[str, ...]]:
    """SQL columns, in SELECTs one around the other. `instead`: what stands in for a UPN."""
    naming, generations = known.by_name, known.generations
    named = "_name IS NOT NULL AND _upn_key IS NULL" if not naming else "_name IS NOT NULL"
    name_key = (
        f"CASE WHEN {named} THEN {keyed(name_message(), generations)} END" if instead == "name" or naming else _NOTHING
    )
    former = f"CASE WHEN _in_scope AND \"{FORMER}\" <> '' THEN {keyed_upn(upn_text(FORMER), generations)} END"
    local = f"CASE WHEN _in_scope AND _upn_key IS NULL THEN {keyed(local_id_message(), generations)} END"
    yield (
        f"{name_key} AS _name_key",
        f"{local if instead == 'local_id' else _NOTHING} AS _local_key",
        f"{former if FORMER in fields else _NOTHING} AS _former_key",
    )
    known_by_name = "CASE WHEN _name_key IN (SELECT pseudonym FROM nameless) THEN _name_key END" if naming else _NOTHING
    key = "coalesce(_upn_key, _local_key, _name_key)"
    yield (
        f"{key} AS _key",
        *(() if known.linked else (f"{key} AS _subject",)),  # a SELECT less: each is planned for all columns
        f"CASE WHEN _upn_key IS NOT NULL THEN nullif(coalesce(_former_key, {known_by_name}), _upn_key) END AS _other",
    )


def name_message() -> str:
    return "'name_dob:' || _name"


def linked(query: str, *, known: Known) -> str:
    if known.linked:
        query = (
            "SELECT q.*, coalesce(links.subject, _key) AS _subject"  # noqa: S608 - our own words only
            f" FROM ({query}) q LEFT JOIN links ON q._key = links.pseudonym"
        )
    if known.kept:
        query = f"SELECT s.*, kept.reference AS _kept FROM ({query}) s LEFT JOIN kept ON s._subject = kept.subject"  # noqa: S608
    return query


_NOTHING = "CAST(NULL AS BLOB)"
