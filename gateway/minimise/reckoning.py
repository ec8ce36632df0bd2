"""From a worker's report to an outcome: numbers become reasons, and what refuses the file says so."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.contract.policy import Policy
from gateway.contract.schema import Schema
from gateway.minimise.openings import bits_that_open, optional_fields
from gateway.minimise.outcome import SINGLE_FIELDS, Outcome, Refusal
from gateway.minimise.plan import Plan
from gateway.minimise.verdicts import (
    CONSENTED,
    DUPLICATE,
    HOLD,
    KEPT_BACK,
    REJECTED,
    SPECIAL,
    TOO_FEW,
    WITHHELD,
    bits_of,
    is_released,
    is_told,
    named_in,
)

Tallies = Mapping[int, int]


def outcome_of(report: Mapping[str, Any], plan: Plan, schema: Schema, policy: Policy) -> Outcome:
    """KeyError, TypeError or ValueError if the report is not one of a worker's; unbalanced if it does not add up."""
    tallies: dict[int, int] = {int(verdict): int(count) for verdict, count in report["tallies"]}
    rejected: dict[str, int] = {}
    for verdict, count in tallies.items():
        if verdict >= REJECTED:
            reason = plan.faults[verdict - REJECTED].reason
            rejected[reason] = rejected.get(reason, 0) + count
    released = {verdict: count for verdict, count in tallies.items() if is_released(verdict)}
    by_name = sum(count for verdict, count in released.items() if named_in(verdict, optional_fields(policy)))
    outcome = Outcome(
        rows_in=int(report["rows"]),
        rows_out=sum(released.values()),
        withheld={reason: tallies[verdict] for verdict, reason in WITHHELD.items() if tallies.get(verdict)},
        rejected=rejected,
        fields={field: _counted(released, bits_that_open(field, policy)) for field in optional_fields(policy)},
        tiers={"floor": sum(released.values())}
        | {tier: _counted(released, bit) for tier, bit, there in _tiers(policy) if there}
        | ({SINGLE_FIELDS: by_name} if by_name else {}),
        kept_back=tallies.get(KEPT_BACK, 0),
        refusals=tuple(_refusals(tallies, schema, policy)),
        places=_places(report, tallies, plan, policy),
        pairs=tuple((bytes.fromhex(key), bytes.fromhex(other)) for key, other in report["pairs"]),
        nameless=frozenset(bytes.fromhex(subject) for subject in report["nameless"]),
        removed=int(report["removed"]),
        duplicates=frozenset(bytes.fromhex(tag) for tag in report["duplicates"]),
        file_name=str(report.get("file_name", "")),
    )
    outcome.balance()
    return outcome


def _tiers(policy: Policy) -> tuple[tuple[str, int, bool], ...]:
    return ("consented", CONSENTED, policy.consented is not None), ("special", SPECIAL, bool(policy.special))


def _counted(released: Tallies, bits: int) -> int:
    return sum(count for verdict, count in released.items() if bits_of(verdict) & bits)


def _refusals(tallies: Tallies, schema: Schema, policy: Policy) -> Iterator[Refusal]:
    whole = policy.kind == "statutory"  # a return is sent whole or not at all
    bad = sum(count for verdict, count in tallies.items() if verdict >= REJECTED)
    if bad and (whole or schema.bad_rows == "refuse"):
        yield Refusal("bad-rows", f"{bad} of its rows do not fit the schema, and it is sent whole or not at all")
    if tallies.get(DUPLICATE) and (whole or schema.duplicates == "refuse"):
        yield Refusal("duplicates", f"{tallies[DUPLICATE]} of its rows are about children who stand in it twice")
    if tallies.get(TOO_FEW) and whole:
        yield Refusal(
            "too-few-identifiers", f"{tallies[TOO_FEW]} of its rows do not say enough about who they are about"
        )
    if tallies.get(HOLD) and whole:
        # not a word about why or where: who is on hold is nobody's to guess
        yield Refusal("review-needed", "the data protection officer must look at it before it can leave")


def _places(report: Mapping[str, Any], tallies: Tallies, plan: Plan, policy: Policy) -> tuple[str, ...]:
    lines = [f"row {int(row)}: {_about(int(verdict), plan)}" for row, verdict in report["places"]]
    by_consent = policy.kind == "consent"
    total = sum(count for verdict, count in tallies.items() if is_told(verdict, by_consent=by_consent))
    return (*lines, f"and {total - len(lines)} more") if total > len(lines) else tuple(lines)


def _about(verdict: int, plan: Plan) -> str:
    if verdict >= REJECTED:
        return plan.faults[verdict - REJECTED].sentence()
    return "this child stands in the file twice" if verdict == DUPLICATE else "too little says who this child is"
