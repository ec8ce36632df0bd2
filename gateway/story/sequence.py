"""The numbers of a route's parcels: in strict order, none left out, none spent by what never left.

A few parcels are sealed ahead and on their way together; each order names the one before it, and
deliver shows none before that one. So a number is given on trust that those below it will leave.
If one of those never leaves (refused or paused when it was judged anew), the ones behind it are out
of turn: they are taken back, and sealed again with the numbers that are free.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from gateway.footing.ledger import transfers
from gateway.footing.ledger.store import Transaction
from gateway.story.gate import Gate
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import Stage, TransferId

AHEAD = 8
"""So many parcels of one route are on their way at a time, at most: what is revoked is sealed once more."""
ON_ITS_WAY = frozenset({Stage.SEALED, Stage.REVOKED, Stage.FAILED})
NEVER_LEFT = frozenset({Stage.REFUSED, Stage.PAUSED})
MAY_BE_THERE = frozenset({Stage.DELIVERED, Stage.IN_DOUBT, Stage.ACKNOWLEDGED, Stage.REJECTED_BY_PARTNER})


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """One parcel that has a number and has not left. `in_turn`: all numbers below its own have left, or will."""

    transfer: TransferId
    number: int
    stage: Stage
    in_turn: bool


def under_way(gate: Gate) -> tuple[UnderWay, ...]:
    """What is on its way on this route, in the order of its numbers."""
    waiting: list[tuple[TransferId, int, Stage]] = []
    left = 0
    with gate.gateway.ledger.reading() as tx:
        for transfer, number, stage in _numbered(gate, tx):
            if stage is None or stage not in ON_ITS_WAY:
                left = number
                break
            waiting.insert(0, (transfer, number, stage))
    return tuple(
        UnderWay(transfer=transfer, number=number, stage=stage, in_turn=number == left + place)
        for place, (transfer, number, stage) in enumerate(waiting, start=1)
    )


def has_room(line: tuple[UnderWay, ...], more: int = 1) -> bool:
    """So many may be sealed behind these: nothing is being judged anew, or waits for a person."""
    return len(line) + more <= AHEAD and all(one.in_turn and one.stage is Stage.SEALED for one in line)


def before(gate: Gate, number: int) -> TransferId | None:
    """The parcel with the number before this one, if it has not left yet."""
    return next((one.transfer for one in under_way(gate) if one.number == number - 1), None)


def upcoming(gate: Gate, tx: Transaction, transfer: TransferId) -> int:
    """One more than the highest number below its own, if it has one, whose parcel has left or will."""
    row = transfers.get(tx, transfer)
    own = row.sequence if row else None
    for other, number, _ in _numbered(gate, tx):
        if other != transfer and (own is None or number < own):
            return number + 1
    return 1


def take(gate: Gate, tx: Transaction, transfer: TransferId, number: int) -> None:
    """StorageError if it is not the one whose turn it is any more; nothing was written."""
    if upcoming(gate, tx, transfer) != number:
        raise StorageError("another parcel of this route was sealed at the same time", remedy="it is done again")
    row = transfers.get(tx, transfer)
    if row is None or row.sequence is None:
        transfers.set_sequence(tx, transfer, number)
    elif row.sequence != number:
        transfers.change_sequence(tx, transfer, row.sequence, number)


def _numbered(gate: Gate, tx: Transaction) -> Iterator[tuple[TransferId, int, Stage | None]]:
    """The highest number first, without what never left. Of a transfer whose evidence has expired there is no stage."""
    for transfer, number in transfers.numbered(tx, gate.name, gate.route.partner.partner):
        stage = gate.gateway.log.stage(transfer)
        if stage not in NEVER_LEFT and not (stage is Stage.RESOLVED and _never_left(gate, transfer)):
            yield transfer, number, stage


def _never_left(gate: Gate, transfer: TransferId) -> bool:
    """Settled by a person when it had failed: nothing ever told that it was, or might be, at the partner."""
    kinds = {entry.receipt.kind for entry in gate.gateway.log.of_transfer(transfer)}
    return kinds.isdisjoint(MAY_BE_THERE)
