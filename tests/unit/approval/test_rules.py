"""Whose word is enough: a table of what refuses, what waits and what is approved."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.approval.rules import Approved, Evidence, Expected, Reason, Refused, RoleSignature, Waiting, decide
from gateway.approval.statement import Ceilings, Statement
from gateway.vocabulary.digest import Digest

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
KEY = "SHA256:" + "A" * 43
EXPECTED = Expected(
    gateway="council.example", route="yss", partner="youth-support-service", partner_key=KEY,
    route_digest=Digest.of(b"route"),
)  # fmt: skip
STATEMENT = Statement(
    gateway="council.example", route="yss", partner="youth-support-service", partner_key=KEY,
    extract=Digest.of(b"extract"), remarks=None, salt=bytes(32), route_digest=Digest.of(b"route"),
    ceilings=Ceilings(rows=10, children=10, fields={}), since_last="first", expires=AT + timedelta(days=6),
)  # fmt: skip
PREPARER = RoleSignature(role="prepare", principal="p@council.example", fingerprint="SHA256:" + "P" * 43)
APPROVER = RoleSignature(role="approve", principal="a@council.example", fingerprint="SHA256:" + "Q" * 43)
WHOLE = Evidence(
    statement=STATEMENT, signatures=(PREPARER, APPROVER), faults=(), remarks=None, extract=Digest.of(b"extract")
)


def test_two_people_in_their_roles_approve():
    decision = decide(WHOLE, EXPECTED, AT)
    assert isinstance(decision, Approved)
    assert {s.role for s in decision.signatures} == {"prepare", "approve"}


@pytest.mark.parametrize(
    ("signatures", "missing"),
    [
        ((), ("prepare", "approve")),
        ((PREPARER,), ("approve",)),
        ((APPROVER,), ("prepare",)),
        ((PREPARER,) * 2, ("approve",)),
    ],
)
def test_a_role_that_has_not_signed_makes_it_wait(signatures, missing):
    decision = decide(replace(WHOLE, signatures=signatures), EXPECTED, AT)
    assert decision == Waiting(missing=missing)


def changed(**changes):
    return replace(WHOLE, statement=replace(STATEMENT, **changes))


@pytest.mark.parametrize(
    ("slug", "evidence"),
    [
        ("other-gateway", changed(gateway="other.example")),
        ("other-route", changed(route="dfe")),
        ("partner-changed", changed(partner="somebody-else")),
        ("partner-changed", changed(partner_key="SHA256:" + "B" * 43)),
        ("route-changed", changed(route_digest=Digest.of(b"another route"))),
        ("statement-expired", changed(expires=AT - timedelta(seconds=1))),
        ("statement-too-long", changed(expires=AT + timedelta(days=8))),
        ("extract-changed", replace(WHOLE, extract=Digest.of(b"another extract"))),
        ("remarks-changed", replace(WHOLE, remarks=Digest.of(b"remarks"))),
        ("remarks-changed", changed(remarks=Digest.of(b"remarks"))),
        ("one-person-twice", replace(WHOLE, signatures=(PREPARER, replace(APPROVER, principal=PREPARER.principal)))),
        ("one-key-twice", replace(WHOLE, signatures=(PREPARER, replace(APPROVER, fingerprint=PREPARER.fingerprint)))),
        ("unknown-key", replace(WHOLE, faults=(Reason("unknown-key", "nobody we know"),))),
    ],
)
def test_what_is_wrong_refuses(slug, evidence):
    decision = decide(evidence, EXPECTED, AT)
    assert isinstance(decision, Refused)
    assert [reason.slug for reason in decision.reasons] == [slug]


def test_all_reasons_are_collected_not_the_first():
    decision = decide(changed(route="dfe", expires=AT - timedelta(days=1)), EXPECTED, AT)
    assert isinstance(decision, Refused)
    assert {reason.slug for reason in decision.reasons} == {"other-route", "statement-expired"}


def test_a_fault_refuses_even_beside_two_good_signatures():
    assert isinstance(decide(replace(WHOLE, faults=(Reason("unknown-key", "x"),)), EXPECTED, AT), Refused)


SECOND = RoleSignature(role="approve", principal="b@council.example", fingerprint="SHA256:" + "R" * 43)


@pytest.mark.parametrize(
    "signatures",
    [
        (PREPARER, APPROVER),
        (PREPARER, APPROVER, APPROVER),
        (PREPARER, APPROVER, replace(APPROVER, fingerprint=SECOND.fingerprint)),
        (PREPARER, APPROVER, replace(SECOND, fingerprint=APPROVER.fingerprint)),
        (PREPARER, APPROVER, replace(SECOND, principal=PREPARER.principal)),
    ],
)
def test_beyond_the_limits_one_approver_is_not_enough(signatures):
    unlike = replace(changed(beyond=("removals",)), signatures=signatures)
    assert decide(unlike, EXPECTED, AT) == Waiting(missing=("second-approver",))


def test_beyond_the_limits_a_second_approver_lets_it_go():
    unlike = replace(changed(beyond=("removals", "rows")), signatures=(PREPARER, APPROVER, SECOND))
    assert isinstance(decide(unlike, EXPECTED, AT), Approved)
