"""What was closed while nobody could be told: a parcel that was taken back, or had failed, and came all the same.

If a person had recalled it, everybody whom it released is to go: that comes before anything else that a report brings
about, is done once, and where it cannot be done it is an alarm (`come_through`).
"""

import os
from datetime import timedelta

from gateway.footing.ledger import decisions, holds
from gateway.receipts.entry import Entry
from gateway.story.gate import Gate, Gateway
from gateway.story.given import may_be_held
from gateway.story.reaching import beyond_reach
from gateway.story.recalled import has_removal, is_recalled
from gateway.story.sequence import MAY_BE_THERE
from gateway.story.withdrawing import take_back, take_back_everybody, take_back_held
from gateway.vocabulary.transfer import Stage, TransferId

OVERTAKEN = frozenset({Stage.REVOKED, Stage.FAILED})
READ_BEFORE = timedelta(days=1)
"""A decision says when it was read; it was recorded later, once two people had signed."""


def take_back_overtaken(gate: Gate, transfer: TransferId, *, told_by: Stage) -> None:
    """Of what the partner may have after all, what has closed meanwhile; the parcel before it was asked when it closed.

    `told_by`: the rung at hand; only the first to tell that it may be there takes anything back. Done again it is no
    worse: removing twice is removing.

    Raises:
        StorageError, LogBroken: the disclosures cannot be read, or are not those that were receipted.
    """
    gateway = gate.gateway
    sealed = gateway.log.last(transfer, Stage.SEALED)
    if sealed is None or is_recalled(gateway, transfer) or not _was_overtaken(gateway, sealed, told_by):
        return
    if transfer not in {one.transfer for one in may_be_held(gate)}:
        return
    since = sealed.receipt.at - READ_BEFORE
    with gateway.ledger.reading() as tx:
        held = holds.live_identifiers(tx, added_since=since)
        known = decisions.of_purpose(tx, gate.route.policy.purpose)
        decided = [one for one in known if one.recorded > since]
    take_back(gate, decided, uid=os.getuid())
    take_back_held(gate, held, uid=os.getuid())


def take_back_recalled(gate: Gate, transfer: TransferId) -> None:
    """Everybody whom it released, if it was recalled, may be there, and its partner was not told yet. Raises as above."""
    gateway = gate.gateway
    if not is_recalled(gateway, transfer) or has_removal(gateway, gate.name, transfer):
        return
    is_there = transfer in {one.transfer for one in may_be_held(gate)}
    if is_there and not beyond_reach(gate, gateway.log.transfer(transfer).partner):
        take_back_everybody(gate, transfer, uid=os.getuid())


def _was_overtaken(gateway: Gateway, sealed: Entry, told_by: Stage) -> bool:
    entries = gateway.log.of_transfer(TransferId(str(sealed.receipt.transfer)))
    since = [entry.receipt.kind for entry in entries if entry.index > sealed.index]
    first = next((kind for kind in since if kind in MAY_BE_THERE), None)
    return first == told_by and not OVERTAKEN.isdisjoint(since)
