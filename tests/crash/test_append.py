"""An append that is killed at any point is on disk as a whole, or not at all; and what was told is on disk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.footing.ledger import sqlite_url
from tests.ledgers import cluster  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("HANDOFF_KILLS", "40"))
"""`make crash` takes a thousand."""


@pytest.fixture
def database(cluster):  # noqa: F811 - the fixture
    cluster.tell("create database killed template template0")
    yield cluster.url("killed")
    cluster.tell("drop database killed with (force)")


def killed(url: str, kills: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.crash.appending", url, str(kills)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"{kills} kills at ")


def test_an_append_killed_between_any_two_of_its_steps_leaves_a_sound_log(tmp_path):
    killed(sqlite_url(tmp_path / "ledger"), KILLS)


def test_the_same_on_postgresql_where_the_server_lives_on(database):
    killed(database, KILLS // 4)
