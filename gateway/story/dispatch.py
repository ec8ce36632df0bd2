"""The deliver half: orders in, observations out. It sees ciphertext, never a child's data, never the ledger.

    for each order:  carried as far as it gets (`running`, `pushing`)
    then:            the answers of what was delivered, or may have been (`collecting`)

Each route has a lane of its own: a partner that is slow, or away, holds up nobody else's parcels,
not even in the rounds that follow. How many lanes reach one server at a time is the
server's own limit, and kept by whoever gives out its connections.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from gateway.deliver.attempts import Standing
from gateway.deliver.disposals import Disposals
from gateway.footing.mailbox import Order
from gateway.footing.telemetry import LogEvent
from gateway.story.collecting import collect, collect_disposals
from gateway.story.pushing import Dispatcher
from gateway.story.retrying import take_up
from gateway.story.running import Run
from gateway.vocabulary.errors import DeliveryError, FormatInvalid, GatewayError, slug_of
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId

__all__ = ["Dispatcher", "dispatch"]

LONGEST: Final = 3600.0
"""Seconds of one round on one route. Whoever hangs for longer starves the watchdog, which ends the process."""


@dataclass(frozen=True, slots=True)
class _Lying:
    """One route's folders with something to do: a parcel to send, or an answer to look for, which can be thousands."""

    due: list[Path] = field(default_factory=list)
    awaited: list[Path] = field(default_factory=list)


def dispatch(half: Dispatcher, patience: float | None = None) -> int:
    """One round over all orders; how many observations were made. One partner failing never stops another.

    With `patience`, in seconds, what takes longer is left at work, and its observations count in a later round.

    Raises:
        DeliveryError: a lane has been at one round of its orders for longer than any can take.
    """
    lying = _orders_by_route(half)
    routes = sorted(lying.keys() | _disposals_by_route(half).keys())
    works = {route: partial(_serve, half, route, lying.get(route, _Lying())) for route in routes}
    fresh = [route for route, work in works.items() if half.lanes.start(route, work)]
    made = half.lanes.wait() if patience is None else half.lanes.wait_for(fresh, patience)
    if half.lanes.at_work(longer_than=LONGEST):
        raise DeliveryError("a delivery has been at work for longer than any can take", remedy="restart the service")
    return made


def _serve(half: Dispatcher, route: str, lying: _Lying) -> int:
    """Everything that is to be done on one route by now; its partner's connection is used by nobody else."""
    orders = _read(half, lying.due)
    due = _standing(half, orders).due
    in_turn = _in_sequence((folder, order) for folder, order in orders if order.parcel.transfer in due)
    made = Run(half=half, route=route, alone=partial(_alone, half)).carry(in_turn)
    if half.stopping():
        return made
    awaited: dict[str, set[TransferId]] = {}
    if half.is_time_for_answers(route):
        orders += _read(half, lying.awaited)
        here = _standing(half, orders).awaited
        for order in (order for _, order in orders if order.parcel.transfer in here):
            awaited.setdefault(order.partner, set()).add(order.parcel.transfer)
    for partner, transfers in awaited.items():
        with _alone(half, Facts(route=route)):
            for observation in collect(half, route, partner, frozenset(transfers)):
                made += observation
    for partner, expected in _disposals_by_route(half).get(route, {}).items():
        with _alone(half, Facts(route=route)):
            for observation in collect_disposals(half, route, partner, expected):
                made += observation
    return made


def _read(half: Dispatcher, folders: Iterable[Path]) -> list[tuple[Path, Order]]:
    orders: list[tuple[Path, Order]] = []
    for folder in folders:
        with _alone(half, _named(folder)):
            orders.append((folder, half.orders.read(folder)))
    return orders


def _in_sequence(orders: Iterable[tuple[Path, Order]]) -> Iterator[tuple[Path, Order]]:
    """Oldest first, and none before the one that it comes after."""
    waiting = {order.parcel.transfer: (folder, order) for folder, order in orders}
    while waiting:
        free = [one for one, (_, order) in waiting.items() if order.after not in waiting]
        for transfer in free or list(waiting):  # a circle is no order of ours: none of it is ever in turn
            yield waiting.pop(transfer)


def _orders_by_route(half: Dispatcher) -> dict[str, _Lying]:
    orders: list[tuple[Path, Order]] = []
    for folder, known in half.orders.lying(half.workspace.to_deliver):
        orders += [(folder, known)] if known else _read(half, (folder,))
    standing = _taken_up(half, orders, _standing(half, orders))
    found: dict[str, _Lying] = {}
    for folder, order in orders:
        if order.parcel.transfer in standing.due:
            found.setdefault(order.route, _Lying()).due.append(folder)
        elif order.parcel.transfer in standing.awaited:
            found.setdefault(order.route, _Lying()).awaited.append(folder)
    return found


def _taken_up(half: Dispatcher, orders: list[tuple[Path, Order]], before: Standing) -> Standing:
    """Where they stand once what a person wants tried again is due again."""
    busy, taken = before.due | before.awaited, False
    for folder, order in orders:
        if order.parcel.transfer not in busy:
            with _alone(half, _named(folder)):
                taken |= take_up(half, folder, order)
    return _standing(half, orders) if taken else before


def _standing(half: Dispatcher, orders: Iterable[tuple[Path, Order]]) -> Standing:
    return half.attempts.standing([order.parcel.transfer for _, order in orders], half.clock())


def _disposals_by_route(half: Dispatcher) -> dict[str, dict[str, frozenset[TransferId]]]:
    """By route, then partner."""
    found: dict[str, dict[str, frozenset[TransferId]]] = {}
    for (route, partner), transfers in Disposals(half.attempts.store).due(half.clock()).items():
        found.setdefault(route, {})[partner] = transfers
    return found


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
