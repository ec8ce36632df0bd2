"""The power goes before and after each step of an alarm on its way to people: it is sent once, or again under its name.

In CI a fixed sample, as of handoffs. `make crash` takes every step.
"""

import random

import pytest

from tests.crash.alarm import PHASES, SENT, an_alarm
from tests.crash.effects import AFTER, BEFORE
from tests.crash.table import ALERTS, allows, call_of, place_of, rows
from tests.crash.test_sweep import CUTS, SEED


@pytest.fixture(scope="module")
def alarm(tmp_path_factory):
    with an_alarm(tmp_path_factory.mktemp("alarm")) as made:
        yield made


def chosen(alarm, phase):
    """Around what people hear of, and as many of the others, in an order that is always the same."""
    points = [(n, moment) for n, _ in enumerate(alarm.steps[phase], start=1) for moment in (BEFORE, AFTER)]
    sent = [point for point in points if alarm.steps[phase][point[0] - 1] == SENT]
    others = [point for point in points if point not in sent]
    return sent + random.Random(SEED).sample(others, min(CUTS, len(others)))


def test_every_step_of_an_alarm_stands_in_the_table_and_every_row_is_reached(alarm):
    seen = {step for steps in alarm.steps.values() for step in steps}
    found = {place: {call_of(step) for step in seen if place_of(step) == place} for place in map(place_of, seen)}
    assert found == {row.place: set(row.steps) for row in rows(ALERTS).values()}


@pytest.mark.parametrize("phase", PHASES)
def test_an_alarm_reaches_people_once_whatever_step_the_power_is_cut_at(alarm, phase):
    table, wrong = rows(ALERTS), []
    for number, moment in chosen(alarm, phase):
        alarm.begin(phase)
        found = [*alarm.cut(number, moment)]
        row, stands, heard = table[place_of(alarm.died_at)], alarm.stands(), alarm.heard()
        if not (allows(row.stages, moment, stands) and allows(row.partner, moment, heard)):
            found.append(f"there it stands at {stands}, and {heard} was heard")
        found += [*alarm.settle(), *alarm.faults(phase, moment)]
        wrong += [f"{phase}, {moment} step {number}, {alarm.died_at}: {fault}" for fault in found]
    assert not wrong, "\n".join(wrong)
