"""Rounds of both halves until nothing moves any more: what `run --once` and the demonstration do.

The halves take turns in one process, through the same mailbox that joins two. A partner's
answer may come later; nobody waits for it here.
"""

from contextlib import ExitStack, suppress
from dataclasses import dataclass

from gateway.config.load import Configuration, Suspension
from gateway.footing import durable
from gateway.footing.telemetry import Telemetry
from gateway.service.alerts import outgoing, send_out
from gateway.service.delivering import deliver_half
from gateway.service.upkeep import keep_told
from gateway.service.wiring import Clock, Prepare, prepare_half
from gateway.story.anchoring import check_anchor, keep_anchor
from gateway.story.dispatch import dispatch
from gateway.story.looking import tell_suspended
from gateway.story.prepare import Round, prepare
from gateway.story.seen import Memory
from gateway.vocabulary.errors import GatewayError, StorageError

HALVES = frozenset({"prepare", "deliver"})
MOST_ROUNDS = 100_000
"""A handoff needs three, and a route carries one at a time; a loop that goes on for ever is a defect, and is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    suspended: tuple[Suspension, ...]
    faults: tuple[GatewayError, ...]
    """Of the last round: what still goes wrong when nothing moves any more."""


def run_once(
    configuration: Configuration, *, clock: Clock, telemetry: Telemetry, halves: frozenset[str] = HALVES
) -> Rounds:
    with durable.machine_errors("the run was broken off"), ExitStack() as stack:
        preparing = (
            stack.enter_context(prepare_half(configuration, clock=clock, telemetry=telemetry))
            if "prepare" in halves
            else None
        )
        delivering = (
            stack.enter_context(deliver_half(configuration, clock=clock, telemetry=telemetry))
            if "deliver" in halves
            else None
        )
        out = stack.enter_context(outgoing(configuration, delivering)) if delivering else None
        memory, faults, suspended = Memory(looks_once=True), tuple[GatewayError, ...](), tuple[Suspension, ...]()
        for _ in range(MOST_ROUNDS):
            moved = False
            if preparing:
                done, suspended = prepare_round(preparing, memory)
                moved, faults = done.moved, done.faults
                moved = moved or keep_told(preparing) > 0
            if delivering:
                moved = dispatch(delivering) > 0 or moved
            if out:
                moved = send_out(out) > 0 or moved
            if not moved:
                break
        return Rounds(suspended=suspended, faults=faults)


def prepare_round(half: Prepare, memory: Memory) -> tuple[Round, tuple[Suspension, ...]]:
    """One round with the routes as they are now; staff of those that stand still are told in their folders."""
    check_anchor(half.gateway)
    gates, suspended = half.routes_of_now()
    for suspension in suspended:
        with suppress(StorageError):  # staff can make a note for themselves impossible, and hold up nobody by it
            tell_suspended(half.gateway, suspension.route, suspension.sentence, memory)
    done = prepare(half.gateway, gates, memory)
    keep_anchor(half.gateway)
    return done, suspended
