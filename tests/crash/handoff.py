"""One handoff from the drop folder to the partner's signed answer, put back to where it stood as often as one likes.

    stated     a file was dropped: the run writes its statement
    carried    two people have signed: the run claims, minimises, seals and delivers it
    answered   the partner has taken it and answered: the run collects the answer
    resumed    the power went when all was uploaded and nothing released: the run fences that off and sends it again

After a power cut the day goes on: the gateway is started again, people sign what lies there unsigned,
the partner takes what lies in its inbox. Nobody mends anything.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.approval.desk import statement_name
from gateway.receipts.verification import verify_log
from gateway.story.gate import Gateway
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import GatewayError
from gateway.vocabulary.transfer import Stage
from tests.crash.effects import AFTER
from tests.crash.starter import KILLED, Ended, Starter, started
from tests.end_to_end.conftest import YSS, World, a_world

STATED, CARRIED, ANSWERED, RESUMED = PHASES = "stated", "carried", "answered", "resumed"
INTENT = "attempts.record_intent:commit"
LADDER = ["waiting", "arrived", "approved", "sealed", "delivered", "acknowledged"]
BY_THE_ANSWER = [*LADDER[:4], "in-doubt", "acknowledged"], [*LADDER[:4], "acknowledged"]
"""The partner took the parcel away before anybody could look; its answer tells."""
GIVEN_UP = {("withdrawn",), ("superseded",)}
NAME = "pupils.csv"
OURS = {"outcomes", "refused", "waiting.txt"}
MOST_RUNS = 6


@dataclass
class Handoff:
    folder: Path
    world: World
    starter: Starter
    steps: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What an undisturbed run does, phase by phase."""
    began: dict[str, datetime] = field(default_factory=dict)
    died_at: str = ""

    def run(self, *, only: str = "", **order) -> Ended:
        self.world.clock.turn(minutes=1)
        words = ["--home", self.world.council.home, "run", "--once", *(("--only", only) if only else ())]
        return self.starter.run(*words, at=self.world.clock(), **order)

    def rehearse(self) -> None:
        """Once through undisturbed: how each phase begins is kept, and its steps are noted."""
        self.world.drop(name=NAME)
        for phase, people in ((STATED, lambda: None), (CARRIED, self.sign), (ANSWERED, self.receive)):
            people()
            self._note(phase)
        self.begin(CARRIED)
        assert not list(self.cut(self.steps[CARRIED].index(INTENT) + 1, AFTER))
        self._note(RESUMED)

    def _note(self, phase: str) -> None:
        self.keep(phase)
        ended = self.run()
        assert ended.code == 0, ended.said
        self.steps[phase] = ended.steps

    def sign(self) -> bool:
        """Whoever has a statement before them, and has not signed it."""
        statement = self.world.council.drop_folder(YSS) / statement_name(NAME)
        signed = 0
        for role in self.world.council.people:
            if statement.exists() and not statement.with_name(f"{statement.name}.{role}.sig").exists():
                self.world.council.sign(YSS, NAME, role)
                signed += 1
        return signed > 0

    def receive(self) -> bool:
        return bool(self.world.partners[YSS].receive(self.world.clock()))

    def cut(self, step: int, moment: str) -> Iterator[str]:
        """The power cut; what is wrong with it. `died_at` says where it was, as threads may have overtaken each other."""
        ended = self.run(die=step, moment=moment)
        self.died_at = ended.steps[-1] if ended.steps else ""
        if ended.code != KILLED:
            yield f"it was to die and ended with {ended.code}: {ended.said}"
        if ended.left_running:
            yield "a worker outlived it"

    def settle(self) -> Iterator[str]:
        """The day goes on; what goes wrong with it."""
        for _ in range(MOST_RUNS):
            ended = self.run(watched=False)
            if ended.code or ended.left_running:
                yield f"the run afterwards ended with {ended.code}: {ended.said}"
            if not (self.sign() or self.receive() or self.stands() == Stage.SEALED):
                return
        yield "it never comes to rest"

    def begin(self, phase: str) -> None:
        """Everything is as it was when the phase began."""
        self.world.clock.at = self.began[phase]
        for kept, place in self._places(phase):
            shutil.rmtree(place)
            shutil.copytree(kept, place, symlinks=True)

    def keep(self, phase: str) -> None:
        """To be begun from again."""
        self.began[phase] = self.world.clock.at
        for kept, place in self._places(phase):
            shutil.copytree(place, kept, symlinks=True)

    def _places(self, phase: str) -> Iterator[tuple[Path, Path]]:
        partner = self.world.partners[YSS]
        for place in (self.world.council.home, partner.home, partner.files):
            yield self.kept(phase, place), place

    def kept(self, phase: str, place: Path) -> Path:
        """What a folder was like when the phase began."""
        return self.folder / "kept" / phase / place.relative_to(self.folder)

    def stands(self) -> str:
        """The stage of the newest transfer by its receipts."""
        return (["none", *self.world.stages()])[-1]

    def at_partner(self) -> str:
        names = self.world.inbox()
        if any(name.endswith(".json") for name in names) or self.world.partners[YSS].received:
            return "parcel"
        return "temporaries" if names else "nothing"

    def faults(self, *, ladders: tuple[list[str], ...] = (LADDER,)) -> Iterator[str]:
        """Everything that is not as it is after an undisturbed handoff."""
        with self.world.opened() as gateway:
            yield from _of_transfers(gateway, ladders)
            yield from _of_log(gateway)
        partner = self.world.partners[YSS]
        if len(partner.received) != 1:
            yield f"{len(partner.received)} copies at the partner"
        if left := [name for name in self.world.inbox() if not name.endswith(".json")]:
            yield f"left in the partner's inbox: {left}"
        yield from self._left_behind()

    def _left_behind(self) -> Iterator[str]:
        workspace = self.world.council.configuration.workspace
        for folder in (workspace.to_deliver, workspace.from_deliver, workspace.arrivals, workspace.sealing("x").parent,
                       workspace.stating("x").parent, workspace.refused_folder(YSS)):  # fmt: skip
            if names := sorted(path.name for path in folder.iterdir()):
                yield f"left in {folder.name}: {names}"
        if strange := {path.name for path in workspace.drop_folder(YSS).iterdir()} - OURS:
            yield f"left in the drop folder: {sorted(strange)}"
        files = [path for top in (workspace.state, workspace.outbox) for path in top.rglob("*") if path.is_file()]
        if half := sorted(path.name for path in files if path.suffix == ".tmp"):
            yield f"half written: {half}"
        if clear := sorted(path.name for path in files if self.canary in path.read_bytes()):
            yield f"in the clear: {clear}"

    @property
    def canary(self) -> bytes:
        """A surname that was released: the one thing that must be nowhere on our side."""
        children = self.world.people.children
        return max((c.fields["surname"] for c in children if c.outcome == "floor"), key=len).encode()


def _of_transfers(gateway: Gateway, ladders: tuple[list[str], ...]) -> Iterator[str]:
    *given_up, last = sorted(gateway.log.in_stage(*Stage, route=YSS))
    for transfer in given_up:
        first, *_, refused = (entry.receipt for entry in gateway.log.of_transfer(transfer))
        if (first.kind, refused.kind) != ("waiting", "refused") or refused.facts["reasons"] not in GIVEN_UP:
            yield f"an earlier transfer ended as {refused.kind}, {dict(refused.facts)}"
    ladder = [entry.receipt.kind for entry in gateway.log.of_transfer(last)]
    if ladder not in ladders:
        yield f"the ladder is {ladder}"
        return
    kept = gateway.workspace.disclosures(f"{last}.parquet")
    if str(Digest.of(kept.read_bytes())) != gateway.log.last(last, Stage.SEALED).receipt.facts["disclosures"]:
        yield "the disclosures are not those of the receipt"


def _of_log(gateway: Gateway) -> Iterator[str]:
    try:
        verify_log(gateway.ledger, gateway.log.public, every=True)
        gateway.log.check_witnesses()
    except GatewayError as error:
        yield f"the log: {error.message}"


@contextmanager
def a_handoff(folder: Path):
    with a_world(folder) as world, started(folder) as starter:
        handoff = Handoff(folder=folder, world=world, starter=starter)
        handoff.rehearse()
        yield handoff
