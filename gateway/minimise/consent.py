"""Which decision counts: the rules of DESIGN §5 in plain Python, for one child on one day.

What opens anything counts from the day it was given; what closes counts from the moment it
is on record. `unsought` and `no-reply` are no decisions and change nothing.

- Each decider's latest of consent, refusal and withdrawal counts, by the day given, then by
  the order recorded. An objection also ends what its decider consented to before it.
- Under 16: a refusal or withdrawal by anyone, the young person included, leaves the floor
  only; else what the parents' and guardians' consents open together. The young person's
  own consent opens nothing yet.
- From 16: the young person's latest decision alone opens, and only if it was given on the
  16th birthday or later. A refusal by anyone that comes after it closes it again.
- A consent ends on the day it `expires`: that day it counts no longer.
- A consent opens the tiers and the single fields that it names. One that names fields and no tier
  refuses everything else, whoever consents to that, until the same decider decides anew: that
  somebody agreed to a telephone number must open nothing else. A young person's under 16 opens
  nothing and refuses all the same; so does one that has ended.
- An objection withholds the child until the same decider's is lifted.

Nothing on record, or nothing that counts: the floor.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Protocol

from gateway.contract.fields import SPECIAL
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
    def fields(self) -> frozenset[str]: ...
    @property
    def given(self) -> date: ...
    @property
    def expires(self) -> date | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What leaves beside the floor: whole tiers, and single fields by their standard names."""

    tiers: frozenset[str] = NONE
    fields: frozenset[str] = NONE

    def __bool__(self) -> bool:
        return bool(self.tiers or self.fields)


NOTHING: Final = Opened()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a child's decisions come to on one day, before the age is known."""

    objected: bool = False
    minor: Opened = NOTHING
    """By others, while the child is under 16."""
    own: Opened = NOTHING
    own_given: date | None = None
    """When the child opened `own`; it counts if that was at 16 or later."""


def standing(recorded: Sequence[Decision], day: date) -> Standing:
    """`recorded` in the order recorded."""
    counting = [decision for decision in recorded if _counts(decision, day)]
    in_order = sorted(counting, key=lambda decision: decision.given)
    by_decider = {who: [d for d in in_order if d.decided_by == who] for who in {d.decided_by for d in in_order}}
    latest = {who: decision for who, decisions in by_decider.items() if (decision := _latest(decisions))}
    own = latest.get(OWN)
    by_own = _own(own, latest, in_order, day)
    return Standing(
        objected=any(_objects(decisions) for decisions in by_decider.values()),
        minor=_minor(latest, by_decider, day),
        own=by_own,
        own_given=own.given if own and by_own else None,
    )


def of_all(standings: Sequence[Standing]) -> Standing:
    """Of one child known by several pseudonyms: what all of them let out, and an objection under any."""
    given = [one.own_given for one in standings if one.own_given]
    own = _common([one.own for one in standings])
    return Standing(
        objected=any(one.objected for one in standings),
        minor=_common([one.minor for one in standings]),
        own=own,
        own_given=min(given) if own else None,
    )


def opened(standing: Standing, *, born: date, day: date, right_holder_age: int = 16) -> Opened:
    """Of a child of whom a date of birth is known."""
    birthday = attained_on(born, right_holder_age)
    if day < birthday:
        return standing.minor
    return standing.own if standing.own_given and standing.own_given >= birthday else NOTHING


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
    return decision.decision != "consent"


def _narrowed(named: Opened, consents: Iterable[Decision]) -> Opened:
    """Whoever of these deciders names single fields and no tier refuses the rest."""
    only = [consent.fields for consent in consents if not consent.tiers]
    return Opened(fields=named.fields.intersection(*only)) if only else named


def _common(each: Sequence[Opened]) -> Opened:
    """What all of them let out. One may name a field where another opens its tier."""
    if not each:
        return NOTHING
    named = NONE.union(*(one.fields for one in each))
    return Opened(
        tiers=each[0].tiers.intersection(*(one.tiers for one in each)),
        fields=frozenset(
            field for field in named if all(field in one.fields or _tier(field) in one.tiers for one in each)
        ),
    )


def _tier(field: str) -> str:
    """Of most policies: one may have more fields among its special ones, and a release asks the policy itself."""
    return "special" if field in SPECIAL else "consented"


def _live(consent: Decision, decisions: Sequence[Decision], day: date) -> bool:
    """A consent that has not expired, and that its decider has not objected to since."""
    if _closes(consent) or (consent.expires is not None and consent.expires <= day):
        return False
    since = decisions[_place(consent, decisions) :]
    return not any(later.decision == "object" for later in since)


def _minor(latest: dict[str, Decision], by_decider: dict[str, list[Decision]], day: date) -> Opened:
    if any(_closes(decision) for decision in latest.values()):
        return NOTHING
    live = [d for who, d in latest.items() if who != OWN and _live(d, by_decider[who], day)]
    together = Opened(tiers=NONE.union(*(d.tiers for d in live)), fields=NONE.union(*(d.fields for d in live)))
    return _narrowed(together, latest.values())


def _own(own: Decision | None, latest: dict[str, Decision], in_order: Sequence[Decision], day: date) -> Opened:
    if own is None or not _live(own, [d for d in in_order if d.decided_by == OWN], day):
        return NOTHING
    later = [d for d in latest.values() if _place(d, in_order) > _place(own, in_order)]
    if any(_closes(decision) for decision in later):
        return NOTHING
    return _narrowed(Opened(tiers=own.tiers, fields=own.fields), later)


def _place(decision: Decision, decisions: Sequence[Decision]) -> int:
    """Where it stands, by identity: two decisions may read the same."""
    return next(place for place, other in enumerate(decisions) if other is decision)
