"""A council with two machines: shared folders, one PostgreSQL, a partner's real server."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.vocabulary.errors import GatewayError
from tests.end_to_end.conftest import YSS, World, a_world, untouched  # noqa: F401 - a fixture
from tests.ledgers import cluster  # noqa: F401 - a fixture
from tests.nodes.node import STOPPED

ROOT = Path(__file__).parents[2]
PATIENCE = 90
"""Seconds; only a machine that has gone wrong makes a test wait so long."""


@dataclass
class Node:
    process: subprocess.Popen
    notes: Path
    log: Path

    def steps(self) -> list[str]:
        return self.notes.read_text().splitlines() if self.notes.exists() else []

    def is_stopped(self) -> bool:
        return STOPPED in self.steps()

    def send(self, what: signal.Signals) -> None:
        os.kill(self.process.pid, what)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Nodes:
    world: World
    ahead: float
    nodes: list[Node] = field(default_factory=list)

    def start(self, step: str = "", moment: str = "") -> Node:
        number = len(self.nodes) + 1
        notes, log = (self.world.folder / f"node-{number}.{what}" for what in ("notes", "log"))
        with log.open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.nodes.node", self.world.council.home, str(self.ahead), notes, step, moment],
                cwd=ROOT, stderr=errors,
            )  # fmt: skip
        self.nodes.append(Node(process, notes, log))
        return self.nodes[-1]

    def until(self, condition: Callable[[], object]) -> None:
        """The partner sweeps its inbox all the while."""
        end = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < end, [node.log.read_text()[-2000:] for node in self.nodes]
            self.sweep()
            time.sleep(0.1)

    def sweep(self) -> None:
        with suppress(GatewayError):  # half a parcel: the rest comes
            self.world.partners[YSS].receive(self.world.clock())

    def stages(self) -> list[str]:
        return list(map(str, self.world.stages()))


class Now:
    """The world's own day, and the real time of day since it began."""

    def __init__(self, began: datetime) -> None:
        self.ahead = (began - datetime.now(UTC)).total_seconds()

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.ahead, UTC)


@pytest.fixture
def nodes(cluster, tmp_path) -> Iterator[Nodes]:  # noqa: F811 - the fixture
    cluster.renew("shared", "template0")
    cluster.tell("create schema deliver", "shared")
    url = cluster.url("shared")
    with a_world(tmp_path, ledger=url, deliver_store=url, scan_seconds=1) as world:
        world.clock = Now(world.clock())
        made = Nodes(world, world.clock.ahead)
        yield made
        for node in made.nodes:
            node.end()
