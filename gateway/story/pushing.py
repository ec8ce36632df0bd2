"""One order, carried as far as it gets, and what is said of it.

    revoked or late? ─▶ stopped, lapsed
    is the parcel before it in its route's sequence still to leave? ─▶ it waits
    is its partner to be contacted now? (`breakers`)
    put (temporary names, verified, intent, rename) ─▶ delivered | failed | in-doubt

Crash points. (D1) attempt numbered, nothing sent: the next attempt has another number and
other temporary names. (D2) intent recorded, rename perhaps done: the next attempt looks for
the final name and sends nothing while it cannot tell. It looks even if the parcel was revoked
or is late by now: nobody may be told that a parcel was stopped which the partner has. (D3)
delivered, not yet reported: the next attempt finds the same content there and reports it.
What is reported is only then put down, so a crash reports twice, never not at all.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.attempts import Attempts
from gateway.deliver.breakers import Breakers
from gateway.deliver.destination import Attempt, Delivered, Destination
from gateway.deliver.disposals import Disposals
from gateway.footing import mailbox
from gateway.footing.mailbox import Observation, Order, Outcome
from gateway.footing.orders import Orders
from gateway.footing.telemetry import LogEvent, Telemetry
from gateway.footing.workspace import Workspace
from gateway.story.lanes import Lanes
from gateway.vocabulary.errors import (
    DeliveryError,
    GatewayError,
    HandedBack,
    OutcomeUnknown,
    OutOfTurn,
    ReleaseLapsed,
    Revoked,
    slug_of,
)
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """The deliver half, wired: used by the threads of all its lanes."""

    domain: str
    workspace: Workspace
    key: SigningKey
    attempts: Attempts
    reach: Callable[[str], AbstractContextManager[Destination]]
    """The destination of a route, for as long as the block lasts: only then it counts as one of the server's connections."""
    is_open: Callable[[str], bool]
    """Whether the route's partner takes parcels now."""
    leads_to: Callable[[str], str | None]
    """The partner of a route, as its page says now; None if the route may not be used."""
    awaits_answers: Callable[[str], bool]
    """Whether the route's partner signs that it has a parcel."""
    telemetry: Telemetry
    clock: Callable[[], datetime]
    random: Callable[[], float]
    lanes: Lanes = field(default_factory=Lanes)
    orders: Orders = field(default_factory=Orders)
    is_time_for_answers: Callable[[str], bool] = lambda _: True
    """Whether partners of a route are asked for answers in this round."""
    stopping: Callable[[], bool] = bool
    """Whether nothing more is to be begun, and what takes long is to be handed back."""
    check_turn: Callable[[], None] = lambda: None
    """StorageError once another machine may be at this half's work."""

    @property
    def breakers(self) -> Breakers:
        return Breakers(self.attempts.store, self.random)


def prepared(
    half: Dispatcher, folder: Path, order: Order, running: Collection[TransferId]
) -> tuple[int, Attempt] | None:
    """A new attempt at the order and its number, durable by now; None if nothing is to be done now.

    `running`: the parcels that are under way over the same connection, whose release it may wait for.

    Raises:
        DeliveryError: it may not leave any more, or its partner is not contacted until a person has looked.
    """
    transfer = order.parcel.transfer
    if not half.attempts.intent_recorded(transfer):
        _may_release(half, folder, order)
    elif _leads_elsewhere(half, order):
        raise OutcomeUnknown("the route has left the partner who may have the parcel", remedy="ask them")
    if not (order.after in running or _has_left(half, order.after)):
        return None
    half.breakers.refuse_stopped(order.partner)
    if not admits(half, order.route, order.partner):
        return None
    begun = half.attempts.begin(transfer, order.parcel.files[-1].digest)  # (D1)
    return begun.number, Attempt(
        number=begun.number,
        earlier=begun.earlier,
        alike=begun.alike,
        intent_recorded=begun.intent_recorded,
        go_on=lambda: _go_on(half),
        may_release=lambda: _may_still_release(half, folder, order, begun.number),
        never_left=lambda: half.attempts.never_left(transfer),
        record_intent=lambda: _record_intent(half, transfer, begun.number),  # (D2)
        in_turn=lambda: _in_turn(half, order, running),
    )


def conclude(half: Dispatcher, order: Order, outcome: Delivered | GatewayError) -> int:
    """Report where the order stands, if that is news to prepare. What is no matter of delivery is raised."""
    transfer = order.parcel.transfer
    if isinstance(outcome, Delivered):
        if half.awaits_answers(order.route):
            _expect_an_answer(half, order)
        return _report_and(half.attempts.settled, half, transfer, "delivered", outcome.facts())  # (D3)
    if isinstance(outcome, Revoked):
        return _report_once(half, order, "stopped", Facts(code="revoked"))
    if isinstance(outcome, ReleaseLapsed):
        return _report_once(half, order, "lapsed", Facts(code="release-lapsed"))
    if isinstance(outcome, OutcomeUnknown):
        _expect_an_answer(half, order)
        return _report_and(half.attempts.doubt, half, transfer, "in-doubt", Facts(code=slug_of(outcome)))
    if not isinstance(outcome, DeliveryError):
        raise outcome
    return _concluded_failure(half, order, outcome)


def _expect_an_answer(half: Dispatcher, order: Order) -> None:
    """Its order ends once a person has said what became of it, and an answer that comes later counts all the same."""
    Disposals(half.attempts.store).expect(order.parcel.transfer, order.route, order.partner, half.clock())


def _concluded_failure(half: Dispatcher, order: Order, error: DeliveryError) -> int:
    transfer, code = order.parcel.transfer, Facts(code=slug_of(error))
    half.telemetry.event(LogEvent.DELIVERY_FAILED, code | Facts(transfer=transfer, route=order.route))
    return 0 if error.try_again else _report_and(half.attempts.block, half, transfer, "failed", code)


def admits(half: Dispatcher, route: str, partner: str) -> bool:
    """In the partner's hours, and by its breaker, which is asked last: a yes of it is to be used."""
    return half.is_open(route) and half.breakers.admits(partner, half.clock())


@contextmanager
def counted(half: Dispatcher, partner: str) -> Iterator[None]:
    """How the partner was to be reached is what its breaker goes by."""
    try:
        yield
    except Exception as error:
        half.breakers.failed(partner, error, half.clock())
        raise
    half.breakers.answered(partner)


def _go_on(half: Dispatcher) -> None:
    if half.stopping():
        raise HandedBack("the service was told to stop", remedy="it is gone on with at the next start")


def _in_turn(half: Dispatcher, order: Order, running: Collection[TransferId]) -> bool:
    """Reported and put down, too: whatever is said of the one before it is said first."""
    if _has_left(half, order.after):
        return True
    if order.after in running:
        return False
    raise OutOfTurn("the parcel before it in its sequence has not left", remedy="it goes on by itself behind that one")


def _has_left(half: Dispatcher, transfer: TransferId | None) -> bool:
    """It is at the partner, or may be."""
    return transfer is None or half.attempts.awaits_answer(transfer)


def _record_intent(half: Dispatcher, transfer: TransferId, number: int) -> None:
    half.check_turn()
    half.attempts.record_intent(transfer, number)


def _may_still_release(half: Dispatcher, folder: Path, order: Order, number: int) -> None:
    half.check_turn()
    half.attempts.check_newest(order.parcel.transfer, number)
    _may_release(half, folder, order)


def _may_release(half: Dispatcher, folder: Path, order: Order) -> None:
    if mailbox.is_revoked(folder):
        raise Revoked("prepare has taken the parcel back")
    if _leads_elsewhere(half, order):
        raise ReleaseLapsed("the route leads to another partner by now", remedy="prepare goes on with it by itself")
    if half.clock() >= order.parcel.release_by:
        raise ReleaseLapsed("the parcel's release_by has passed", remedy="it is minimised again by itself")


def _leads_elsewhere(half: Dispatcher, order: Order) -> bool:
    return half.leads_to(order.route) not in (None, order.partner)


def _report_once(half: Dispatcher, order: Order, outcome: Outcome, facts: Facts) -> int:
    """The order stays until prepare ends it, and a new parcel of the same transfer is news again."""
    transfer, envelope = order.parcel.transfer, order.parcel.files[-1].digest
    parts = (outcome.encode(), envelope.raw)
    if not half.attempts.is_news(transfer, *parts):
        return 0
    made = report(half, transfer, outcome, facts | Facts(envelope=str(envelope)))
    half.attempts.told(transfer, *parts)
    return made


def _report_and(
    put_down: Callable[[TransferId], None], half: Dispatcher, transfer: TransferId, outcome: Outcome, facts: Facts
) -> int:
    made = report(half, transfer, outcome, facts)
    put_down(transfer)
    return made


def report(
    half: Dispatcher, transfer: TransferId, outcome: Outcome, facts: Facts, answer: tuple[bytes, bytes] | None = None
) -> int:
    observation = Observation(transfer=transfer, outcome=outcome, at=half.clock(), facts=facts, answer=answer)
    mailbox.report(half.workspace.from_deliver, observation, key=half.key, domain=half.domain)
    return 1
