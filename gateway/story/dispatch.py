"""The deliver half: orders in, observations out. It sees ciphertext, never a child's data, never the ledger.

    for each order:  revoked or late? ─▶ stopped, lapsed
                     is its partner to be contacted now? (`breakers`)
                     put (temporary names, verified, intent, rename) ─▶ delivered | failed | in-doubt
    then:            collect the answers of what was delivered, or may have been ─▶ answered

Crash points. (D1) attempt numbered, nothing sent: the next attempt has another number and
other temporary names. (D2) intent recorded, rename perhaps done: the next attempt looks for
the final name and sends nothing while it cannot tell. It looks even if the parcel was revoked
or is late by now: nobody may be told that a parcel was stopped which the partner has. (D3)
delivered, not yet reported: the next attempt finds the same content there and reports it.
What is reported is only then put down, so a crash reports twice, never not at all.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.attempts import Attempts
from gateway.deliver.breakers import Breakers
from gateway.deliver.destination import Answer, Attempt, Delivered, Destination
from gateway.deliver.retry import next_try
from gateway.footing import mailbox
from gateway.footing.mailbox import Observation, Order, Outcome
from gateway.footing.telemetry import LogEvent, Telemetry
from gateway.footing.workspace import Workspace
from gateway.vocabulary.errors import (
    DeliveryError,
    FormatInvalid,
    GatewayError,
    OutcomeUnknown,
    ReleaseLapsed,
    Revoked,
    slug_of,
)
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """The deliver half, wired. `reach` gives the destination of a route; `is_open` whether it takes parcels now."""

    domain: str
    workspace: Workspace
    key: SigningKey
    attempts: Attempts
    reach: Callable[[str], Destination]
    is_open: Callable[[str], bool]
    telemetry: Telemetry
    clock: Callable[[], datetime]
    random: Callable[[], float]

    @property
    def breakers(self) -> Breakers:
        return Breakers(self.attempts.store, self.random)


def dispatch(half: Dispatcher) -> int:
    """One round over all orders; how many observations it made. One partner failing never stops another."""
    made = 0
    awaited: dict[tuple[str, str], set[TransferId]] = {}
    for folder in mailbox.order_folders(half.workspace.to_deliver):
        with _alone(half, _named(folder)):
            order = mailbox.read_order(folder)
            if half.attempts.is_due(order.parcel.transfer, half.clock()):
                made += _push(half, folder, order)
            if half.attempts.awaits_answer(order.parcel.transfer):
                awaited.setdefault((order.route, order.partner), set()).add(order.parcel.transfer)
    for (route, partner), transfers in awaited.items():
        with _alone(half, Facts(route=route)):
            for answer in _collected(half, route, partner, frozenset(transfers)):
                made += _pass_on(half, answer)
    return made


def _push(half: Dispatcher, folder: Path, order: Order) -> int:
    """Carry one order as far as it gets, and report where it stands if that is news to prepare."""
    transfer = order.parcel.transfer
    try:
        if not half.attempts.intent_recorded(transfer):
            _may_release(half, folder, order)
        half.breakers.refuse_stopped(order.partner)
        delivered = _put(half, folder, order) if _admits(half, order.route, order.partner) else None
    except Revoked:
        return _report_once(half, order, "stopped", Facts(code="revoked"))
    except ReleaseLapsed:
        return _report_once(half, order, "lapsed", Facts(code="release-lapsed"))
    except OutcomeUnknown as error:
        return _report_and(half.attempts.doubt, half, transfer, "in-doubt", Facts(code=slug_of(error)))
    except DeliveryError as error:
        half.telemetry.event(LogEvent.DELIVERY_FAILED, Facts(transfer=transfer, route=order.route, code=slug_of(error)))
        if error.try_again:
            return 0
        return _report_and(half.attempts.block, half, transfer, "failed", Facts(code=slug_of(error)))
    return (
        _report_and(half.attempts.settled, half, transfer, "delivered", delivered.facts()) if delivered else 0
    )  # (D3)


def _put(half: Dispatcher, folder: Path, order: Order) -> Delivered:
    transfer = order.parcel.transfer
    begun = half.attempts.begin(transfer, order.parcel.files[-1].digest)  # (D1)
    attempt = Attempt(
        number=begun.number,
        earlier=begun.earlier,
        alike=begun.alike,
        intent_recorded=begun.intent_recorded,
        may_release=lambda: _may_release(half, folder, order),
        never_left=lambda: half.attempts.never_left(transfer),
        record_intent=lambda: half.attempts.record_intent(transfer, begun.number),  # (D2)
    )
    try:
        with _counted(half, order.partner):
            return half.reach(order.route).put(order.parcel, attempt)
    except Exception as error:  # whatever it was, the next try waits
        at = half.clock()
        half.attempts.failed(transfer, begun.number, slug_of(error), at, next_try(begun.number, at, half.random))
        raise


def _collected(half: Dispatcher, route: str, partner: str, wanted: frozenset[TransferId]) -> Iterator[Answer]:
    """Nothing while the partner is not to be contacted: what lies there is there at the next round too."""
    if _admits(half, route, partner):
        with _counted(half, partner):
            yield from half.reach(route).collect(wanted)


def _admits(half: Dispatcher, route: str, partner: str) -> bool:
    """In the partner's hours, and by its breaker, which is asked last: a yes of it is to be used."""
    return half.is_open(route) and half.breakers.admits(partner, half.clock())


@contextmanager
def _counted(half: Dispatcher, partner: str) -> Iterator[None]:
    """How the partner was to be reached is what its breaker goes by."""
    try:
        yield
    except Exception as error:
        half.breakers.failed(partner, error, half.clock())
        raise
    half.breakers.answered(partner)


def _may_release(half: Dispatcher, folder: Path, order: Order) -> None:
    if mailbox.is_revoked(folder):
        raise Revoked("prepare has taken the parcel back")
    if half.clock() >= order.parcel.release_by:
        raise ReleaseLapsed("the parcel's release_by has passed", remedy="it is minimised again by itself")


def _pass_on(half: Dispatcher, answer: Answer) -> int:
    """Once for each content: what was passed on is not passed on again, though the partner leaves it there."""
    parts = (answer.body, answer.signature)
    if not half.attempts.is_news(answer.transfer, b"answered", *parts):
        return 0
    made = _report(half, answer.transfer, "answered", Facts(), answer=parts)
    half.attempts.told(answer.transfer, b"answered", *parts)
    return made


def _report_once(half: Dispatcher, order: Order, outcome: Outcome, facts: Facts) -> int:
    """The order stays until prepare ends it, and a new parcel of the same transfer is news again."""
    transfer, parts = order.parcel.transfer, (outcome.encode(), order.parcel.files[-1].digest.raw)
    if not half.attempts.is_news(transfer, *parts):
        return 0
    made = _report(half, transfer, outcome, facts)
    half.attempts.told(transfer, *parts)
    return made


def _report_and(
    put_down: Callable[[TransferId], None], half: Dispatcher, transfer: TransferId, outcome: Outcome, facts: Facts
) -> int:
    made = _report(half, transfer, outcome, facts)
    put_down(transfer)
    return made


def _report(
    half: Dispatcher, transfer: TransferId, outcome: Outcome, facts: Facts, answer: tuple[bytes, bytes] | None = None
) -> int:
    observation = Observation(transfer=transfer, outcome=outcome, at=half.clock(), facts=facts, answer=answer)
    mailbox.report(half.workspace.from_deliver, observation, key=half.key, domain=half.domain)
    return 1


@contextmanager
def _alone(half: Dispatcher, about: Facts) -> Iterator[None]:
    """A fault with one order or one partner is logged and leaves the others alone; it is met again next round."""
    try:
        yield
    except GatewayError as error:
        half.telemetry.event(LogEvent.DELIVERY_FAILED, about | Facts(code=slug_of(error)))
    except Exception as error:  # noqa: BLE001 - a defect met at one partner must not keep another's parcels
        half.telemetry.defect(error, about)


def _named(folder: Path) -> Facts:
    """Which order: its folder's name, if that is a transfer's."""
    try:
        return Facts(transfer=TransferId.parse(folder.name))
    except FormatInvalid:
        return Facts()
