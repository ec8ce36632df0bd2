"""An append that is killed at any point is on disk as a whole, or not at all; and what was told is on disk."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("HANDOFF_KILLS", "40"))
"""`make crash` takes a thousand."""


def test_an_append_killed_between_any_two_of_its_steps_leaves_a_sound_log(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crash.appending", tmp_path / "ledger", str(KILLS)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"{KILLS} kills at ")
