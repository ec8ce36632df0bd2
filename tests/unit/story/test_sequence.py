"""When another parcel may be sealed behind those that are on their way."""

import pytest

from gateway.story.sequence import AHEAD, UnderWay, has_room
from gateway.vocabulary.transfer import Stage, TransferId


def line(*stages, in_turn=True):
    return tuple(
        UnderWay(transfer=TransferId(f"{number:026}"), number=number, stage=stage, in_turn=in_turn)
        for number, stage in enumerate(stages, start=1)
    )


@pytest.mark.parametrize("count", [0, 1, AHEAD - 1])
def test_there_is_room_behind_a_few_that_are_sealed(count):
    assert has_room(line(*[Stage.SEALED] * count))


def test_there_is_an_end_to_it():
    assert not has_room(line(*[Stage.SEALED] * AHEAD))


@pytest.mark.parametrize("stage", [Stage.REVOKED, Stage.FAILED])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_nothing_is_sealed_behind_what_is_judged_anew_or_waits_for_a_person(stage, place):
    stages = [Stage.SEALED] * 3
    stages[place] = stage
    assert not has_room(line(*stages))


def test_nothing_is_sealed_behind_what_is_out_of_turn():
    assert not has_room(line(Stage.SEALED, in_turn=False))
