"""Is the word of these people enough for this file, on this route, at this moment?

- every rule is a small frozen question that answers with a reason to refuse, or nothing;
- all reasons are collected, not the first;
- what is missing makes the extract wait; what is wrong refuses it;
- the register is not asked here: it is judged at release, child by child.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.approval.statement import Statement
from gateway.vocabulary.digest import Digest

ROLES = ("prepare", "approve")
SECOND_APPROVER = "second-approver"
APPROVERS_BEYOND_LIMITS = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not: a slug for the receipt, a sentence for a person."""

    slug: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSignature:
    """A verified signature by somebody who may act in this role on this route."""

    role: str
    principal: str
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """The statement as it would have to read now: what this gateway, route and partner are today."""

    gateway: str
    route: str
    partner: str
    partner_key: str
    route_digest: Digest
    longest: timedelta = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that was found beside the extract, verified; `faults` are signatures that did not verify.

    `extract` is None as long as the bytes have not been copied and hashed: the claim compares them.
    """

    statement: Statement
    signatures: tuple[RoleSignature, ...]
    faults: tuple[Reason, ...]
    remarks: Digest | None
    extract: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    missing: tuple[str, ...]
    """Roles that have not signed yet, and `second-approver` where the brake asks for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    statement: Statement
    signatures: tuple[RoleSignature, ...]


Decision = Waiting | Refused | Approved
Rule = Callable[[Evidence, Expected, datetime], Reason | None]


def names_this_gateway(evidence: Evidence, expected: Expected, at: datetime) -> Reason | None:
    if evidence.statement.gateway != expected.gateway:
        return Reason("other-gateway", "the statement names another gateway")
    return None


def names_this_route(evidence: Evidence, expected: Expected, at: datetime) -> Reason | None:
    if evidence.statement.route != expected.route:
        return Reason("other-route", "the statement was made for another route than this folder's")
    return None


def names_this_partner(evidence: Evidence, expected: Expected, at: datetime) -> Reason | None:
    if (evidence.statement.partner, evidence.statement.partner_key) != (expected.partner, expected.partner_key):
        return Reason("partner-changed", "the route's partner or its encryption key has changed since the statement")
    return None


def route_is_unchanged(evidence: Evidence, expected: Expected, at: datetime) -> Reason | None:
    if evidence.statement.route_digest != expected.route_digest:
        return Reason("route-changed", "the route, its policy, schema or partner has changed since the statement")
    return None


def has_not_expired(evidence: Evidence, expected: Expected, at: datetime) -> Reason | None:
    if at > evidence.statement.expires:
        return Reason("statement-expired", "the statement has expired")
    return None


def is_not_for_ever(evidence: Evidence, expected: Expected, at: datetime) -> Reason | None:
    if evidence.statement.expires - at > expected.longest:
        return Reason("statement-too-long", f"the statement lasts longer than {expected.longest.days} days")
    return None


def extract_is_unchanged(evidence: Evidence, expected: Expected, at: datetime) -> Reason | None:
    if evidence.extract is not None and evidence.extract != evidence.statement.extract:
        return Reason("extract-changed", "the file is not the one that the statement describes: it was changed")
    return None


def remarks_are_unchanged(evidence: Evidence, expected: Expected, at: datetime) -> Reason | None:
    if evidence.remarks != evidence.statement.remarks:
        return Reason("remarks-changed", "the .handoff.toml beside the file is not the one the statement describes")
    return None


def signed_by_different_people(evidence: Evidence, expected: Expected, at: datetime) -> Reason | None:
    by_role = [{s.principal for s in evidence.signatures if s.role == role} for role in ROLES]
    if by_role[0] and by_role[1] and len(by_role[0] | by_role[1]) == 1:
        return Reason("one-person-twice", "one person signed both as preparer and as approver")
    return None


def signed_with_different_keys(evidence: Evidence, expected: Expected, at: datetime) -> Reason | None:
    by_role = [{s.fingerprint for s in evidence.signatures if s.role == role} for role in ROLES]
    if by_role[0] & by_role[1]:
        return Reason("one-key-twice", "one key signed both as preparer and as approver")
    return None


RULES: tuple[Rule, ...] = (
    names_this_gateway, names_this_route, names_this_partner, route_is_unchanged, has_not_expired, is_not_for_ever,
    extract_is_unchanged, remarks_are_unchanged, signed_by_different_people, signed_with_different_keys,
)  # fmt: skip


def _missing(evidence: Evidence) -> tuple[str, ...]:
    """Roles that have not signed yet; beyond the brake's limits a second approver, by person and by key, who did not prepare it."""
    missing = tuple(role for role in ROLES if role not in {s.role for s in evidence.signatures})
    if missing or not evidence.statement.beyond:
        return missing
    preparers = {s.principal for s in evidence.signatures if s.role == "prepare"}
    approvals = [s for s in evidence.signatures if s.role == "approve" and s.principal not in preparers]
    apart = min(len({s.principal for s in approvals}), len({s.fingerprint for s in approvals}))
    return (SECOND_APPROVER,) if apart < APPROVERS_BEYOND_LIMITS else ()


def decide(evidence: Evidence, expected: Expected, at: datetime, rules: Sequence[Rule] = RULES) -> Decision:
    """Refused if anything is wrong, Waiting if a role has not signed, else Approved.

    An unsigned statement that is out of date refuses nothing: it is written anew. That is for
    the caller to see, by `reasons` while nobody has signed.
    """
    reasons = (*evidence.faults, *(reason for rule in rules if (reason := rule(evidence, expected, at))))
    if reasons:
        return Refused(reasons=reasons)
    if missing := _missing(evidence):
        return Waiting(missing=missing)
    return Approved(statement=evidence.statement, signatures=evidence.signatures)
