"""Whatever people do in whatever order, nothing is at a partner that may not be, and in the end all is there that may.

A few stories here, from fixed seeds; `make stories` tells many more.
"""

import os

import pytest

from tests.end_to_end.conftest import a_world
from tests.end_to_end.story import a_story
from tests.end_to_end.story_acts import come_to_rest, drop_all, go_on
from tests.end_to_end.test_brake import a_second_approver

STORIES = int(os.environ.get("HANDOFF_STORIES", "3"))
STEPS = 40


@pytest.mark.parametrize("seed", range(STORIES))
def test_nothing_is_at_the_partner_that_may_not_be_and_in_the_end_all_that_may(tmp_path, seed):
    with a_world(tmp_path) as world:
        story = a_story(world, seed, a_second_approver(world))
        wrong = [fault for _ in range(STEPS) for fault in go_on(story)]
        wrong += come_to_rest(story, whole=False)
        story.sleep()
        drop_all(story)
        wrong += come_to_rest(story, whole=True)
        assert not wrong, "\n".join([*story.done, *wrong])
