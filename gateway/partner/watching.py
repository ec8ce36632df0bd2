"""A receiver that stays: round after round, until it is told to stop; each thing is said once.

A parcel that waits, or that nobody we know has signed, lies there round after round: it is
news when it comes and when it goes on. A gap is not passed over: whatever follows it on its
route waits with it, until what is missing comes or a person raises `first`.

What is wrong at the first round ends it, with its own exit code: it is the page, a key, a
second receiver. Later a disk may be full or a database away for a while: that is said once
and tried again. The page is read anew at each round, so that what a person changes counts.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.partner.receiving import Received, receive
from gateway.partner.settings import Receiver
from gateway.vocabulary.errors import GatewayError

_Known = tuple[str, str, str | None, int | None]
_LYING: Final = ("waits", "unanswered", "repeated")
"""Answered parcels are cleared away; one that cannot be removed comes again each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Who is told: of parcels whose state is news, and of a round that failed with something new."""

    tell: Callable[[tuple[Received, ...]], None]
    fail: Callable[[GatewayError], None]


def watch(
    load: Callable[[], Receiver],
    listener: Listener,
    *,
    clock: Callable[[], datetime],
    stop: threading.Event,
    every: float,
) -> None:
    """Receive every `every` seconds until `stop` is set; the round in hand is finished first.

    Raises:
        GatewayError: what the first round raised.
    """
    lying = _tell_news(listener, receive(load(), clock()), frozenset())
    failed: type[GatewayError] | None = None
    while not stop.wait(every):
        try:
            lying, failed = _tell_news(listener, receive(load(), clock()), lying), None
        except GatewayError as error:
            if type(error) is not failed:  # a message may name a temporary file, and be new each time
                listener.fail(error)
            failed = type(error)


def _tell_news(listener: Listener, parcels: tuple[Received, ...], lying: frozenset[_Known]) -> frozenset[_Known]:
    """What lies there still, so that it is not told again."""
    if news := tuple(parcel for parcel in parcels if _known(parcel) not in lying):
        listener.tell(news)
    return frozenset(_known(parcel) for parcel in parcels if parcel.result in _LYING)


def _known(parcel: Received) -> _Known:
    return parcel.transfer, parcel.result, parcel.code, parcel.missing
