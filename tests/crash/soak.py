"""Handoff after handoff while both halves, two processes, are killed at random; then everything is counted.

    python -m tests.crash.soak FOLDER HANDOFFS

Staff drop files as fast as they are taken, two people sign whatever statement lies there, the partner
takes what arrives and answers. Which half is killed when comes from a fixed seed.
"""

import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from gateway.approval.desk import statement_name
from gateway.cli.session import utc_now
from gateway.receipts.verification import verify_log
from gateway.vocabulary.errors import ExtractInvalid, StorageError
from gateway.vocabulary.transfer import Stage
from tests.crash.halves import Half
from tests.crash.handoff import GIVEN_UP, LADDER
from tests.end_to_end.conftest import YSS, World, a_world

SEED = 20261125
WAITING = 6
"""Files that lie in the drop folder at a time."""
LOOK = 0.05
BETWEEN_KILLS = 0.6, 1.6
"""Seconds of the processor, of which a start takes more than half of one."""
MOST_SECONDS_EACH, MOST_SECONDS_BEFORE = 10, 150


@dataclass
class Soak:
    world: World
    handoffs: int
    behind: timedelta
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    dropped: int = 0
    seconds: float = 0

    def now(self):
        return utc_now() - self.behind

    def run(self, halves: list[Half]) -> Iterator[str]:
        """Until each handoff is acknowledged; what went wrong on the way."""
        began = time.monotonic()
        end = began + MOST_SECONDS_BEFORE + self.handoffs * MOST_SECONDS_EACH
        due = {half.name: self.chance.uniform(*BETWEEN_KILLS) for half in halves}
        while not self._is_over():
            self._people()
            now = time.monotonic()
            if now > end:
                yield f"after {now - began:.0f} s it is not over: {self.dropped} dropped, {self._received()} received"
                return
            for half in halves:
                if not half.is_running:
                    yield f"{half.name} ended by itself"
                    return
                if half.worked() > due[half.name]:
                    half.kill()
                    due[half.name] = self.chance.uniform(*BETWEEN_KILLS)
            time.sleep(LOOK)
        self.seconds = time.monotonic() - began

    def _people(self) -> None:
        folder = self.world.council.drop_folder(YSS)
        lying = sorted(path.name for path in folder.glob("*.csv"))
        for _ in range(min(WAITING - len(lying), self.handoffs - self.dropped)):
            self._drop()
        for name in lying:
            self._sign(folder / statement_name(name), name)
        self.world.partners[YSS].receive(self.now())

    def _drop(self) -> None:
        """The same children in another order: another file, and nothing strange about it."""
        head, *rows = self.world.extract().splitlines(keepends=True)
        self.chance.shuffle(rows)
        self.dropped += 1
        self.world.drop(b"".join([head, *rows]), name=f"pupils-{self.dropped:05}.csv")

    def _sign(self, statement: Path, name: str) -> None:
        for role in self.world.council.people:
            if statement.exists() and not statement.with_name(f"{statement.name}.{role}.sig").exists():
                with suppress(
                    ExtractInvalid, StorageError
                ):  # taken away or tidied up at this moment: signed at the next look
                    self.world.council.sign(YSS, name, role)

    def _received(self) -> int:
        return len(self.world.partners[YSS].received)

    def _is_over(self) -> bool:
        orders = self.world.council.configuration.workspace.to_deliver
        return (
            self.dropped == self.handoffs
            and self._received() >= self.handoffs
            and not any(path.is_dir() for path in orders.iterdir())
        )

    def faults(self) -> Iterator[str]:
        """What is not as it is after as many undisturbed handoffs."""
        if self._received() != self.handoffs:
            yield f"{self._received()} copies at the partner"
        with self.world.opened() as gateway:
            verify_log(gateway.ledger, gateway.log.public, every=True)
            gateway.log.check_witnesses()
            for transfer in gateway.log.in_stage(*Stage, route=YSS):
                receipts = [entry.receipt for entry in gateway.log.of_transfer(transfer)]
                kinds = [receipt.kind for receipt in receipts]
                given_up = (
                    kinds[0] == "waiting" and kinds[-1] == "refused" and receipts[-1].facts["reasons"] in GIVEN_UP
                )
                if kinds != LADDER and not given_up:
                    yield f"a ladder is {kinds}"
            if (ended := len(gateway.log.in_stage(Stage.ACKNOWLEDGED, route=YSS))) != self.handoffs:
                yield f"{ended} are acknowledged"


@contextmanager
def halves_of(soak: Soak):
    home, halves = soak.world.council.home, list[Half]()
    with (soak.world.folder / "halves.log").open("ab") as log:
        try:
            halves += [Half(home, name, soak.behind, log) for name in ("prepare", "deliver")]
            yield halves
        finally:
            for half in halves:
                half.end()


@contextmanager
def a_soak(folder: Path, handoffs: int):
    with a_world(folder) as world:
        page = world.council.home / "config" / "gateway.toml"
        page.write_text(f"scan_seconds = 1\n{page.read_text()}".replace("\nscan_seconds = 10", ""))
        yield Soak(world=world, handoffs=handoffs, behind=utc_now() - world.clock())


def soaked(folder: Path, handoffs: int) -> tuple[str, list[str]]:
    """What there was to count, and everything that is wrong."""
    with a_soak(folder, handoffs) as soak:
        with halves_of(soak) as halves:
            wrong = list(soak.run(halves))
            kills = ", ".join(f"{half.name} killed {half.kills} times" for half in halves)
        wrong += soak.faults()
    return f"{soak.dropped} handoffs in {soak.seconds:.0f} s, {kills}", wrong


def main(folder: Path, handoffs: int) -> None:
    counted, wrong = soaked(folder, handoffs)
    sys.stdout.write("\n".join([counted, *wrong, ""]))
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
