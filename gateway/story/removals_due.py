"""What partners have still to be told to remove, reckoned from the ledger: nothing hangs on a verb's memory.

A verb records a decision or a hold, and reckons at once what its partners may hold no longer. One that is killed in
between has recorded all the same: for each route the ledger knows up to which decision and which hold its partner was
told, so the next verb reckons for it, or a round once nothing was recorded for a while. So does whichever comes first
after a route was out of service, or its disclosures could not be read.

The note is part of the commit that records the removal: whoever comes second finds it made, and records none. Where
nothing is to go, or too much for one removal (`withdrawing`), the note alone is made.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from gateway.footing.ledger import decisions, holds, reckoned
from gateway.footing.ledger.decisions import DecisionRow
from gateway.footing.ledger.reckoned import Reckoned
from gateway.footing.ledger.store import Transaction
from gateway.story.gate import Gate
from gateway.story.given import may_be_held
from gateway.story.overtaken import READ_BEFORE
from gateway.story.withdrawing import Prepared, Settle, take_back, take_back_held
from gateway.vocabulary.moment import london_day

QUIET: Final = timedelta(minutes=5)
"""So long a round leaves it to whoever recorded it: they say what comes of it."""


class _SeenTo(Exception):
    """No error: somebody else has told this route's partner meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    gate: Gate
    before: Reckoned
    now: Reckoned
    decided: tuple[DecisionRow, ...]
    held: tuple[tuple[str, bytes], ...]


def prepare_due(gates: Iterable[Gate], *, uid: int) -> list[Prepared]:
    """For whoever has just recorded something: a removal for each partner that holds what was closed.

    Raises:
        StorageError, LogBroken: the disclosures cannot be read, or are not those that were receipted. It stays due.
    """
    return [removal for gate in gates for removal in _prepared(_due(gate), uid=uid)]


def prepare_left(gate: Gate, at: datetime, *, uid: int) -> list[Prepared]:
    """For a round: what a verb has left. As above."""
    with gate.gateway.ledger.reading() as tx:
        told, (now, recorded) = reckoned.of_route(tx, gate.name), reckoned.newest(tx)
    return prepare_due([gate], uid=uid) if told != now and recorded and recorded <= at - QUIET else []


def _due(gate: Gate) -> _Due:
    first = min((one.sealed for one in may_be_held(gate)), default=None)
    with gate.gateway.ledger.reading() as tx:
        before, (now, _) = reckoned.of_route(tx, gate.name), reckoned.newest(tx)
        is_due = first is not None and before != now
        return _Due(
            gate=gate,
            before=before,
            now=now,
            decided=tuple(_decided(tx, gate, before, first)) if first and is_due else (),
            held=tuple(holds.live_since(tx, before.hold)) if is_due else (),
        )


def _decided(tx: Transaction, gate: Gate, before: Reckoned, first: date) -> Iterable[DecisionRow]:
    """What the partner's oldest parcel was judged by is not asked again."""
    recorded = decisions.since(tx, gate.route.policy.purpose, before.decision)
    return (row for row in recorded if london_day(row.recorded) >= first - READ_BEFORE)


def _prepared(due: _Due, *, uid: int) -> list[Prepared]:
    """By decisions and by holds apart, as they would have been: many of the one keep back none of the other."""
    by_decisions = Reckoned(decision=due.now.decision, hold=due.before.hold)
    found = []
    try:
        before = due.before
        if removal := take_back(due.gate, due.decided, uid=uid, settle=_noting(due.gate, before, by_decisions)):
            found.append(removal)
            before = by_decisions
        if removal := take_back_held(due.gate, due.held, uid=uid, settle=_noting(due.gate, before, due.now)):
            found.append(removal)
        elif before != due.now:
            with due.gate.gateway.ledger.writing() as tx:
                _noting(due.gate, before, due.now)(tx)
    except _SeenTo:
        return found
    return found


def _noting(gate: Gate, before: Reckoned, now: Reckoned) -> Settle:
    def note(tx: Transaction) -> None:
        if reckoned.of_route(tx, gate.name) != before:
            raise _SeenTo
        reckoned.record(tx, gate.name, now)

    return note
