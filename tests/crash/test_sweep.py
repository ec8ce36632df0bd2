"""The power goes before and after each step of a handoff that changes anything that lasts, once and twice.

In CI a fixed sample: every step that changes where a transfer stands or what the partner has, and some
of the others. `make crash` takes them all, and many more pairs.
"""

import ast
import os
import random
from pathlib import Path

import pytest

from gateway.deliver.sftp.wire import Kind
from tests import shape
from tests.crash import effects
from tests.crash.effects import AFTER, BEFORE, SENT
from tests.crash.handoff import BY_THE_ANSWER, CARRIED, LADDER, PHASES, RESUMED, a_handoff
from tests.crash.table import ELSEWHERE, allows, call_of, place_of, rows

CUTS = int(os.environ.get("HANDOFF_CUTS", "3"))
"""Beside those at which something changes, in each phase."""
PAIRS = int(os.environ.get("HANDOFF_PAIRS", "3"))
SEED = 20261125
DURABLE = Path(__file__).resolve().parents[2] / "gateway" / "footing" / "durable.py"
FROM_THE_PARTNER = 100
"""Kinds of the protocol from here on are replies."""


@pytest.fixture(scope="module")
def handoff(tmp_path_factory):
    with a_handoff(tmp_path_factory.mktemp("crash")) as made:
        yield made


def moments(step: str) -> tuple[str, ...]:
    return (BEFORE, SENT, AFTER) if step.startswith("sftp:") else (BEFORE, AFTER)


def points(handoff, phase):
    """(number, moment) of all that can be cut in a phase."""
    return [(n, moment) for n, step in enumerate(handoff.steps[phase], start=1) for moment in moments(step)]


def changing(handoff, phase):
    table = rows()
    return [
        (n, moment)
        for n, moment in points(handoff, phase)
        if ">" in (row := table[place_of(handoff.steps[phase][n - 1])]).stages + row.partner and moment == AFTER
    ]


def chosen(handoff, phase):
    """What changes something, and as many of the others, in an order that is always the same."""
    others = [point for point in points(handoff, phase) if point not in changing(handoff, phase)]
    return changing(handoff, phase) + random.Random(SEED).sample(others, min(CUTS, len(others)))


def test_every_step_of_a_handoff_stands_in_the_table_and_every_row_is_reached(handoff):
    seen = {step for steps in handoff.steps.values() for step in steps}
    found = {place: {call_of(step) for step in seen if place_of(step) == place} for place in map(place_of, seen)}
    assert found == {row.place: set(row.steps) for row in rows().values()}


def test_every_door_to_the_disk_is_gone_through_or_said_to_lead_elsewhere(handoff):
    doors = {
        node.name.lstrip("_")
        for node in ast.parse(DURABLE.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and list(shape.touches_the_disk(ast.unparse(node)))
    }
    seen = {step.partition(":")[2].partition(".")[0].lstrip("_") for steps in handoff.steps.values() for step in steps}
    assert doors - seen == set(ELSEWHERE) & doors - seen
    assert set(ELSEWHERE) & seen <= {"written_in"}


def test_every_request_of_our_sftp_is_known_to_change_something_or_nothing():
    ours = {int(kind) for kind in Kind if kind < FROM_THE_PARTNER or kind is Kind.EXTENDED} - {Kind.VERSION}
    assert ours == {*effects.CHANGING, *effects.LOOKING, effects.OPEN, effects.EXTENDED}


@pytest.mark.parametrize("phase", PHASES)
def test_a_power_cut_at_any_step_costs_nothing_but_time(handoff, phase):
    table, wrong = rows(), []
    for number, moment in chosen(handoff, phase):
        handoff.begin(phase)
        found = [*handoff.cut(number, moment)]
        step = handoff.died_at
        row, stands, partner = table[place_of(step)], handoff.stands(), handoff.at_partner()
        if not (allows(row.stages, moment, stands) and allows(row.partner, moment, partner)):
            found.append(f"there it stands at {stands}, and the partner has {partner}")
        found += [*handoff.settle(), *handoff.faults()]
        wrong += [f"{phase}, {moment} step {number}, {step}: {fault}" for fault in found]
    assert not wrong, "\n".join(wrong)


def test_a_second_power_cut_while_it_recovers_from_the_first_costs_nothing_but_time(handoff):
    chance, wrong = random.Random(SEED), []
    for _ in range(PAIRS):
        phase = chance.choice(PHASES)
        number, moment = chance.choice(points(handoff, phase))
        second = chance.randrange(1, len(handoff.steps[phase]) + 1)
        handoff.begin(phase)
        found = [*handoff.cut(number, moment)]
        handoff.run(die=second, moment=chance.choice((BEFORE, AFTER)))  # it may have less to do than the first time
        found += [*handoff.settle(), *handoff.faults()]
        wrong += [f"{phase}, {moment} step {number}, then step {second}: {fault}" for fault in found]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("phase", [CARRIED, RESUMED])
def test_a_partner_that_takes_the_parcel_away_after_the_power_cut_has_it_once_and_its_answer_settles_it(handoff, phase):
    all_of_them, wrong = len(handoff.steps[phase]) <= CUTS, []
    for number, moment in points(handoff, phase):
        if not all_of_them and (handoff.steps[phase][number - 1], moment) != ("sftp:rename(json)", AFTER):
            continue
        handoff.begin(phase)
        found = [*handoff.cut(number, moment)]
        handoff.receive()
        found += [*handoff.settle(), *handoff.faults(ladders=(LADDER, *BY_THE_ANSWER))]
        wrong += [f"{phase}, {moment} step {number}, {handoff.died_at}: {fault}" for fault in found]
    assert not wrong, "\n".join(wrong)
