"""What people, partners and clocks do in a story, and how often: one act after the other, whether it makes sense or not."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta

from gateway.demo import tables
from gateway.demo.person import Child
from gateway.demo.states import Decision
from gateway.service.wiring import gates_of
from gateway.story.recalling import ON_ITS_WAY
from gateway.story.resending import resend
from gateway.story.withdrawing import withdraw
from gateway.vocabulary.errors import GatewayError
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.namespaces import of_route
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS, typing_in
from tests.end_to_end.story import Story

KNOWN_BY = (("upn",), ("uln",), ("local_id",), ("forename", "surname", "date_of_birth"), ("address_line_1", "postcode"))
DECIDERS = ("parent", "parent", "guardian", "young-person")
LATE = 22
DECISIONS = ("consent", "consent", "refuse", "withdraw", "object", "lift-objection", "no-reply")


def go_on(story: Story) -> Iterator[str]:
    """One thing happens; what came of it that must not."""
    act = story.chance.choices([act for act, _ in ACTS], [weight for _, weight in ACTS])[0]
    story.done.append(act.__name__)
    with suppress(GatewayError):  # not everything can be done at every time
        yield from act(story) or ()
    story.note_arrivals()


def come_to_rest(story: Story, *, whole: bool) -> Iterator[str]:
    """All that lies there is signed, carried and answered; what is not as it must be then, as `Story.faults_at_rest` has it."""
    if story.world.clock.at.hour >= LATE:  # on the next day other rules may hold
        story.sleep()
    for _ in range(8):
        sign(story)
        try_again(story)
        run(story)
        story.note_arrivals()
        yield from story.receive()
        story.world.clock.turn(minutes=6)
    yield from story.faults_at_rest(whole=whole)


def drop(story: Story) -> None:
    """All children, or all but one."""
    missing = story.somebody() if story.chance.random() < 0.5 else None
    drop_all(story, but=missing)


def drop_all(story: Story, *, but: Child | None = None) -> None:
    """Of one child something has changed, or this very file would have been dropped before."""
    story.drops += 1
    number = story.chance.randrange(len(story.children))
    changed = story.children[number]
    there = [child for child in story.children if child is not but]
    story.children[number] = changed.but(changed.situation, mobile=f"07700 900{story.drops:03}")
    there = [story.children[number] if child is changed else child for child in there]
    story.world.clock.turn(minutes=1)
    content = tables.extract(there, story.world.council.schema(YSS))
    story.world.drop(content, name=f"pupils-{story.drops}.csv")


def sign(story: Story) -> None:
    """Whatever has a statement, by all who may ever be asked."""
    council = story.world.council
    namespace = of_route("approve", YSS, council.configuration.settings.domain)
    for statement in sorted(council.drop_folder(YSS).glob("*.release")):
        for role in council.people:
            if not statement.with_name(f"{statement.name}.{role}.sig").exists():
                council.sign(YSS, statement.name.removesuffix(".release"), role)
        second = statement.with_name(f"{statement.name}.second.sig")
        second.write_text(story.second.sign(statement.read_bytes(), namespace))


def hand_over_as_far_as_the_parcel(story: Story) -> None:
    drop(story)
    prepare(story)
    sign(story)
    prepare(story)


def prepare(story: Story) -> None:
    story.world.run("prepare")


def deliver(story: Story) -> None:
    story.world.run("deliver")


def run(story: Story) -> None:
    story.world.run()


def deliver_and_fail(story: Story) -> None:
    """The partner's administrator is at it meanwhile."""
    inbox = story.world.partners[YSS].files / "inbox"
    inbox.rename(inbox.with_name("away"))
    deliver(story)
    inbox.with_name("away").rename(inbox)


def try_again(story: Story) -> None:
    typed = typing_in(story.world)
    with story.world.opened() as gateway:
        failed = sorted(gateway.log.in_stage(Stage.FAILED, route=YSS))
    for transfer in failed:
        typed("retry", transfer)


def receive(story: Story) -> Iterator[str]:
    return story.receive()


def hold(story: Story) -> None:
    fields = story.somebody().fields
    known_by = {name: fields[name] for name in story.chance.choice(KNOWN_BY) if fields.get(name)}
    story.world.hold(known_by)
    story.held.append(known_by)


def lift_a_hold(story: Story) -> None:
    typed, number = typing_in(story.world), story.chance.randrange(len(story.held)) + 1
    for role, key in story.world.council.people.items():
        path = story.world.folder / role
        path.touch(mode=0o600)
        path.write_bytes(key.openssh_private(role))
        if typed("hold", "lift", number, "--key", path, "--yes").code == 0:
            story.lifted.add(number)


def decide(story: Story) -> None:
    child, today = story.somebody(), london_day(story.world.clock())
    who, what = story.chance.choice(DECIDERS), story.chance.choice(DECISIONS)
    tiers = story.chance.choice([("consented",), ("consented", "special")]) if what == "consent" else ()
    ends = today + timedelta(story.chance.randrange(1, 5)) if tiers and story.chance.random() < 0.3 else None
    decision = Decision(
        upn=child.fields["upn"], purpose=story.policy.purpose, decided_by=who, decision=what, tiers=tiers,
        given=today, expires=ends, notice="PN-2026-09", evidence=f"STORY-{len(story.done):04}",
    )  # fmt: skip
    story.world.record(tables.register([decision]))
    story.remember(child, decision)


def withdraw_somebody(story: Story) -> None:
    known_by = {"upn": story.somebody().fields["upn"]}
    with story.world.opened() as gateway:
        withdraw(gateway, gates(story, gateway), known_by, consented_only=False, uid=0)


def recall_something(story: Story) -> None:
    """Often what is on its way still; or what has long been there."""
    with story.world.opened() as gateway:
        on_its_way = sorted(gateway.log.in_stage(*ON_ITS_WAY, route=YSS))
        transfer = on_its_way[-1] if on_its_way else some_transfer(story, gateway)
    typing_in(story.world)("recall", transfer, "--reason", "wrong-file")


def resend_something(story: Story) -> None:
    with story.world.opened() as gateway:
        resend(gates(story, gateway)[YSS], some_transfer(story, gateway), uid=0)


def gates(story: Story, gateway):
    return gates_of(gateway, story.world.council.configuration, story.world.clock())


def some_transfer(story: Story, gateway):
    return story.chance.choice(sorted(gateway.log.in_stage(*Stage, route=YSS)) or [None])


def minutes_pass(story: Story) -> None:
    story.world.clock.turn(seconds=story.chance.randrange(40 * 60))


def hours_pass(story: Story) -> None:
    story.world.clock.turn(minutes=story.chance.randrange(9 * 60))


def days_pass(story: Story) -> None:
    story.world.clock.turn(hours=story.chance.randrange(4 * 24))


ACTS: tuple[tuple[Callable[[Story], Iterator[str] | None], int], ...] = (
    (drop, 3), (sign, 4), (hand_over_as_far_as_the_parcel, 5), (prepare, 4), (deliver, 8), (run, 4),
    (deliver_and_fail, 2), (try_again, 2), (receive, 6), (hold, 4), (lift_a_hold, 1), (decide, 8), (withdraw_somebody, 1),
    (recall_something, 2), (resend_something, 1), (minutes_pass, 4), (hours_pass, 2), (days_pass, 1),
)  # fmt: skip
