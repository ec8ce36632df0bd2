"""The power goes while somebody recalls a handoff: it has not been said, or nothing leaves that does not come back."""

import csv
import io

import pytest

from gateway.vocabulary.transfer import Stage
from tests.crash.effects import AFTER, BEFORE
from tests.crash.handoff import Handoff
from tests.crash.starter import KILLED, started
from tests.end_to_end.conftest import YSS, a_world
from tests.end_to_end.test_withdrawal import rounds

SEALED, RELEASED, ANSWERED = "sealed", "released", "answered"


@pytest.fixture(scope="module")
def council(tmp_path_factory):
    """A parcel waits for deliver; or lies at the partner, and prepare has not heard of it; or was answered for."""
    folder = tmp_path_factory.mktemp("recall")
    with a_world(folder) as world, started(folder) as starter:
        handoff = Handoff(folder, world, starter)
        world.approved()
        world.run("prepare")
        handoff.keep(SEALED)
        world.run("deliver")
        handoff.keep(RELEASED)
        rounds(world)
        handoff.keep(ANSWERED)
        yield handoff


def recalled(council, **order):
    (transfer, *_) = council.world.transfers()
    council.world.clock.turn(minutes=1)
    words = ("recall", transfer, "--reason", "wrong-file")
    return council.starter.run("--home", council.world.council.home, *words, at=council.world.clock(), **order)


def cuts(steps):
    """Before each, and after the last: after one is before the next."""
    return [*((number, BEFORE) for number in range(1, len(steps) + 1)), (len(steps), AFTER)]


def the_day_goes_on(council, *first):
    """Nobody types anything again."""
    for half in first:
        assert council.run(only=half, watched=False).code == 0
    for _ in range(3):
        ended = council.run(watched=False)
        assert ended.code == 0, ended.said
        council.receive()


def held_by_the_partner(council):
    """Which references it has in the end, having read all that came, in its order."""
    held = set()
    for path in sorted(council.world.partners[YSS].received, key=lambda path: path.name):
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8"))))
        found = {row["Reference"] for row in rows}
        held = held - found if "removal" in path.name else found
    return held


@pytest.mark.parametrize("first", [("prepare",), ("deliver",)], ids=["prepare-first", "deliver-first"])
def test_what_was_to_leave_leaves_nothing_or_comes_back_wherever_the_power_went(council, first):
    council.begin(SEALED)
    steps = recalled(council).steps
    assert {"recalling._is_in_time:commit", "mailbox.revoke:created.link"} <= set(steps)
    for step, moment in cuts(steps):
        council.begin(SEALED)
        assert recalled(council, die=step, moment=moment).code == KILLED
        (transfer,) = council.world.transfers()
        was_said = "recalled" in council.world.ladder(transfer)
        the_day_goes_on(council, *first)
        assert bool(held_by_the_partner(council)) is not was_said, (steps[step - 1], moment)


@pytest.mark.parametrize("begun", [RELEASED, ANSWERED])
def test_what_had_left_is_removed_by_itself_wherever_the_power_went(council, begun):
    council.begin(begun)
    steps = recalled(council).steps
    for step, moment in cuts(steps):
        council.begin(begun)
        assert recalled(council, die=step, moment=moment).code == KILLED
        transfer, *_ = council.world.transfers()
        was_said = "recalled" in council.world.ladder(transfer)
        the_day_goes_on(council)
        assert Stage.DELIVERED in council.world.ladder(transfer)
        assert bool(held_by_the_partner(council)) is not was_said, (steps[step - 1], moment)
