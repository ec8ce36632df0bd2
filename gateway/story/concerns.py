"""What needs somebody's eye, and from when on: warned before, alarmed after. Pure.

Every rung that is no end has a clock; so have agreements, keys of people, and extracts that are
expected. Nothing here holds a value of a child: routes, transfers, stages and times only.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from gateway.contract.partner import UploadEndpoint
from gateway.contract.route import Route
from gateway.crypto.allowed_signers import Signer
from gateway.crypto.signers import Signers
from gateway.story.standing import TO_DO, UNDER_WAY, Standing
from gateway.vocabulary.alert import Level
from gateway.vocabulary.moment import LONDON
from gateway.vocabulary.transfer import Stage, TransferId

DAY = timedelta(days=1)
AGREEMENT_WARNED, KEY_WARNED = 30 * DAY, 14 * DAY
NOW = (timedelta(0), timedelta(0))
Clock = tuple[timedelta, timedelta]
"""After how long on a rung it is a warning, and an alarm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """`kind` is a slug; `since` is when it began, or when it will be an alarm if it is only a warning.

    `about` tells two of a kind apart where route and transfer do not, and is said to nobody.
    """

    level: Level
    kind: str
    sentence: str
    to_do: str
    since: datetime
    route: str | None = None
    transfer: TransferId | None = None
    about: str = ""


CLOCKS: Mapping[Stage, Callable[[Route], Clock]] = {
    Stage.WAITING: lambda route: (timedelta(0), 5 * DAY),  # noqa: ARG005 - one shape for all
    Stage.ARRIVED: lambda route: (timedelta(hours=1), DAY),  # noqa: ARG005
    Stage.APPROVED: lambda route: (timedelta(hours=2), DAY),  # noqa: ARG005
    Stage.WITHDRAWN: lambda route: (timedelta(hours=1), DAY),  # noqa: ARG005
    Stage.PAUSED: lambda route: (timedelta(0), 3 * DAY),  # noqa: ARG005
    Stage.SEALED: lambda route: (route.page.release_within, max(DAY, 2 * route.page.release_within)),
    Stage.REVOKED: lambda route: (route.page.release_within, max(DAY, 2 * route.page.release_within)),
    Stage.DELIVERED: lambda route: (route.partner.ack_within * 3 / 4, route.partner.ack_within),
    Stage.FAILED: lambda route: NOW,  # noqa: ARG005
    Stage.IN_DOUBT: lambda route: NOW,  # noqa: ARG005
    Stage.OVERDUE: lambda route: NOW,  # noqa: ARG005
    Stage.REJECTED_BY_PARTNER: lambda route: NOW,  # noqa: ARG005
}
UNDELIVERED = "undelivered"
"""Sealed, or taken back and to be sealed anew: one concern, whichever it is at this moment."""
LIES_STAGED = frozenset({Stage.DELIVERED, Stage.OVERDUE})
SENTENCES: Mapping[Stage, str] = {
    Stage.WAITING: "a release statement waits for signatures",
    Stage.ARRIVED: "an extract was taken over and not approved yet",
    Stage.APPROVED: "an approved extract was not sealed yet",
    Stage.WITHDRAWN: "a removal was asked for and not sealed yet",
    Stage.PAUSED: "a handoff is paused until a new statement is signed",
    Stage.SEALED: "a sealed parcel was not delivered yet",
    Stage.REVOKED: "a parcel that was taken back was not made again yet",
    Stage.DELIVERED: "the partner has not acknowledged yet",
    Stage.FAILED: "a delivery has failed",
    Stage.IN_DOUBT: "it is not known whether a delivery arrived",
    Stage.OVERDUE: "the partner's acknowledgement is overdue",
    Stage.REJECTED_BY_PARTNER: "the partner has rejected a parcel",
}


def of_standing(standing: Standing, route: Route | None, at: datetime) -> Concern | None:
    """None while its clock has not struck. A route that is out of service has no clocks: its transfers are alarms."""
    stage = standing.stage
    if route and lies_staged(stage, route):
        return _of_staged(standing, route, at)
    if stage not in CLOCKS or (stage is Stage.DELIVERED and route and route.partner.acknowledgement == "none"):
        return None
    warned, alarmed = CLOCKS[stage](route) if route else NOW
    since = standing.under_way or standing.since  # a partner that is away for days must not wind up the clock anew
    level = level_at(at, since + warned, since + alarmed)
    if level is None:
        return None
    return Concern(
        level=level,
        kind="unreached" if standing.out_of_reach else UNDELIVERED if stage in UNDER_WAY else str(stage),
        sentence=SENTENCES[stage],
        to_do=standing.to_do() if stage in TO_DO else f"gateway receipts show {standing.transfer}",
        since=since,
        route=standing.route,
        transfer=standing.transfer,
    )


def lies_staged(stage: Stage, route: Route) -> bool:
    """What was delivered lies in a folder of ours, until a person has uploaded it."""
    return stage in LIES_STAGED and isinstance(route.partner.endpoint, UploadEndpoint)


def _of_staged(standing: Standing, route: Route, at: datetime) -> Concern:
    """A return lies in a folder until a person has uploaded it: whatever its partner answers, nobody else can."""
    late = at - standing.since >= route.partner.ack_within
    return Concern(
        level=Level.ALARM if late or standing.stage is Stage.OVERDUE else Level.WARNING,
        kind="staged",
        sentence="a staged return has not been uploaded yet",
        to_do=f"gateway open {standing.transfer}, upload it, then: gateway uploaded {standing.transfer} --reference REFERENCE",
        since=standing.since,
        route=standing.route,
        transfer=standing.transfer,
    )


def of_agreement(route: Route, at: datetime) -> Concern | None:
    """Past its review date the route is suspended, which is told elsewhere; this warns before."""
    ends = datetime.combine(route.policy.agreement.review, time(0), LONDON) + DAY
    level = level_at(at, ends - AGREEMENT_WARNED, ends)
    if level is None:
        return None
    return Concern(
        level=level,
        kind="agreement",
        sentence=f"the agreement {route.policy.agreement.reference} is to be reviewed by {route.policy.agreement.review}",
        to_do=f"agree anew, put the new date into the policy, then: gateway route sign {route.name} --key KEY",
        since=ends,
        route=route.name,
    )


def of_expected(route: Route, last: datetime | None, at: datetime) -> Concern | None:
    """`last`: when an extract of this route came last, or since when one could have come."""
    expect = route.page.expect
    if expect is None or last is None:
        return None
    due = last + expect.every
    level = level_at(at, due, due + expect.grace)
    if level is None:
        return None
    return Concern(
        level=level,
        kind="not-arrived",
        sentence=f"no extract of the route {route.name} has come for {(at - last).days} days",
        to_do=f"ask whoever drops them; they go into outbox/{route.name}",
        since=due,
        route=route.name,
    )


def of_signers(role: str, signers: Signers, at: datetime) -> Iterator[Concern]:
    """Whose key ends soon, or has ended and still stands in the file, and nobody's line goes on. Named by fingerprint."""
    people = signers.living()
    for signer in people:
        if signer.valid_before is None or _goes_on(signer, people):
            continue
        level = level_at(at, signer.valid_before - KEY_WARNED, signer.valid_before)
        if level:
            yield Concern(
                level=level,
                kind="key",
                sentence=f"a key under keys/signers/{role} ends, or has ended: {signer.key.fingerprint}",
                to_do=f"put the person's new key into keys/signers/{role}, and take out the old line",
                since=signer.valid_before,
                about=signer.key.fingerprint,
            )


def _goes_on(signer: Signer, people: Iterable[Signer]) -> bool:
    """Another line of the same person's is valid for longer, for the same acts: a key was followed by the next."""
    return any(
        other.principal == signer.principal
        and signer.namespaces <= other.namespaces
        and (other.valid_before is None or signer.valid_before is None or other.valid_before > signer.valid_before)
        for other in people
        if other is not signer
    )


def level_at(at: datetime, warned: datetime, alarmed: datetime) -> Level | None:
    if at >= alarmed:
        return Level.ALARM
    return Level.WARNING if at >= warned else None
