"""Many handoffs, two processes, kills at random: each arrives once, none is lost, none is in doubt."""

import os
import sys

import pytest

from tests.crash.soak import soaked

HANDOFFS = int(os.environ.get("HANDOFF_SOAK", "15"))
"""`make soak` takes a thousand."""


@pytest.mark.timeout(150 + 12 * HANDOFFS)
def test_every_handoff_arrives_once_however_often_both_halves_are_killed(tmp_path):
    counted, wrong = soaked(tmp_path, HANDOFFS)
    sys.stdout.write(f"{counted}\n")
    assert not wrong, "\n".join([counted, *wrong])
