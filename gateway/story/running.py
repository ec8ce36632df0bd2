"""A run of one route's orders over one connection: many under way, each seen in its turn.

Each has its own attempt, checks and intent, as if it went alone (`pushing`). What becomes of one is
reported and put down before the next is released. A connection that breaks counts once for the
partner's breaker, however many were under way.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from gateway.deliver.destination import Delivered, Job
from gateway.deliver.retry import next_try
from gateway.footing.mailbox import Order
from gateway.story.pushing import Dispatcher, conclude, prepared
from gateway.vocabulary.errors import DeliveryError, GatewayError, HandedBack, OutOfTurn, PartnerUnreachable, slug_of
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId

Alone = Callable[[Facts], AbstractContextManager[None]]
"""Keeps a fault with one order from the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Begun:
    """`place`: how many were begun before it in this run."""

    order: Order
    number: int
    place: int


@dataclass(slots=True, kw_only=True)
class Run:
    """Used once, for the orders of one route in their sequence."""

    half: Dispatcher
    route: str
    alone: Alone
    made: int = 0
    _under_way: deque[_Begun] = field(default_factory=deque)
    _running: set[TransferId] = field(default_factory=set)
    _begun: int = 0
    _counted: int = 0
    """Those begun before this one met the failure that the breaker has counted already."""

    def carry(self, orders: Iterable[tuple[Path, Order]]) -> int:
        """Each as far as it gets; how many observations were made."""
        jobs = self._jobs(orders)
        while (first := next(jobs, None)) is not None:
            with self.alone(Facts(route=self.route)):
                self._put(chain((first,), jobs))
        return self.made

    def _put(self, jobs: Iterable[Job]) -> None:
        try:
            with self.half.reach(self.route) as destination:
                for outcome in destination.put_many(jobs):
                    self._end(outcome)
        except GatewayError as error:
            while self._under_way:
                self._end(error)
        except Exception as error:  # whatever it was, the next try waits
            while self._under_way:
                self._wait_after(self._under_way.popleft(), error)
            self._running.clear()
            raise

    def _jobs(self, orders: Iterable[tuple[Path, Order]]) -> Iterator[Job]:
        for folder, order in orders:
            if self.half.stopping():
                return
            job = None
            with self.alone(Facts(transfer=order.parcel.transfer)):
                job = self._job(folder, order)
            if job is not None:
                yield job

    def _job(self, folder: Path, order: Order) -> Job | None:
        transfer = order.parcel.transfer
        if not self.half.attempts.is_due(transfer, self.half.clock()):
            return None
        try:
            found = prepared(self.half, folder, order, self._running)
        except DeliveryError as error:
            self.made += conclude(self.half, order, error)
            return None
        if found is None:
            return None
        number, attempt = found
        self._under_way.append(_Begun(order=order, number=number, place=self._begun))
        self._running.add(transfer)
        self._begun += 1
        return order.parcel, attempt

    def _end(self, outcome: Delivered | GatewayError) -> None:
        """Of the one that was begun first."""
        ended = self._under_way.popleft()
        order = ended.order
        with self.alone(Facts(transfer=order.parcel.transfer)):
            if isinstance(outcome, Delivered):
                self.half.breakers.answered(order.partner)
            else:
                self._wait_after(ended, outcome)
            self.made += conclude(self.half, order, outcome)
        self._running.discard(order.parcel.transfer)

    def _wait_after(self, ended: _Begun, error: Exception) -> None:
        half, at = self.half, self.half.clock()
        if not isinstance(error, PartnerUnreachable) or ended.place >= self._counted:
            half.breakers.failed(ended.order.partner, error, at)
            self._counted = self._begun
        # who was not in turn follows the one before it at once, whenever that goes; nobody refused what was handed back
        retry_at = at if isinstance(error, OutOfTurn | HandedBack) else next_try(ended.number, at, half.random)
        half.attempts.failed(ended.order.parcel.transfer, ended.number, slug_of(error), at, retry_at)
