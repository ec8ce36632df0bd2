"""A council, its children, what was decided about them, and what a partner holds: a story, as the plain rules have it.

What may be at the partner is reckoned by `tests/unit/minimise/naive`, which knows nothing of transfers. A
parcel is held against what was true when it came to lie at the partner; what the partner holds, against what is true
in the end, when all that was on its way has arrived.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from gateway.contract.policy import Policy
from gateway.crypto.ssh_keys import SigningKey
from gateway.demo.person import Child, born_so_as_to_attain
from gateway.demo.states import FROM_16, UNDER_16, Decision
from gateway.receipts.verification import verify_log
from gateway.service.wiring import gates_of
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.transfer import Stage, TransferId
from tests.end_to_end.conftest import YSS, World
from tests.unit.minimise import naive
from tests.unit.minimise.ground import Said, says

OLD_ENOUGH_SOON = (13, 16, 20)
NEAR = 12
"""Days from today within which some children have a birthday that changes something."""


@dataclass(frozen=True)
class Situation:
    """What the plain rules go by."""

    day: date
    said: Mapping[str, tuple[Said, ...]]
    held: tuple[Mapping[str, str], ...]


@dataclass
class Story:
    world: World
    chance: Random
    policy: Policy
    second: SigningKey
    children: list[Child]
    said: dict[str, tuple[Said, ...]]
    held: list[Mapping[str, str]]
    """In the order recorded, which is their number."""
    lifted: set[int] = field(default_factory=set)
    done: list[str] = field(default_factory=list)
    """For whoever reads a story that went wrong: what was done, and to nobody's name."""
    arrived: dict[TransferId, Situation] = field(default_factory=dict)
    """By transfer, what was true when its parcel came to lie at the partner."""
    at_partner: dict[str, dict[str, str]] = field(default_factory=dict)
    """By reference, as whoever loads one parcel after the other has it."""
    drops: int = 0

    def situation(self) -> Situation:
        held = tuple(held for number, held in enumerate(self.held, start=1) if number not in self.lifted)
        return Situation(london_day(self.world.clock()), dict(self.said), held)

    def note_arrivals(self) -> None:
        for name in self.world.inbox():
            if name.endswith(".json"):
                self.arrived.setdefault(TransferId(name.removesuffix(".json")), self.situation())

    def receive(self) -> Iterator[str]:
        """What the partner opens now, in its order."""
        for received in self.world.partners[YSS].receive(self.world.clock()):
            if received.result == "accepted":
                (path,) = (p for p in self.world.partners[YSS].received if p.name.startswith(received.transfer))
                rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
                yield from self.remove(rows) if "removal" in path.name else self.load(received.transfer, rows)

    def remove(self, rows: list[dict[str, str]]) -> tuple[()]:
        for row in rows:
            if row["Remove"] == "whole":
                self.at_partner.pop(row["Reference"], None)
            elif row["Reference"] in self.at_partner:
                self.at_partner[row["Reference"]] |= dict.fromkeys(row["Remove"].split(), "")
        return ()

    def load(self, transfer: TransferId, rows: list[dict[str, str]]) -> Iterator[str]:
        self.at_partner = {row["Reference"]: row for row in rows}
        yield from (f"{transfer}: {fault}" for fault in self.faults_of(rows, self.arrived[transfer]))

    def faults_of(self, rows: list[dict[str, str]], situation: Situation) -> Iterator[str]:
        for row in rows:
            child = self.child_of(row)
            may = self.may_leave(child, situation)
            if may is None:
                yield f"{child.situation} is there and may not be"
            elif more := [name for name, text in self.cells(row) if text and name not in may]:
                yield f"{child.situation} is there with {sorted(more)}"

    def cells(self, row: Mapping[str, str]) -> Iterator[tuple[str, str]]:
        return ((column.field, row[column.header]) for column in self.policy.output)

    def child_of(self, row: Mapping[str, str]) -> Child:
        seen = {name: text for name, text in self.cells(row) if name in ("forename", "surname", "date_of_birth")}
        (child,) = {c.fields["upn"]: c for c in self.children if seen.items() <= c.fields.items()}.values()
        return child

    def may_leave(self, child: Child, situation: Situation) -> frozenset[str] | None:
        """The fields; None if the child may not be told of at all."""
        said = situation.said.get(child.fields["upn"], ())
        if naive.verdict(child.fields, [child.fields], situation.held, said, situation.day) != "released":
            return None
        opened = naive.opened(child.fields, said, situation.day)
        tiers = {"consented": self.policy.consented_fields, "special": self.policy.special_fields}
        more = opened.fields.union(*(tiers[tier] for tier in opened.tiers))
        return frozenset({"reference", *self.policy.floor.fields}) | more

    def faults_at_rest(self, *, whole: bool) -> Iterator[str]:
        """When nothing is on its way any more.

        Not `whole`: no whole file came last. A hold that names no UPN finds nobody at partners (DECISIONS 62), and
        counts from the next file on.
        """
        now = self.situation()
        if not whole:
            now = replace(now, held=tuple(held for held in now.held if "upn" in held))
        yield from (f"in the end: {fault}" for fault in self.faults_of([*self.at_partner.values()], now))
        yield from self.lacking(now) if whole else ()
        with self.world.opened() as gateway:
            verify_log(gateway.ledger, gateway.log.public, every=True)
            told = set(gateway.log.in_stage(Stage.DELIVERED, Stage.ACKNOWLEDGED, route=YSS))
        yield from (f"{transfer} is called delivered and never arrived" for transfer in told - self.arrived.keys())

    def sleep(self) -> None:
        """Until the next morning: what is dropped then is carried on the same day."""
        self.world.clock.at = (self.world.clock.at + timedelta(days=1)).replace(hour=8)

    def lacking(self, situation: Situation) -> Iterator[str]:
        """What may be there and is not."""
        there = {self.child_of(row).fields["upn"]: row for row in self.at_partner.values()}
        for child in self.children:
            may, row = self.may_leave(child, situation), there.get(child.fields["upn"])
            if may is not None and row is None:
                yield f"{child.situation} is not there and may be"
            elif may is not None and row is not None:
                wanted = {name for name in may & child.fields.keys() if child.fields[name]}
                if short := wanted & {name for name, text in self.cells(row) if not text}:
                    yield f"{child.situation} is there without {sorted(short)}"

    def somebody(self) -> Child:
        return self.chance.choice(self.children)

    def remember(self, child: Child, decision: Decision) -> None:
        upn = child.fields["upn"]
        rest = {"given": decision.given} | ({"expires": decision.expires} if decision.expires else {})
        said = says(child.fields, decision.decided_by, decision.decision, *decision.tiers, **rest)
        self.said[upn] = (*self.said.get(upn, ()), said)


def a_story(world: World, seed: int, second: SigningKey) -> Story:
    """Plain children of every age and state; a third of them soon attain an age that changes something."""
    chance, today = Random(seed), london_day(world.clock())
    slugs = {state.slug for state in (*UNDER_16, *FROM_16)}
    children = [soon(chance, c, today) for c in world.people.children if c.situation in slugs]
    with world.opened() as gateway:
        policy = gates_of(gateway, world.council.configuration, world.clock())[YSS].route.policy
    story = Story(
        world=world, chance=chance, policy=policy, second=second, children=children, said={},
        held=[held.known_by for held in world.people.held],
    )  # fmt: skip
    by_upn = {child.fields["upn"]: child for child in children}
    for decision in world.people.decisions:
        if decision.upn in by_upn:
            story.remember(by_upn[decision.upn], decision)
    return story


def soon(chance: Random, child: Child, today: date) -> Child:
    if chance.random() > 1 / 3:
        return child
    day = today + timedelta(chance.randrange(-2, NEAR))
    born = born_so_as_to_attain(chance.choice(OLD_ENOUGH_SOON), day, rather_later=True)
    return child.but(child.situation, date_of_birth=born.isoformat())
