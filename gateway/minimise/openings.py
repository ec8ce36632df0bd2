"""What the register opens for a child under one policy, as SQL: the verdict of whoever nothing speaks against.

    decided ─▶ everything ─▶ of several pseudonyms what all of them let out ─▶ minor_opens, own_opens

`everything` is a set as bits: the tiers that the policy has, and the fields that were named; where pseudonyms
are linked the fields of those tiers too, so that a field that one opens by its name and another with
its tier is open. What a tier opens is told by the tier alone in the end: a register without single fields
has verdicts of 0 to 3, and fields that the policy's output does not have, or that are in its floor, have no bit.
"""

from collections.abc import Mapping

from gateway.contract.policy import Policy
from gateway.minimise.consent import Opened
from gateway.minimise.snapshot import SEPARATOR
from gateway.minimise.verdicts import CONSENTED, FLOOR, SPECIAL, TIERS, by_name, field_bit, sql_type

SIDES = ("minor", "own")


def optional_fields(policy: Policy) -> tuple[str, ...]:
    """What of the output only consent releases, in its order: a field's place is its bit's."""
    fields = dict.fromkeys(str(column.field) for column in policy.output)
    floor = {"reference", *policy.floor.fields}
    return tuple(field for field in fields if field not in floor) if policy.kind == "consent" else ()


def fields_of(opened: Opened, policy: Policy) -> frozenset[str]:
    """What of the output leaves beside the floor."""
    of_tier = {"consented": policy.consented_fields, "special": policy.special_fields - policy.consented_fields}
    return opened.fields.union(*(of_tier[tier] for tier in opened.tiers)).intersection(optional_fields(policy))


def bits_that_open(field: str, policy: Policy) -> int:
    """Of an optional field: its tier's and its own."""
    return _tier(field, policy) | field_bit(optional_fields(policy).index(field))


def _tier(field: str, policy: Policy) -> int:
    return CONSENTED if field in policy.consented_fields else SPECIAL


def register(policy: Policy, *, linked: bool) -> str:
    """A query on `decided`, a snapshot as it is written: each subject with what is open until the right-holder's age, and from it."""
    columns = ", ".join(f"{_everything(side, policy, linked=linked)} AS {side}" for side in SIDES)
    query = f"SELECT subject, objected, {columns}, own_given FROM decided"  # noqa: S608 - our own words only, here and below
    query = _of_each_child(query, linked=linked)
    columns = ", ".join(f"{_verdict(side, policy)} AS {side}_opens" for side in SIDES)
    return _open_or_objected(f"SELECT subject, objected, {columns}, own_given FROM ({query})")  # noqa: S608


def register_of_tiers(policy: Policy, *, linked: bool) -> str:
    """The same of a register in which nobody has named single fields: planned in a fifth of the time."""
    there = (CONSENTED if policy.consented else FLOOR) | (SPECIAL if policy.special else FLOOR)
    columns = ", ".join(f"{side}_tiers & {there} AS {side}" for side in SIDES)
    query = _of_each_child(f"SELECT subject, objected, {columns}, own_given FROM decided", linked=linked)  # noqa: S608
    fields = len(optional_fields(policy))
    opens = ", ".join(f"CAST({side} AS {sql_type(fields)}) AS {side}_opens" for side in SIDES)
    return _open_or_objected(f"SELECT subject, objected, {opens}, own_given FROM ({query})")  # noqa: S608


def _of_each_child(query: str, *, linked: bool) -> str:
    if not linked:
        return query
    return (
        "SELECT coalesce(links.subject, d.subject) AS subject, bool_or(objected) AS objected,"  # noqa: S608
        " bit_and(minor) AS minor, bit_and(own) AS own, min(own_given) AS own_given"
        f" FROM ({query}) d LEFT JOIN links ON d.subject = links.pseudonym GROUP BY 1"
    )


def _open_or_objected(query: str) -> str:
    # whoever has nothing open and nothing objected to is as good as absent, and makes every join dearer
    return f"{query} WHERE objected OR minor <> 0 OR own <> 0"


def _everything(side: str, policy: Policy, *, linked: bool) -> str:
    there = (CONSENTED if policy.consented else FLOOR) | (SPECIAL if policy.special else FLOOR)
    named = " | ".join(
        f"CASE WHEN contains('{SEPARATOR}' || {side}_fields || '{SEPARATOR}', '{SEPARATOR}{field}{SEPARATOR}')"
        f" THEN {field_bit(place)} ELSE 0 END"
        for place, field in enumerate(optional_fields(policy))
    )
    tiers = f"({side}_tiers & {there})"
    if linked:
        tiers = _of_tiers(tiers, {those: those | _fields_of(those, policy) for those in TIERS})
    return f"CASE WHEN {side}_fields = '' THEN {tiers} ELSE {tiers} | {named or 0} END"


def _verdict(side: str, policy: Policy) -> str:
    told = {tiers: ~_fields_of(tiers, policy) for tiers in TIERS}
    opens = f"({side} & {_of_tiers(f'{side} & {max(TIERS)}', told)})"
    fields = len(optional_fields(policy))
    named = f"CASE WHEN {opens} <= {max(TIERS)} THEN {opens} ELSE {opens} | {by_name(fields)} END"
    return f"CAST(CASE WHEN {side} <= {max(TIERS)} THEN {side} ELSE {named} END AS {sql_type(fields)})"


def _of_tiers(tiers: str, bits: Mapping[int, int]) -> str:
    cases = " ".join(f"WHEN {number} THEN {those}" for number, those in bits.items())
    return f"CASE {tiers} {cases} END"


def _fields_of(tiers: int, policy: Policy) -> int:
    """The bits of all fields that these tiers open."""
    places = enumerate(optional_fields(policy))
    return sum(field_bit(place) for place, field in places if _tier(field, policy) & tiers)
