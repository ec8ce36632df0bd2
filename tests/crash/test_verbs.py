"""The power goes while a verb records what closes: what is on record is taken back from partners all the same, once."""

import csv
import io
from datetime import timedelta

import pytest

from gateway.story.removals_due import QUIET
from tests.crash.effects import AFTER, BEFORE
from tests.crash.handoff import Handoff
from tests.crash.starter import KILLED, started
from tests.end_to_end.conftest import YSS, a_world
from tests.end_to_end.office import PURPOSE
from tests.end_to_end.test_withdrawal import rounds, upn_of

HANDED_OVER = "handed-over"
VERBS = {
    "hold-added": ("hold", "add", "--reason", "refuge"),
    "consent-recorded": ("consent", "record", "--decision", "object", "--purpose", PURPOSE, "--by", "parent"),
    "consent-imported": ("consent", "import", "FILE", "--as", "changes"),
}
"""By the receipt that says that it is on record."""
OBJECTION = "upn,purpose,decided_by,decision,tiers,given,expires,notice,evidence\n{upn},{purpose},parent,object,,2026-11-24,,,\n"


@pytest.fixture(scope="module")
def council(tmp_path_factory):
    """A parcel was handed over and answered for, and every test begins there."""
    folder = tmp_path_factory.mktemp("verbs")
    with a_world(folder) as world, started(folder) as starter:
        world.approved()
        rounds(world)
        handoff = Handoff(folder, world, starter)
        handoff.keep(HANDED_OVER)
        yield handoff


@pytest.fixture(scope="module")
def child(council):
    """One whom the partner was given: UPN and reference."""
    (received,) = council.world.partners[YSS].received
    row = next(csv.DictReader(io.StringIO(received.read_text("utf-8"))))
    return upn_of(council.world, row), row["Reference"]


def typed(council, kind, upn, **order):
    """The verb in a process of its own; how it ended."""
    file = council.folder / "closes.csv"
    file.write_text(OBJECTION.format(upn=upn, purpose=PURPOSE))
    words = [file if word == "FILE" else word for word in VERBS[kind]]
    council.world.clock.turn(minutes=1)
    told = "" if file in words else f"upn: {upn}\n"
    return council.starter.run(
        "--home", council.world.council.home, *words, at=council.world.clock(), typed=told, **order
    )


def on_record(council, kind):
    with council.world.opened() as gateway:
        return len(gateway.log.entries(kinds=(kind,)))


def a_day_goes_on(council):
    """Nobody types anything again."""
    council.world.clock.at += QUIET + timedelta(minutes=1)
    for _ in range(2):
        ended = council.run(watched=False)
        assert ended.code == 0, ended.said
        council.receive()


def told_to_remove(council):
    removals = [path for path in council.world.partners[YSS].received if "removal" in path.name]
    return [list(csv.DictReader(io.StringIO(path.read_text("utf-8")))) for path in removals]


@pytest.mark.parametrize("kind", VERBS)
def test_whatever_step_it_dies_at_what_is_on_record_is_told_to_the_partner_once(council, child, kind):
    upn, reference = child
    council.begin(HANDED_OVER)
    before, steps = on_record(council, kind), typed(council, kind, upn).steps
    assert {"removals_due._prepared:commit", "withdrawing._prepare:commit"} <= set(steps)
    commits = [number for number, step in enumerate(steps, start=1) if step.endswith(":commit")]
    for step, moment in [(number, moment) for number in commits for moment in (BEFORE, AFTER)]:
        council.begin(HANDED_OVER)
        assert typed(council, kind, upn, die=step, moment=moment).code == KILLED
        a_day_goes_on(council)
        recorded = on_record(council, kind) - before
        assert told_to_remove(council) == [[{"Reference": reference, "Remove": "whole"}]] * recorded, steps[step - 1]
        a_day_goes_on(council)
        assert len(told_to_remove(council)) == recorded, "once"


def test_a_round_leaves_it_to_the_verb_for_a_while(council, child):
    council.begin(HANDED_OVER)
    steps = typed(council, "hold-added", child[0]).steps
    council.begin(HANDED_OVER)
    recorded = next(n for n, step in enumerate(steps, start=1) if step.startswith("holding.add_hold:"))
    assert typed(council, "hold-added", child[0], die=recorded, moment=AFTER).code == KILLED
    assert council.run(watched=False).code == 0
    council.receive()
    assert told_to_remove(council) == []


def test_the_next_verb_tells_what_the_one_before_it_left(council, child):
    council.begin(HANDED_OVER)
    steps = typed(council, "hold-added", child[0]).steps
    council.begin(HANDED_OVER)
    recorded = next(n for n, step in enumerate(steps, start=1) if step.startswith("holding.add_hold:"))
    assert typed(council, "hold-added", child[0], die=recorded, moment=AFTER).code == KILLED
    stranger = next(c.fields["upn"] for c in council.world.people.children if c.situation == "held-by-upn")
    assert typed(council, "hold-added", stranger).code == 0
    assert council.run(watched=False).code == 0
    council.receive()
    assert [row["Reference"] for rows in told_to_remove(council) for row in rows] == [child[1]]
