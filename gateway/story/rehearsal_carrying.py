"""A rehearsal's parcel, put at its partner, and its answer looked for. Deliver's part: nothing is verified, nothing receipted.

It can be done again: what is there already is not put there again. No store knows of it, since nothing depends on
it: should the connection break, a temporary may stay at the partner, of invented children, sealed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.contract.partner import Partner
from gateway.deliver.destination import Answer, Attempt, Delivered, Destination
from gateway.vocabulary.errors import ReleaseLapsed
from gateway.vocabulary.parcel import Parcel
from gateway.vocabulary.transfer import TransferId

EVERY: Final = 2.0
"""Seconds between two looks for the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    transfer: TransferId
    delivered: Delivered | None
    """None if an answer lay there already."""
    answer: Answer | None
    """As it lay at the partner, unverified; None if there was none in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often the answer is looked for, `EVERY` seconds apart, and how to wait."""

    looks: int
    wait: Callable[[float], None]


def carried_to(
    destination: Destination, parcel: Parcel, partner: Partner, patience: Patience, clock: Callable[[], datetime]
) -> Carried:  # fmt: skip
    """An answer that lies there already is taken: whoever has answered may have taken the parcel away."""
    signs = bool(partner.acknowledgement_key) or partner.format == "openpgp"
    answer = _answer(destination, parcel.transfer) if signs else None
    delivered = None if answer else destination.put(parcel, _attempt(parcel, clock))
    for look in range(patience.looks if signs and not answer else 0):
        if look:
            patience.wait(EVERY)
        if answer := _answer(destination, parcel.transfer):
            break
    return Carried(transfer=parcel.transfer, delivered=delivered, answer=answer)


def _answer(destination: Destination, transfer: TransferId) -> Answer | None:
    return next(iter(destination.collect(frozenset({transfer}))), None)


def _attempt(parcel: Parcel, clock: Callable[[], datetime]) -> Attempt:
    """One of which no store knows: its number is the second in which it began, which no earlier one had."""

    def may_release() -> None:
        if clock() > parcel.release_by:
            raise ReleaseLapsed(
                "the rehearsal was sealed too long ago, and leaves no more", remedy="seal another: --seal DIR"
            )

    number = max(1, int((clock() - parcel.transfer.made).total_seconds()))
    return Attempt(
        number=number, earlier=(), may_release=may_release, never_left=_nothing, record_intent=_nothing,
        intent_recorded=False,
    )  # fmt: skip


def _nothing() -> None:
    """A rehearsal has no successor that would have to know."""
