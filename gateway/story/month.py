"""One month in numbers, from receipts alone: for people who govern, not for people who operate.

Small counts of children are not told, nor is what they could be worked out from: where a part of
a group is small, its total is rounded. Holds never stand by themselves (DESIGN §3.7): all reasons
for withholding but age are one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from gateway.receipts.entry import Entry
from gateway.story.gate import Gateway
from gateway.story.notes import FEW, told
from gateway.vocabulary.facts import Fact
from gateway.vocabulary.moment import LONDON, london_day
from gateway.vocabulary.transfer import Stage

ALONE = "age"
"""The one reason for withholding that says nothing about anybody."""
OTHER = "other reasons together"
TOLD = (
    Stage.SEALED, Stage.DELIVERED, Stage.ACKNOWLEDGED, Stage.REFUSED, Stage.OVERDUE, Stage.REJECTED_BY_PARTNER,
    Stage.REVOKED, Stage.FAILED, Stage.IN_DOUBT, Stage.PAUSED,
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class RouteMonth:
    """Handoffs by rung, reasons of refusals by number of files; children released and withheld."""

    stages: Counter[Stage] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    released: Counter[str] = field(default_factory=Counter)
    """By tier; `""` is everybody."""
    withheld: Counter[str] = field(default_factory=Counter)
    answered_after: list[timedelta] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    first: date
    end: date
    routes: Mapping[str, RouteMonth]
    delivered_by_day: Mapping[date, int]
    looked_up: int


def month_of(gateway: Gateway, first: date) -> Month:
    """Of the London month that begins with `first`."""
    end = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return _counted(gateway.log.between(_midnight(first), _midnight(end)), first, end)


def _counted(entries: Iterable[Entry], first: date, end: date) -> Month:
    routes: dict[str, RouteMonth] = {}
    days: Counter[date] = Counter()
    delivered: dict[str, datetime] = {}
    looked_up = 0
    for entry in entries:
        receipt = entry.receipt
        looked_up += receipt.kind == "look-up"
        if receipt.transfer is None or receipt.route is None or receipt.kind not in set(Stage):
            continue
        stage, route = Stage(receipt.kind), routes.setdefault(receipt.route, RouteMonth())
        route.stages[stage] += 1
        _add(route, stage, receipt.facts)
        if stage is Stage.DELIVERED:
            days[london_day(receipt.at)] += 1
            delivered[receipt.transfer] = receipt.at
        if stage is Stage.ACKNOWLEDGED and receipt.transfer in delivered:
            route.answered_after.append(receipt.at - delivered[receipt.transfer])
    return Month(first=first, end=end, routes=routes, delivered_by_day=days, looked_up=looked_up)


def _add(route: RouteMonth, stage: Stage, facts: Mapping[str, Fact]) -> None:
    if stage is Stage.REFUSED:
        reasons = facts.get("reasons", ())
        route.refusals.update(map(str, reasons if isinstance(reasons, tuple) else ()))
    if stage is Stage.SEALED:
        route.released[""] += _whole(facts.get("released"))
        route.released.update(_counts(facts.get("tiers")))
        for reason, count in _counts(facts.get("withheld")).items():
            route.withheld[reason if reason == ALONE else OTHER] += count


def in_words(counts: Mapping[str, int]) -> dict[str, str]:
    """Each count as it may be told."""
    return {name: told(count) for name, count in counts.items()}


def total_in_words(counts: Mapping[str, int]) -> str:
    """Rounded to fives where a part of it is small, since the rest would give that part away."""
    total = sum(counts.values())
    if any(0 < count < FEW for count in counts.values()):
        return f"about {round(total / 5) * 5:,}" if total >= 2 * FEW else told(min(total, FEW - 1))
    return told(total)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), LONDON)


def _counts(fact: Fact | None) -> Mapping[str, int]:
    return fact if isinstance(fact, Mapping) else {}


def _whole(fact: Fact | None) -> int:
    return fact if isinstance(fact, int) else 0
