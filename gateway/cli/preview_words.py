"""A preview in lines for a person and in values for a program. Small numbers are not told, but to --rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.cli.consent_words import plain as consent_as_values
from gateway.cli.disclosure_words import WHY, basis_in_words, spelled
from gateway.contract.route import Route
from gateway.minimise.disclosed import Disclosed
from gateway.minimise.disclosures import bases_of
from gateway.minimise.outcome import SINGLE_FIELDS, Outcome
from gateway.story.disclosed import NOT_RELEASED, why_in_part
from gateway.story.notes import WITHHELD_BECAUSE, told, told_released
from gateway.story.previewing import Explained, Preview
from gateway.story.refusal_note import header_in_words, in_runs

LIMITS: Final = {
    "new-column": "a field would leave that the last full parcel had for nobody",
    "removals": "more children than the policy's limit would be gone since the last full parcel",
    "rows": "it has more or fewer rows than the policy's limit allows since the last full parcel",
}
NO_ROW: Final = "no row about this child is in the scope of the route: it is not there, outside its ages, or rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """`suspended` says why the route may not be used, if it may not."""

    route: Route
    preview: Preview
    suspended: str


def seen_in_words(seen: Seen) -> Iterator[str]:
    preview, outcome = seen.preview, seen.preview.outcome
    yield f"Route {seen.route.name} to {seen.route.partner.name}. This is a preview: nothing was released or kept."
    if seen.suspended:
        yield f"  suspended      {seen.suspended}"
    for reason in preview.reasons:
        yield f"  refused        {reason.sentence} ({reason.slug})"
    for line in header_in_words(seen.route.schema, {reason.slug for reason in preview.reasons}):
        yield f"                 {line}"
    if outcome.rows_in:
        yield from _counts(preview)
        for limit in preview.beyond:
            yield f"  paused         {LIMITS[limit]}: a second approver must sign ({limit})"
        yield from _columns(seen.route)
    if outcome.places:
        yield "  where          row numbers count from the header as row 1"
    for place in in_runs(outcome.places):
        yield f"                 {place}"


def _counts(preview: Preview) -> Iterator[str]:
    outcome, ceilings = preview.outcome, preview.ceilings
    yield f"  rows           {told(outcome.rows_in)}"
    yield f"  released       {told_released(outcome.rows_in, outcome.rows_out)}"
    yield f"  not released   {told(outcome.rows_in - outcome.rows_out)}"
    yield f"  since last     {preview.since_last}"
    yield f"  the statement  rows at most {ceilings.rows:,}, children at most {ceilings.children:,}"
    for field, most in sorted(ceilings.fields.items()):
        yield f"                 {spelled([field])} of at most {most:,}"


def _columns(route: Route) -> Iterator[str]:
    for basis in bases_of(route.policy):
        yield f"  {basis.tier:<14} {spelled(basis.fields)}"
        yield f"                 {basis_in_words(basis)}"
    leaving = {column.field for column in route.policy.output}
    staying = [f'"{column.header}"' for column in route.schema.columns if column.field not in leaving]
    if staying:
        yield f"  never leaves   {', '.join(staying)}"


def by_rule(outcome: Outcome) -> Iterator[str]:
    yield "Rule by rule, for the data protection officer alone; holds are counted here:"
    for name, count in _by_rule(outcome):
        yield f"  {name:<62}{count:>8,}"


_WITH: Final = {"floor": "released", SINGLE_FIELDS: "released, with single fields by their names"}


def _by_rule(outcome: Outcome) -> Iterator[tuple[str, int]]:
    yield "rows", outcome.rows_in
    for tier, count in outcome.tiers.items():
        yield _WITH.get(tier, f"released, with the tier {tier}"), count
    for reason, count in sorted(outcome.withheld.items()):
        yield f"withheld: {WITHHELD_BECAUSE.get(reason, reason)}", count
    for reason, count in sorted(outcome.rejected.items()):
        yield f"rejected: {reason.replace('-', ' ')}", count
    if outcome.kept_back:
        yield "released, without what a hold keeps back", outcome.kept_back
    yield "gone since the last full parcel", outcome.removed


def seen_as_values(seen: Seen, *, rules: bool) -> dict[str, Any]:
    preview, outcome, ceilings = seen.preview, seen.preview.outcome, seen.preview.ceilings
    values: dict[str, Any] = {
        "route": seen.route.name, "partner": seen.route.partner.partner, "suspended": seen.suspended or None,
        "refused": [{"reason": reason.slug, "sentence": reason.sentence} for reason in preview.reasons],
        "beyond_limits": list(preview.beyond), "places": list(outcome.places), "since_last": preview.since_last,
        "rows": told(outcome.rows_in), "released": told_released(outcome.rows_in, outcome.rows_out),
        "not_released": told(outcome.rows_in - outcome.rows_out),
        "ceilings": {"rows": ceilings.rows, "children": ceilings.children, "fields": dict(ceilings.fields)},
        "columns": [
            {"tier": b.tier, "fields": list(b.fields), "basis": b.basis, "mandatory": b.mandatory}
            for b in bases_of(seen.route.policy)
        ],
    }  # fmt: skip
    return values | ({"by_rule": _rules_as_values(outcome)} if rules else {})


def _rules_as_values(outcome: Outcome) -> dict[str, Any]:
    return {
        "rows": outcome.rows_in, "released": outcome.rows_out, "tiers": dict(outcome.tiers),
        "fields": dict(outcome.fields), "withheld": dict(outcome.withheld), "rejected": dict(outcome.rejected),
        "removed": outcome.removed, "kept_back": outcome.kept_back,
    }  # fmt: skip


def child_in_words(found: Explained, route: Route, *, reviewer: bool) -> Iterator[str]:
    for reason in found.reasons:
        yield f"nothing of the file would leave: {reason.sentence} ({reason.slug})"
    if not found.reasons:
        yield from _row_in_words(found.row, reviewer=reviewer)
    if route.policy.kind == "statutory":
        yield "The route is statutory: no consent is asked, and a return is sent whole or not at all."
        return
    age = route.policy.right_holder_age
    yield f"Until the {age}th birthday parents and guardians decide, and their consent ends there; then the young person."
    if not found.consent:
        yield "No decision for this purpose is on record: the statutory floor only."


def _row_in_words(row: Disclosed | None, *, reviewer: bool) -> Iterator[str]:
    if row is None:
        yield NO_ROW
        return
    if not row.released:
        yield f"This child would not be released: {WHY[_whole(row, reviewer=reviewer)]}"
        return
    yield "This child would be released:"
    for basis in row.bases:
        fields = [field for field in basis.fields if field in row.released]
        closed = [field for field in basis.fields if field not in row.released]
        if fields:
            yield f"  {basis.tier:<10} open    {spelled(fields)}; {basis_in_words(basis)}"
        for why in sorted({why_in_part(row.withheld[field], reviewer=reviewer) for field in closed}):
            told_of = [field for field in closed if why_in_part(row.withheld[field], reviewer=reviewer) == why]
            yield f"  {basis.tier:<10} closed  {spelled(told_of)}; {WHY[why]}"


def child_as_values(found: Explained, route: Route, *, reviewer: bool) -> dict[str, Any]:
    return {
        "route": route.name, "refused": [reason.slug for reason in found.reasons],
        "in_scope": found.row is not None if not found.reasons else None,
        "released": sorted(found.row.released) if found.row else [],
        "withheld": _withheld(found.row, reviewer=reviewer) if found.row else {},
        "tiers_open": _tiers(found.row), "fields_open": _single_fields(found.row), "right_holder_age": route.policy.right_holder_age,
        "consent": [consent_as_values(shown) for shown in found.consent],
    }  # fmt: skip


def _withheld(row: Disclosed, *, reviewer: bool) -> Mapping[str, str]:
    if row.released:
        return {field: why_in_part(why, reviewer=reviewer) for field, why in row.withheld.items()}
    return dict.fromkeys(row.withheld, _whole(row, reviewer=reviewer))


def _whole(row: Disclosed, *, reviewer: bool) -> str:
    """Why the child as a whole would not be released: it may be a hold."""
    return next(iter(row.withheld.values()), NOT_RELEASED) if reviewer else NOT_RELEASED


def _tiers(row: Disclosed | None) -> list[str]:
    """Those that are open as a whole."""
    bases = row.bases if row else ()
    closed = {b.tier for b in bases if row and not row.released.issuperset(b.fields)}
    return list(dict.fromkeys(b.tier for b in bases if b.tier not in closed))


def _single_fields(row: Disclosed | None) -> list[str]:
    """What is open of tiers that are not."""
    whole = _tiers(row)
    return [
        field
        for b in (row.bases if row else ())
        if b.tier not in whole
        for field in b.fields
        if row and field in row.released
    ]
