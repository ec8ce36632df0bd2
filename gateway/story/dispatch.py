"""The deliver half: orders in, observations out. It sees ciphertext, never a child's data, never the ledger.

    for each order:  revoked or late? ─▶ stopped, lapsed
                     put (temporary names, verified, intent, rename) ─▶ delivered | failed | in-doubt
    then:            collect the answers of the parcels that were delivered ─▶ answered

Crash points. (D1) attempt numbered, nothing sent: the next attempt has another number and
other temporary names. (D2) intent recorded, rename perhaps done: the next attempt looks for
the final name and sends nothing while it cannot tell. (D3) delivered, not yet reported: the
next attempt finds the same content there and reports it. Every step is safe twice.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.attempts import Attempts
from gateway.deliver.destination import Answer, Attempt, Delivered, Destination
from gateway.deliver.retry import next_try
from gateway.footing import mailbox
from gateway.footing.mailbox import Observation, Order, Outcome
from gateway.footing.telemetry import LogEvent, Telemetry
from gateway.footing.workspace import Workspace
from gateway.vocabulary.errors import (
    DeliveryError,
    GatewayError,
    OutcomeUnknown,
    ReleaseLapsed,
    Revoked,
)
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """The deliver half, wired. `reach` gives the destination of a route."""

    domain: str
    workspace: Workspace
    key: SigningKey
    attempts: Attempts
    reach: Callable[[str], Destination]
    telemetry: Telemetry
    clock: Callable[[], datetime]
    random: Callable[[], float]


def dispatch(half: Dispatcher) -> int:
    """One round over all orders; how many observations it made. One partner failing never stops another."""
    made = 0
    awaited: dict[str, set[TransferId]] = {}
    for folder, order in mailbox.orders(half.workspace.to_deliver):
        transfer = order.parcel.transfer
        if half.attempts.is_settled(transfer):
            awaited.setdefault(order.route, set()).add(transfer)
        elif half.attempts.is_due(transfer, half.clock()):
            with _one_partner(half, order):
                made += _push(half, folder, order)
            if half.attempts.is_settled(transfer):
                awaited.setdefault(order.route, set()).add(transfer)
    for route, transfers in awaited.items():
        made += _collect(half, route, frozenset(transfers))
    return made


def _push(half: Dispatcher, folder: Path, order: Order) -> int:
    """Carry one order as far as it gets, and report where it stands if that is news to prepare."""
    transfer = order.parcel.transfer
    try:
        _may_release(half, folder, order)
        delivered = _put(half, folder, order)
    except Revoked:
        return _report(half, transfer, "stopped", Facts(code="revoked"))
    except ReleaseLapsed:
        return _report(half, transfer, "lapsed", Facts(code="release-lapsed"))
    except OutcomeUnknown as error:
        half.attempts.block(transfer)
        return _report(half, transfer, "in-doubt", Facts(code=_code(error)))
    except DeliveryError as error:
        half.telemetry.event(LogEvent.DELIVERY_FAILED, Facts(transfer=transfer, route=order.route, code=_code(error)))
        if error.try_again:
            return 0
        half.attempts.block(transfer)
        return _report(half, transfer, "failed", Facts(code=_code(error)))
    made = _report(half, transfer, "delivered", delivered.facts())
    half.attempts.settled(transfer)  # (D3) reported before it is settled: a crash between reports twice, never not at all
    return made


def _put(half: Dispatcher, folder: Path, order: Order) -> Delivered:
    transfer = order.parcel.transfer
    begun = half.attempts.begin(transfer)  # (D1)
    attempt = Attempt(
        number=begun.number,
        earlier=begun.earlier,
        intent_recorded=begun.intent_recorded,
        may_release=lambda: _may_release(half, folder, order),
        record_intent=lambda: half.attempts.record_intent(transfer, begun.number),  # (D2)
    )
    try:
        return half.reach(order.route).put(order.parcel, attempt)
    except DeliveryError as error:
        at = half.clock()
        half.attempts.failed(transfer, begun.number, _code(error), at, next_try(begun.number, at, half.random))
        raise


def _may_release(half: Dispatcher, folder: Path, order: Order) -> None:
    if mailbox.is_revoked(folder):
        raise Revoked("prepare has taken the parcel back")
    if half.clock() >= order.parcel.release_by:
        raise ReleaseLapsed("the parcel's release_by has passed", remedy="it is minimised again by itself")


def _collect(half: Dispatcher, route: str, wanted: frozenset[TransferId]) -> int:
    made = 0
    try:
        for answer in half.reach(route).collect(wanted):
            made += _pass_on(half, answer)
    except GatewayError as error:
        half.telemetry.event(LogEvent.DELIVERY_FAILED, Facts(route=route, code=_code(error)))
    return made


def _pass_on(half: Dispatcher, answer: Answer) -> int:
    """Once for each content: what was passed on is not passed on again, though the partner leaves it there."""
    if not half.attempts.is_new_answer(answer.transfer, answer.body, answer.signature):
        return 0
    made = _report(half, answer.transfer, "answered", Facts(), answer=(answer.body, answer.signature))
    half.attempts.answer_passed(answer.transfer, answer.body, answer.signature)
    return made


def _report(
    half: Dispatcher, transfer: TransferId, outcome: Outcome, facts: Facts, answer: tuple[bytes, bytes] | None = None
) -> int:
    observation = Observation(transfer=transfer, outcome=outcome, at=half.clock(), facts=facts, answer=answer)
    mailbox.report(half.workspace.from_deliver, observation, key=half.key, domain=half.domain)
    return 1


@contextmanager
def _one_partner(half: Dispatcher, order: Order) -> Iterator[None]:
    """A fault with one order is logged and leaves the others alone; the order stays for the next round."""
    try:
        yield
    except GatewayError as error:
        half.telemetry.event(
            LogEvent.DELIVERY_FAILED, Facts(transfer=order.parcel.transfer, route=order.route, code=_code(error))
        )


def _code(error: GatewayError) -> str:
    return "".join("-" + c.lower() if c.isupper() else c for c in type(error).__name__).lstrip("-")
