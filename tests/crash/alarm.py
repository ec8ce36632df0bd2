"""One alarm from prepare's decision to somebody's webhook, put back to where it stood as often as one likes.

    appeared   a route's page is broken: the run decides, posts, sends, and marks it as sent
    cleared    the page is mended: the run tells that as well

After a power cut the gateway is started again until nothing is left to do. Nobody mends anything.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.footing.ledger import alerts
from tests.crash.starter import KILLED, Ended, Starter, started
from tests.end_to_end.conftest import CENSUS, World, a_world
from tests.simulators.authority import Authority
from tests.simulators.web_server import WebServer, web_server

APPEARED, CLEARED = PHASES = "appeared", "cleared"
SENT = "remembered.sent:commit"
"""Before this step the channel has taken it, and nobody remembers: it goes once more, under the same name."""
WELL = 0, 3
"""It ends well, though a route may be out of service."""
RUNS = 2


@dataclass
class Alarm:
    world: World
    starter: Starter
    server: WebServer
    steps: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What an undisturbed run does, phase by phase."""
    began: dict[str, datetime] = field(default_factory=dict)
    died_at: str = ""

    @property
    def page(self) -> Path:
        return self.world.council.home / "config" / "routes" / f"{CENSUS}.toml"

    def run(self, **order: object) -> Ended:
        self.world.clock.turn(minutes=10)
        return self.starter.run("--home", self.world.council.home, "run", "--once", at=self.world.clock(), **order)

    def rehearse(self) -> None:
        """Once through undisturbed, from rest: how each phase begins is kept, and its steps are noted."""
        sound, at_rest = self.page.read_text(), self.run(watched=False)
        assert at_rest.code == 0, at_rest.said
        for phase, text in ((APPEARED, sound.replace("scope", "scoop")), (CLEARED, sound)):
            self.page.write_text(text)
            self._keep(phase)
            ended = self.run()
            assert ended.code in WELL, ended.said
            self.steps[phase] = ended.steps

    def cut(self, step: int, moment: str) -> Iterator[str]:
        ended = self.run(die=step, moment=moment)
        self.died_at = ended.steps[-1] if ended.steps else ""
        if ended.code != KILLED:
            yield f"it was to die and ended with {ended.code}: {ended.said}"

    def settle(self) -> Iterator[str]:
        for _ in range(RUNS):
            ended = self.run(watched=False)
            if ended.code not in WELL:
                yield f"the run afterwards ended with {ended.code}: {ended.said}"

    def begin(self, phase: str) -> None:
        """Everything is as it was when the phase began, and nobody has heard of it."""
        self.world.clock.at = self.began[phase]
        home = self.world.council.home
        shutil.rmtree(home)
        shutil.copytree(self._kept(phase), home, symlinks=True)
        self.server.heard.clear()

    def _keep(self, phase: str) -> None:
        self.began[phase] = self.world.clock.at
        shutil.copytree(self.world.council.home, self._kept(phase), symlinks=True)

    def _kept(self, phase: str) -> Path:
        return self.world.folder / "kept" / phase

    def stands(self) -> str:
        """The newest alert, by the ledger."""
        with self.world.opened() as gateway, gateway.ledger.reading() as tx:
            rows = alerts.in_state(tx, *alerts.UNSENT, alerts.SENT)
        return max(rows, key=lambda row: row.id).state if len(rows) == self._told_so_far() else "none"

    def _told_so_far(self) -> int:
        return 1 if "scoop" in self.page.read_text() else 2

    def heard(self) -> str:
        return "message" if self.server.heard else "nothing"

    def faults(self, phase: str, moment: str) -> Iterator[str]:
        """Everything that is not as it is after an undisturbed run."""
        names = [heard.headers["webhook-id"] for heard in self.server.heard]
        told = [[one["news"] for one in json.loads(heard.body)["alerts"]] for heard in self.server.heard]
        twice = (self.died_at, moment) == (SENT, "before")
        if len(names) != 1 + twice or len(set(names)) != 1:
            yield f"{len(names)} messages under {len(set(names))} names were sent"
        if any(news != [phase] for news in told):
            yield f"what was told is {told}"
        if (state := self.stands()) != alerts.SENT:
            yield f"the alert stands at {state}"
        workspace = self.world.council.configuration.workspace
        for folder in (workspace.to_deliver, workspace.from_deliver):
            if left := sorted(path.name for path in folder.iterdir()):
                yield f"left in {folder.name}: {left}"


@contextmanager
def an_alarm(folder: Path) -> Iterator[Alarm]:
    authority = Authority(folder)
    with (
        web_server(authority.server("localhost")) as server,
        a_world(folder) as world,
        started(folder) as starter,
    ):
        _tell_by_webhook(world, server, authority)
        made = Alarm(world=world, starter=starter, server=server)
        made.rehearse()
        yield made


def _tell_by_webhook(world: World, server: WebServer, authority: Authority) -> None:
    page = world.council.home / "config" / "gateway.toml"
    url = f"https://localhost:{server.port}/alerts"
    page.write_text(f'{page.read_text()}\n[alerts.webhook]\nurl = "{url}"\nca = "{authority.path}"\n')
    key = world.council.configuration.workspace.deliver_keys / "webhook.key"
    key.write_text(f"{bytes(32).hex()}\n")
    key.chmod(0o600)
