"""The demonstration, scene by scene: from files in a folder to answers that two partners have signed.

Every stage is the real one. Only the children are invented, the partners stand in, and both
people who sign sit at this machine.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random

from gateway.contract.schema import Schema
from gateway.demo import decisions, tables
from gateway.demo.children import Population, population
from gateway.demo.council import ROUTES, Council, found
from gateway.demo.partners import Partner, partner_of
from gateway.footing.telemetry import Telemetry
from gateway.service.wiring import gates_of, opened
from gateway.story.register.holding import add_hold
from gateway.vocabulary.errors import GatewayError
from gateway.vocabulary.moment import london_day

YSS, CENSUS = ROUTES
HANDOFF, RETURN, SPOILT, AGAIN = "year-9-to-13.csv", "census.csv", "with-a-column-too-many.csv", "the-same-again.csv"
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that stands while the play goes on."""

    council: Council
    partners: tuple[Partner, ...]
    people: Population
    clock: Callable[[], datetime]
    tell: Tell


@contextmanager
def set_up(
    folder: Path, *, seed: int, rows: int, clock: Callable[[], datetime], telemetry: Telemetry, tell: Tell
) -> Iterator[Stage]:
    """A council, two partners with their servers, invented children, and what has been decided about them."""
    tell("a council with fresh keys, two people who sign, and two stand-in partners behind SFTP servers")
    council = found(folder / "council", telemetry=telemetry, clock=clock)
    with ExitStack() as stack:
        partners = tuple(
            stack.enter_context(partner_of(council, route, folder / f"partner-{route}")) for route in ROUTES
        )
        people = population(Random(seed), today=london_day(clock()), rows=rows)  # noqa: S311 - a story, not a secret
        stage = Stage(council=council, partners=partners, people=people, clock=clock, tell=tell)
        _register(stage, folder)
        yield stage


def play(stage: Stage) -> None:
    """From the drop to the signed answer; GatewayError if any scene does not end as it should."""
    council, people = stage.council, stage.people
    stage.tell("staff drop three files: a handoff, a census return, and one with a column that nobody agreed to")
    handoff = tables.extract(people.children, council.schema(YSS))
    council.drop(YSS, HANDOFF, handoff)
    council.drop(CENSUS, RETURN, tables.extract(people.fit_for_a_return(), council.schema(CENSUS)))
    council.drop(YSS, SPOILT, _with_a_column_too_many(people, council.schema(YSS)))
    _round(stage, "the gateway counts what would leave, writes two release statements, and refuses the third file")
    for route, name in ((YSS, HANDOFF), (CENSUS, RETURN)):
        for role in council.people:
            council.sign(route, name, role)
    _round(stage, "two people have signed each: copied, minimised child by child, sealed, signed, delivered")
    for partner in stage.partners:
        _answer(stage, partner)
    _round(stage, "the answers are collected, verified and receipted")
    council.drop(YSS, AGAIN, handoff)
    _round(stage, "somebody drops the same file again under another name: it is refused, and nothing is sent")


def _register(stage: Stage, folder: Path) -> None:
    path = folder / "decisions.csv"
    path.write_bytes(tables.register(stage.people.decisions))
    configuration = stage.council.configuration
    with opened(configuration, clock=stage.clock, telemetry=stage.council.telemetry) as gateway:
        gates = gates_of(gateway, configuration, stage.clock())
        count = decisions.record(stage.council, gateway, gates, path)
        for held in stage.people.held:
            add_hold(gateway, gates, held.known_by, reason="refuge", uid=0)
    stage.tell(
        f"{len(stage.people.children)} children, {count} decisions about consent, {len(stage.people.held)} holds"
    )


def _with_a_column_too_many(people: Population, schema: Schema) -> bytes:
    header, *rows = tables.extract(people.children[:20], schema).decode("utf-8").splitlines()
    return "\n".join([f"{header},Remarks", *(f"{row}," for row in rows), ""]).encode("utf-8")


def _round(stage: Stage, words: str) -> None:
    stage.tell(words)
    rounds = stage.council.run_once()
    for fault in rounds.faults:
        raise fault


def _answer(stage: Stage, partner: Partner) -> None:
    results = partner.receive(stage.clock())
    if [received.result for received in results] != ["accepted"]:
        raise GatewayError(f"the stand-in partner {partner.name} did not accept its parcel")
    stage.tell(f"{partner.name} verifies and opens its parcel, and signs for {results[0].rows:,} rows")
