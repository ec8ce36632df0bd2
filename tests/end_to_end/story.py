"""A council's days in any order: what people, partners and clocks may do, each with what it changes by the plain rules.

What may be at the partner is reckoned by `tests/unit/minimise/naive`, which knows nothing of transfers. A
parcel is held against what was true when it came to lie at the partner; what the partner holds, against what is true
in the end, when all that was on its way has arrived.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from random import Random

from gateway.contract.policy import Policy
from gateway.crypto.ssh_keys import SigningKey
from gateway.demo import tables
from gateway.demo.person import Child, born_so_as_to_attain
from gateway.demo.states import FROM_16, UNDER_16, Decision
from gateway.receipts.verification import verify_log
from gateway.service.wiring import gates_of
from gateway.story.resending import resend
from gateway.story.withdrawing import recall, withdraw
from gateway.vocabulary.errors import GatewayError
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.namespaces import of_route
from gateway.vocabulary.transfer import Stage, TransferId
from tests.end_to_end.conftest import YSS, World, typing_in
from tests.unit.minimise import naive
from tests.unit.minimise.ground import Said, says

OLD_ENOUGH_SOON = (13, 16, 20)
NEAR = 12
"""Days from today within which some children have a birthday that changes something."""
ROUNDS_TO_REST = 8


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
    done: list[str] = field(default_factory=list)
    """For whoever reads a story that went wrong: what was done, and to nobody's name."""
    arrived: dict[TransferId, Situation] = field(default_factory=dict)
    """By transfer, what was true when its parcel came to lie at the partner."""
    at_partner: dict[str, dict[str, str]] = field(default_factory=dict)
    """By reference, as whoever loads one parcel after the other has it."""
    drops: int = 0

    def situation(self) -> Situation:
        return Situation(london_day(self.world.clock()), dict(self.said), tuple(self.held))

    def go_on(self) -> Iterator[str]:
        """One thing happens; what must not have come of it."""
        name, act = self.chance.choices([(n, a) for n, a, _ in ACTS], [weight for *_, weight in ACTS])[0]
        self.done.append(name)
        with suppress(GatewayError):  # not everything can be done at every time
            yield from act(self) or ()
        self.note_arrivals()

    def note_arrivals(self) -> None:
        for name in self.world.inbox():
            if name.endswith(".json"):
                self.arrived.setdefault(TransferId(name.removesuffix(".json")), self.situation())

    def read_parcels(self) -> Iterator[str]:
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

    def come_to_rest(self, *, whole: bool) -> Iterator[str]:
        """All that lies there is signed, carried and answered; then it is all held against the plain rules.

        Not `whole`: nothing was dropped since. A hold that names no UPN finds nobody at partners (DECISIONS 62), and
        counts from the next file on.
        """
        for _ in range(ROUNDS_TO_REST):
            self.sign()
            self.retry()
            self.world.run()
            self.note_arrivals()
            yield from self.read_parcels()
            self.world.clock.turn(minutes=6)
        now = self.situation()
        if not whole:
            now = replace(now, held=tuple(held for held in now.held if "upn" in held))
        yield from (f"in the end: {fault}" for fault in self.faults_of([*self.at_partner.values()], now))
        with self.world.opened() as gateway:
            verify_log(gateway.ledger, gateway.log.public, every=True)
            told = set(gateway.log.in_stage(Stage.DELIVERED, Stage.ACKNOWLEDGED, route=YSS))
        yield from (f"{transfer} is called delivered and never arrived" for transfer in told - self.arrived.keys())

    def sleep(self) -> None:
        """Until the next morning: what is dropped then is carried on the same day."""
        self.world.clock.at = (self.world.clock.at + timedelta(days=1)).replace(hour=8)

    def lacking(self) -> Iterator[str]:
        """After a whole file has come to rest: what may leave and has not."""
        situation = self.situation()
        there = {self.child_of(row).fields["upn"]: row for row in self.at_partner.values()}
        for child in self.children:
            may, row = self.may_leave(child, situation), there.get(child.fields["upn"])
            if may is not None and row is None:
                yield f"{child.situation} is not there and may be"
            elif may is not None and row is not None:
                wanted = {name for name in may & child.fields.keys() if child.fields[name]}
                if short := wanted & {name for name, text in self.cells(row) if not text}:
                    yield f"{child.situation} is there without {sorted(short)}"

    # what happens

    def drop(self, whole: bool = False) -> None:
        """All children, or all but one; of one of them something has changed, or this very file would have been dropped before."""
        self.drops += 1
        number = self.chance.randrange(len(self.children))
        changed = self.children[number]
        self.children[number] = changed.but(changed.situation, mobile=f"07700 900{self.drops:03}")
        missing = self.chance.randrange(len(self.children)) if not whole and self.chance.random() < 0.5 else None
        there = [child for number, child in enumerate(self.children) if number != missing]
        self.world.clock.turn(minutes=1)
        content = tables.extract(there, self.world.council.schema(YSS))
        self.world.drop(content, name=f"pupils-{self.drops}.csv")

    def sign(self) -> None:
        folder = self.world.council.drop_folder(YSS)
        namespace = of_route("approve", YSS, self.world.council.configuration.settings.domain)
        for statement in sorted(folder.glob("*.release")):
            for role in self.world.council.people:
                if not statement.with_name(f"{statement.name}.{role}.sig").exists():
                    self.world.council.sign(YSS, statement.name.removesuffix(".release"), role)
            second = statement.with_name(f"{statement.name}.second.sig")
            second.write_text(self.second.sign(statement.read_bytes(), namespace))

    def hand_over(self) -> None:
        self.drop()
        self.carry("prepare")
        self.sign()
        self.carry("prepare")

    def carry(self, *halves: str) -> None:
        self.world.run(*halves)

    def fail(self) -> None:
        """The partner's administrator is at it while we deliver."""
        inbox = self.world.partners[YSS].files / "inbox"
        inbox.rename(inbox.with_name("away"))
        self.world.run("deliver")
        inbox.with_name("away").rename(inbox)

    def retry(self) -> None:
        typed = typing_in(self.world)
        with self.world.opened() as gateway:
            failed = sorted(gateway.log.in_stage(Stage.FAILED, route=YSS))
        for transfer in failed:
            typed("retry", transfer)

    def somebody(self) -> Child:
        return self.chance.choice(self.children)

    def hold(self) -> None:
        fields = self.somebody().fields
        known_by = self.chance.choice(
            [
                ("upn",),
                ("uln",),
                ("local_id",),
                ("forename", "surname", "date_of_birth"),
                ("address_line_1", "postcode"),
            ]
        )
        self.world.hold(held := {name: fields[name] for name in known_by if fields.get(name)})
        self.held.append(held)

    def decide(self) -> None:
        child, today = self.somebody(), london_day(self.world.clock())
        who = self.chance.choice(["parent", "parent", "guardian", "young-person"])
        what = self.chance.choice(["consent", "consent", "refuse", "withdraw", "object", "lift-objection", "no-reply"])
        tiers = self.chance.choice([("consented",), ("consented", "special")]) if what == "consent" else ()
        ends = today + timedelta(self.chance.randrange(1, 5)) if tiers and self.chance.random() < 0.3 else None
        decision = Decision(
            upn=child.fields["upn"], purpose=self.policy.purpose, decided_by=who, decision=what, tiers=tiers,
            given=today, expires=ends, notice="PN-2026-09", evidence=f"STORY-{len(self.done):04}",
        )  # fmt: skip
        self.world.record(tables.register([decision]))
        self.remember(child, decision)

    def remember(self, child: Child, decision: Decision) -> None:
        upn = child.fields["upn"]
        rest = {"given": decision.given} | ({"expires": decision.expires} if decision.expires else {})
        said = says(child.fields, decision.decided_by, decision.decision, *decision.tiers, **rest)
        self.said[upn] = (*self.said.get(upn, ()), said)

    def take_back(self, what: Callable[..., object]) -> None:
        """A child, or a transfer: the partner must have either no longer, until another whole file comes."""
        with self.world.opened() as gateway:
            gates = gates_of(gateway, self.world.council.configuration, self.world.clock())
            what(self, gateway, gates)

    def withdraw_child(self, gateway, gates) -> None:
        withdraw(gateway, gates, {"upn": self.somebody().fields["upn"]}, consented_only=False, uid=0)

    def recall_transfer(self, gateway, gates) -> None:
        recall(gateway, gates, self.some_transfer(gateway), reason="wrong-file", uid=0)

    def resend_transfer(self, gateway, gates) -> None:
        resend(gates[YSS], self.some_transfer(gateway), uid=0)

    def some_transfer(self, gateway):
        return self.chance.choice(sorted(gateway.log.in_stage(*Stage, route=YSS)) or [None])

    def wait(self, most: timedelta) -> None:
        self.world.clock.turn(seconds=self.chance.randrange(1, int(most.total_seconds())))


ACTS: tuple[tuple[str, Callable[[Story], Iterator[str] | None], int], ...] = (
    ("drop", Story.drop, 3),
    ("sign", Story.sign, 4),
    ("a handoff, as far as its parcel", Story.hand_over, 5),
    ("prepare", lambda story: story.carry("prepare"), 4),
    ("deliver", lambda story: story.carry("deliver"), 8),
    ("both halves", Story.carry, 4),
    ("deliver, and fail", Story.fail, 2),
    ("retry", Story.retry, 2),
    ("receive", Story.read_parcels, 6),
    ("hold", Story.hold, 4),
    ("decide", Story.decide, 8),
    ("withdraw", lambda story: story.take_back(Story.withdraw_child), 1),
    ("recall", lambda story: story.take_back(Story.recall_transfer), 1),
    ("resend", lambda story: story.take_back(Story.resend_transfer), 1),
    ("minutes", lambda story: story.wait(timedelta(minutes=40)), 4),
    ("hours", lambda story: story.wait(timedelta(hours=9)), 2),
    ("days", lambda story: story.wait(timedelta(days=4)), 1),
)


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
