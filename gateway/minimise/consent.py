"""Which decision counts: the rules of DESIGN §5 in plain Python, for one child on one day.

What opens anything counts from the day it was given; what closes counts from the moment it
is on record. `unsought` and `no-reply` are no decisions and change nothing.

- Each decider's latest of consent, refusal and withdrawal counts, by the day given, then by
  the order recorded. An objection also ends what its decider consented to before it.
- Under 16: a refusal or withdrawal by anyone, the young person included, leaves the floor
  only; else the tiers of the parents' and guardians' consents together. The young person's
  own consent opens nothing yet.
- From 16: the young person's latest decision alone opens, and only if it was given on the
  16th birthday or later. A refusal by anyone that comes after it closes it again.
- A consent ends on the day it `expires`: that day it counts no longer.
- A consent to single fields and no tier counts as a refusal, until a release can be made by single
  fields: that somebody agreed to a telephone number must open nothing else.
- An objection withholds the child until the same decider's is lifted.

Nothing on record, or nothing that counts: the floor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from gateway.minimise.ages import attained_on

OWN: Final = "young-person"
OPENING: Final = frozenset({"consent", "lift-objection"})
CLOSING: Final = frozenset({"refuse", "withdraw", "object"})
NEUTRAL: Final = frozenset({"unsought", "no-reply"})
DECISIONS: Final = OPENING | CLOSING | NEUTRAL
TIERS: Final = frozenset({"consented", "special"})
NONE: Final[frozenset[str]] = frozenset()


class Decision(Protocol):
    """One line of the register about one child and purpose."""

    @property
    def decided_by(self) -> str: ...
    @property
    def decision(self) -> str: ...
    @property
    def tiers(self) -> frozenset[str]: ...
    @property
    def given(self) -> date: ...
    @property
    def expires(self) -> date | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a child's decisions come to on one day, before the age is known."""

    objected: bool = False
    minor_tiers: frozenset[str] = NONE
    """Opened by others, while the child is under 16."""
    own_tiers: frozenset[str] = NONE
    own_given: date | None = None
    """When the child opened `own_tiers`; they count if that was at 16 or later."""

    @property
    def opens(self) -> bool:
        """Whether anything but the floor may leave, at some age."""
        return bool(self.minor_tiers or self.own_tiers)


def standing(recorded: Sequence[Decision], day: date) -> Standing:
    """`recorded` in the order recorded."""
    counting = [decision for decision in recorded if _counts(decision, day)]
    in_order = sorted(counting, key=lambda decision: decision.given)
    by_decider = {who: [d for d in in_order if d.decided_by == who] for who in {d.decided_by for d in in_order}}
    latest = {who: decision for who, decisions in by_decider.items() if (decision := _latest(decisions))}
    own = latest.get(OWN)
    return Standing(
        objected=any(_objects(decisions) for decisions in by_decider.values()),
        minor_tiers=_minor_tiers(latest, by_decider, day),
        own_tiers=_own_tiers(own, latest, in_order, day),
        own_given=own.given if own and _own_tiers(own, latest, in_order, day) else None,
    )


def of_all(standings: Sequence[Standing]) -> Standing:
    """Of one child known by several pseudonyms: what all of them let out, and an objection under any."""
    given = [one.own_given for one in standings if one.own_given]
    own = frozenset[str].intersection(*(one.own_tiers for one in standings)) if standings else NONE
    return Standing(
        objected=any(one.objected for one in standings),
        minor_tiers=frozenset[str].intersection(*(one.minor_tiers for one in standings)) if standings else NONE,
        own_tiers=own,
        own_given=min(given) if own else None,
    )


def tiers(standing: Standing, *, born: date, day: date, right_holder_age: int = 16) -> frozenset[str]:
    """The tiers that leave beside the floor."""
    birthday = attained_on(born, right_holder_age)
    if day < birthday:
        return standing.minor_tiers
    return standing.own_tiers if standing.own_given and standing.own_given >= birthday else NONE


def _counts(decision: Decision, day: date) -> bool:
    return decision.decision not in NEUTRAL and (decision.decision in CLOSING or decision.given <= day)


def _latest(decisions: Sequence[Decision]) -> Decision | None:
    """Of consent, refusal and withdrawal."""
    return next((d for d in reversed(decisions) if d.decision in ("consent", "refuse", "withdraw")), None)


def _objects(decisions: Sequence[Decision]) -> bool:
    last = next((d for d in reversed(decisions) if d.decision in ("object", "lift-objection")), None)
    return last is not None and last.decision == "object"


def _closes(decision: Decision) -> bool:
    """Of consent, refusal and withdrawal."""
    return decision.decision != "consent" or not decision.tiers


def _live(consent: Decision, decisions: Sequence[Decision], day: date) -> bool:
    """A consent that has not expired, and that its decider has not objected to since."""
    if _closes(consent) or (consent.expires is not None and consent.expires <= day):
        return False
    since = decisions[_place(consent, decisions) :]
    return not any(later.decision == "object" for later in since)


def _minor_tiers(latest: dict[str, Decision], by_decider: dict[str, list[Decision]], day: date) -> frozenset[str]:
    if any(_closes(decision) for decision in latest.values()):
        return NONE
    opened = [d.tiers for who, d in latest.items() if who != OWN and _live(d, by_decider[who], day)]
    return NONE.union(*opened)


def _own_tiers(
    own: Decision | None, latest: dict[str, Decision], in_order: Sequence[Decision], day: date
) -> frozenset[str]:
    if own is None or not _live(own, [d for d in in_order if d.decided_by == OWN], day):
        return NONE
    refusals = [d for d in latest.values() if _closes(d)]
    closed = any(_place(refusal, in_order) > _place(own, in_order) for refusal in refusals)
    return NONE if closed else own.tiers


def _place(decision: Decision, decisions: Sequence[Decision]) -> int:
    """Where it stands, by identity: two decisions may read the same."""
    return next(place for place, other in enumerate(decisions) if other is decision)
