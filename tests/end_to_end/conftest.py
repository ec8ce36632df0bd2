"""A council with invented children and its two partners, behind real servers; a clock that the test turns."""

import io
import shutil
import sqlite3
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from gateway.cli.main import run
from gateway.demo import decisions, tables
from gateway.demo.children import Population, population
from gateway.demo.council import Council, found
from gateway.demo.partners import Partner, Served, partner_of, stand_in
from gateway.footing.telemetry import Telemetry
from gateway.service.wiring import gates_of, opened
from gateway.story.register.holding import add_hold
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.transfer import Stage
from tests.required import REQUIRE_ALL
from tests.simulators.sshd import sshd

YSS, CENSUS = "yss", "dfe-school-census"


@dataclass
class Clock:
    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def turn(self, **by) -> None:
        self.at += timedelta(**by)


@dataclass
class World:
    """Everything a handoff needs, and what tests ask about it."""

    folder: Path
    council: Council
    partners: dict[str, Partner]
    people: Population
    clock: Clock
    log: io.StringIO = field(default_factory=io.StringIO)

    def extract(self, route: str = YSS) -> bytes:
        children = self.people.children if route == YSS else self.people.fit_for_a_return()
        return tables.extract(children, self.council.schema(route))

    def drop(self, content: bytes | None = None, *, route: str = YSS, name: str = "pupils.csv") -> Path:
        return self.council.drop(route, name, self.extract(route) if content is None else content)

    def sign_both(self, *, route: str = YSS, name: str = "pupils.csv") -> None:
        for role in self.council.people:
            self.council.sign(route, name, role)

    def run(self, *halves: str):
        return self.council.run_once(frozenset(halves)) if halves else self.council.run_once()

    def approved(self, *, route: str = YSS) -> None:
        """Dropped, stated and signed: the next round carries it."""
        self.drop(route=route)
        self.run("prepare")
        self.sign_both(route=route)

    def in_doubt(self):
        """Delivered, swept away, and the machine stopped before anything was said of it: the transfer."""
        self.approved()
        self.run("prepare")
        self.run("deliver")
        return self.swept_away()

    def swept_away(self):
        """What deliver has just done, and not said: the transfer."""
        (transfer,) = self.transfers()
        workspace = self.council.configuration.workspace
        for path in (*(self.partners[YSS].files / "inbox").iterdir(), *workspace.from_deliver.iterdir()):
            path.unlink()
        with closing(sqlite3.connect(workspace.attempts)) as store, store:
            store.execute("update transfer set state = 'open'")
        self.clock.turn(minutes=1)
        self.run()
        assert self.stages() == [Stage.IN_DOUBT]
        return transfer

    @contextmanager
    def opened(self):
        with opened(self.council.configuration, clock=self.clock, telemetry=self.council.telemetry) as gateway:
            yield gateway

    def stages(self, route: str = YSS) -> list[Stage]:
        """The stage of each transfer, oldest first."""
        with self.opened() as gateway:
            return [
                gateway.log.stage(transfer)
                for transfer in sorted(gateway.log.in_stage(*Stage, route=route))
            ]  # fmt: skip

    def transfers(self, route: str = YSS):
        with self.opened() as gateway:
            return sorted(gateway.log.in_stage(*Stage, route=route))

    def ladder(self, transfer) -> list[str]:
        with self.opened() as gateway:
            return [entry.receipt.kind for entry in gateway.log.of_transfer(transfer)]

    def facts(self, transfer, stage: Stage):
        with self.opened() as gateway:
            entry = gateway.log.last(transfer, stage)
            return dict(entry.receipt.facts)

    def hold(self, known_by) -> None:
        configuration = self.council.configuration
        with self.opened() as gateway:
            add_hold(gateway, gates_of(gateway, configuration, self.clock()), known_by, reason="refuge", uid=0)

    def record(self, register: bytes) -> None:
        path = self.folder / "decisions.csv"
        path.write_bytes(register)
        configuration = self.council.configuration
        with self.opened() as gateway:
            decisions.record(self.council, gateway, gates_of(gateway, configuration, self.clock()), path)

    def inbox(self, route: str = YSS) -> list[str]:
        return sorted(path.name for path in (self.partners[route].files / "inbox").iterdir())

    def refused(self, route: str = YSS) -> dict[str, str]:
        """The notes under refused/, by name."""
        folder = self.council.drop_folder(route) / "refused"
        return {path.name: path.read_text("utf-8") for path in sorted(folder.glob("*.txt"))}

    def waiting(self, route: str = YSS) -> str:
        return (self.council.drop_folder(route) / "waiting.txt").read_text("utf-8")


@contextmanager
def real_server(folder: Path, authorised: str):
    """OpenSSH's sshd where it is installed, the stand-in otherwise; where everything is required, sshd."""
    if not REQUIRE_ALL and not (shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/sbin")):
        with stand_in(folder, authorised) as served:
            yield served
        return
    with sshd(folder, authorised) as server:
        yield Served(endpoint=server.endpoint, files=server.files)


@contextmanager
def a_world(folder: Path, **settings: str):
    """60 children or so; their decisions recorded, their holds in force; a Tuesday morning in November."""
    clock, log = Clock(datetime(2026, 11, 24, 9, 30, tzinfo=UTC)), io.StringIO()
    council = found(
        folder / "council", telemetry=Telemetry(log, clock), clock=clock, settings={"statement_days": 1, **settings}
    )  # fmt: skip
    people = population(Random(7), today=london_day(clock()), rows=60)
    with ExitStack() as stack:
        partners = {
            route: stack.enter_context(partner_of(council, route, folder / route, real_server))
            for route in (YSS, CENSUS)
        }
        made = World(folder=folder, council=council, partners=partners, people=people, clock=clock, log=log)
        made.record(tables.register(people.decisions))
        for held in people.held:
            made.hold(held.known_by)
        yield made


@pytest.fixture
def world(tmp_path):
    with a_world(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def untouched(tmp_path_factory):
    """Nothing was ever dropped here. For tests that only ask: they share it."""
    with a_world(tmp_path_factory.mktemp("untouched")) as made:
        yield made


@pytest.fixture(scope="session")
def delivered(tmp_path_factory):
    """One handoff, acknowledged. For tests that only ask: they share it."""
    with a_world(tmp_path_factory.mktemp("delivered")) as made:
        made.approved()
        made.run()
        made.partners[YSS].receive(made.clock())
        made.run()
        yield made


@dataclass(frozen=True)
class Spoken:
    code: int
    out: str
    err: str


def typing_in(world: World):
    def typed(*words, stdin: str = "") -> Spoken:
        out, err = io.StringIO(), io.StringIO()
        code = run(
            ["--home", str(world.council.home), *map(str, words)], {}, out, err,
            stdin=io.StringIO(stdin), clock=world.clock,
        )  # fmt: skip
        return Spoken(code, out.getvalue(), err.getvalue())

    return typed


@pytest.fixture
def type_in(world):
    return typing_in(world)
