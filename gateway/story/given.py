"""Which parcels tell what a partner may hold now: they are asked when something is to be taken back.

A full parcel replaces all before it, once it has arrived. Whether it has is not always known: one in doubt, or
that a person says is absent, may have replaced what was there or not, so both count. A parcel of
changes replaces only those who stand in it.

What was taken back or has failed counts once it turns out to be there (`observing`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

from gateway.footing.ledger import disclosures, transfers
from gateway.receipts.entry import Entry
from gateway.story.brake import was_taken
from gateway.story.disclosed import Reach, reach_of
from gateway.story.gate import Gate
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.transfer import Stage, TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One parcel whose disclosures are there. `certain`: that it has arrived. `sealed`: that day's birthdays were judged then."""

    transfer: TransferId
    released: int
    sealed: date
    certain: bool


def may_be_held(gate: Gate) -> tuple[Given, ...]:
    """Newest first; the last one is the full parcel that has certainly arrived, if there is any."""
    return tuple(given for transfer in _since_full(gate) if (given := _given(gate, transfer)))


def _since_full(gate: Gate) -> list[TransferId]:
    full, replaced = [], 0
    for number, transfer in _left(gate, "full"):
        full.append((number, transfer))
        if _is_certain(gate, transfer):
            replaced = number
            break
    changes = takewhile(lambda one: one[0] > replaced, _left(gate, "changes"))
    return [transfer for _, transfer in sorted([*full, *changes], reverse=True)]


def _left(gate: Gate, scope: str) -> Iterator[tuple[int, TransferId]]:
    """The highest number first."""
    log = gate.gateway.log
    with gate.gateway.ledger.reading() as tx:
        for transfer, number in transfers.numbered(tx, gate.name, gate.route.partner.partner, scope=scope):
            if was_taken(log, transfer):
                yield number, transfer


def _is_certain(gate: Gate, transfer: TransferId) -> bool:
    return reach_of(gate.gateway, transfer) is Reach.LEFT


def _given(gate: Gate, transfer: TransferId) -> Given | None:
    """None if its disclosures have expired, or there were none."""
    sealed = gate.gateway.log.last(transfer, Stage.SEALED)
    with gate.gateway.ledger.reading() as tx:
        file = disclosures.get(tx, transfer)
    if sealed is None or file is None:
        return None
    return Given(
        transfer=transfer,
        released=_released(sealed),
        sealed=london_day(sealed.receipt.at),
        certain=_is_certain(gate, transfer),
    )


def _released(sealed: Entry) -> int:
    released = sealed.receipt.facts["released"]
    return released if isinstance(released, int) else 0
