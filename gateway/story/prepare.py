"""One round of the prepare half: what deliver saw, what was overtaken, what lies in the folders, what is approved.

    observe ─▶ revoke what was overtaken ─▶ for each route:  tell what is to be removed ─▶ look ─▶ carry what is
    approved ─▶ post what is sealed

There is no other recovery: a round asks the receipts where each transfer stands and goes on
from there, so the first round after a crash is a round like any other. A route that fails is
told about and leaves the others alone.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest

from gateway.approval.rules import Reason
from gateway.footing import durable, mailbox
from gateway.footing.telemetry import LogEvent
from gateway.receipts.receipt import Receipt
from gateway.story.carrying import EXTRACT, Carried, Overrun, begin_ahead, carry, post
from gateway.story.ending import take_back_ended
from gateway.story.gate import Gate, Gateway
from gateway.story.giving_back import give_back, lay_back
from gateway.story.looking import look
from gateway.story.observing import observe
from gateway.story.outcomes import tell_outcome
from gateway.story.overdue import strike
from gateway.story.purging import purge
from gateway.story.recalled import REFUSAL as RECALLED
from gateway.story.recalled import is_recalled, recalled_in
from gateway.story.refusing import Refusal, record_refused, refuse_arrival, refuse_expired
from gateway.story.removals_due import prepare_left
from gateway.story.removing import carry_removal
from gateway.story.revoking import revoke_out_of_turn, revoke_overtaken
from gateway.story.seen import Memory
from gateway.story.sequence import has_room, under_way
from gateway.story.standing import PARTNER_CHANGED
from gateway.story.withdrawing import LIST
from gateway.vocabulary.errors import GatewayError, StorageError, slug_of
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

EXPIRED = Refusal(
    reasons=(
        Reason(
            "extract-expired", "nothing left, and the extract was kept as long as it may be, and is gone: drop it again"
        ),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Whether anything moved, or would at once, and what went wrong, a fault a route."""

    moved: bool
    faults: tuple[GatewayError, ...] = ()


@dataclass(slots=True)
class _Faults:
    telemetry: Callable[[LogEvent, Facts], None]
    found: list[GatewayError] = field(default_factory=list)

    @contextmanager
    def of_route(self, route: str) -> Iterator[None]:
        try:
            yield
        except GatewayError as error:
            self.found.append(error)
            self.telemetry(LogEvent.ROUTE_FAILED, Facts(route=route, code=slug_of(error)))


def prepare(gateway: Gateway, gates: Mapping[str, Gate], memory: Memory) -> Round:
    """Do all that can be done now.

    Raises:
        ClockUntrusted: the clock is earlier than the last receipt; nothing leaves.
        StorageError, LogBroken: the ledger itself failed; no route can go on.
    """
    before = gateway.log.latest().checkpoint.size
    at = gateway.clock()
    gateway.log.check_clock(at)  # also when there is nothing to receipt: what is sealed already must not leave either
    faults = _Faults(gateway.telemetry.event)
    reports, there_is_more = observe(gateway, gates, faults.of_route), False
    revoke_overtaken(gateway, gates, at)
    for name, gate in gates.items():
        if gateway.stopping():
            break
        with faults.of_route(name):
            prepare_left(gate, at, uid=os.getuid())
        with faults.of_route(name):
            take_back_ended(gate, at)
        with faults.of_route(name):
            there_is_more |= look(gate, memory, at)
        with faults.of_route(name):
            advance(gate, gateway.clock())
        with faults.of_route(name):
            give_back(gate, at)
        with faults.of_route(name):
            strike(gate, at)
        with faults.of_route(name):
            purge(gate, at)
    moved = reports > 0 or there_is_more or gateway.log.latest().checkpoint.size != before
    return Round(moved=moved, faults=tuple(faults.found))


def advance(gate: Gate, at: datetime) -> None:
    """Whatever of this route can go on without a person.

    Partners take numbers in strict order: what was taken back goes on in the order of its numbers,
    and a few parcels are sealed behind those that are on their way (`sequence`).
    """
    log = gate.gateway.log
    for transfer in log.in_stage(Stage.SEALED, route=gate.name):
        post_again(gate, transfer)
    revoke_out_of_turn(gate, at)
    for transfer in _recalled_here(gate):
        _carry(gate, transfer, at)
    for transfer in _to_be_made_again(gate):
        _carry(gate, transfer, at)
    for transfer in _in_no_line(gate):
        _carry(gate, transfer, at)
    _carry_approved(gate, at)


def _carry_approved(gate: Gate, at: datetime) -> None:
    """Each in its turn, and a small one begun before it, if there will be room for it."""
    approved = gate.gateway.log.in_stage(Stage.WITHDRAWN, Stage.APPROVED, route=gate.name)
    try:
        for transfer, following in zip_longest(approved, approved[1:]):
            line = under_way(gate)
            if gate.gateway.stopping() or not has_room(line):
                return
            if following and has_room(line, more=2):
                begin_ahead(gate, following, at)
            _carry(gate, transfer, at)
    finally:
        gate.gateway.judging.drop()


def _to_be_made_again(gate: Gate) -> Iterator[TransferId]:
    """What was taken back and has stopped, as long as all before it are on their way again."""
    for one in under_way(gate):
        if one.stage is Stage.REVOKED and _has_stopped(gate, one.transfer):
            yield one.transfer
        if gate.gateway.log.stage(one.transfer) is not Stage.SEALED:
            return


def _in_no_line(gate: Gate) -> list[TransferId]:
    """What was taken back and has stopped, of a partner whom the route has left: nothing of this partner waits for it."""
    revoked = gate.gateway.log.in_stage(Stage.REVOKED, route=gate.name)
    return [transfer for transfer in revoked if _is_for_another(gate, transfer) and _has_stopped(gate, transfer)]


def _recalled_here(gate: Gate) -> list[TransferId]:
    """What a person has taken back and deliver has no parcel of: it waits for nobody's turn."""
    found = recalled_in(gate, Stage.APPROVED, Stage.FAILED)
    return [transfer for transfer, stage in found if stage is Stage.APPROVED or _has_stopped(gate, transfer)]


def _has_stopped(gate: Gate, transfer: TransferId) -> bool:
    """Deliver said so, and the order was closed; a draft that was never posted cannot have left either."""
    return not (gate.gateway.workspace.to_deliver / transfer).exists()


def _carry(gate: Gate, transfer: TransferId, at: datetime) -> None:
    recalled = is_recalled(gate.gateway, transfer)
    if (gate.gateway.workspace.arrival(transfer) / LIST).exists():
        if recalled:
            _give_up_removal(gate, transfer, at)
        elif _is_for_another(gate, transfer):
            _fail(gate, transfer, at)
        else:
            carry_removal(gate, transfer, at)
        return
    if not (gate.gateway.workspace.arrival(transfer) / EXTRACT).exists():
        refuse_expired(gate, transfer, RECALLED if recalled else EXPIRED, at)
        return
    if recalled:
        refuse_arrival(gate, transfer, RECALLED, at)
        return
    answer = carry(gate, transfer, at)
    if isinstance(answer, Carried):
        gate.gateway.telemetry.event(
            LogEvent.STAGE_REACHED, Facts(transfer=transfer, route=gate.name, stage=str(Stage.SEALED))
        )
    elif answer is not None and is_recalled(gate.gateway, transfer):  # while it was judged
        refuse_arrival(gate, transfer, RECALLED, at)
    elif isinstance(answer, Overrun):
        _pause(gate, transfer, answer, at)
    elif answer is not None:
        refuse_arrival(gate, transfer, answer, at)


def _give_up_removal(gate: Gate, transfer: TransferId, at: datetime) -> None:
    record_refused(gate, transfer, RECALLED, at)
    durable.discard_folder(gate.gateway.workspace.arrival(transfer))


def _is_for_another(gate: Gate, transfer: TransferId) -> bool:
    return gate.gateway.log.transfer(transfer).partner != gate.route.partner.partner


def _fail(gate: Gate, transfer: TransferId, at: datetime) -> None:
    """A removal for a partner to whom the route no longer leads: a person has to tell them."""
    partner = gate.gateway.log.transfer(transfer).partner
    facts = Facts(code=PARTNER_CHANGED, partner=partner)
    gate.gateway.log.append(Receipt.of_stage(Stage.FAILED, transfer=transfer, route=gate.name, at=at, facts=facts))


def post_again(gate: Gate, transfer: TransferId) -> None:
    """After a crash between receipt and posting, the parcel still lies in its draft, with its order."""
    workspace = gate.gateway.workspace
    draft = workspace.sealing(transfer)
    if (draft / mailbox.ORDER).exists():
        post(gate, transfer)
    elif not (workspace.to_deliver / transfer).exists():
        raise StorageError(
            f"the parcel of transfer {transfer} is gone from the mailbox",
            remedy="find out who took it away; 'gateway receipts show' tells what was sealed",
        )


def _pause(gate: Gate, transfer: TransferId, overrun: Overrun, at: datetime) -> None:
    """The extract goes back into the drop folder, where a new statement with other ceilings awaits two signatures."""
    gateway = gate.gateway
    facts = Facts(reasons=tuple(f"over-{name.replace('_', '-')}" for name in overrun.ceilings))
    gateway.log.append(Receipt.of_stage(Stage.PAUSED, transfer=transfer, route=gate.name, at=at, facts=facts))
    lay_back(gate, transfer)  # (G1)
    tell_outcome(gate, transfer)
