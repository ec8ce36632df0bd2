"""A handoff that should not leave, or should not have left, is taken back by a person's word.

    it has not left      it is taken back as if its rules had changed, and refused instead of being made again: the
                         extract comes back under refused/. So is a removal that has failed, but no other
    it has, or may have  a removal of everybody whom it released, from the partner that was given them

Nobody's signature is wanted for either: to stop can do no harm that waiting for another person would not make worse.
What deliver releases in the same moment, its report tells, and then the partner is told (`overtaken`).

Crash point. (S1) receipted, not marked: each round marks it (`revoking`). What had failed is marked too, and stays
failed until it is said again.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from gateway.receipts.receipt import Receipt
from gateway.story.concerns import lies_staged
from gateway.story.disclosed import Reach, reach_of
from gateway.story.gate import Gate, Gateway
from gateway.story.reaching import beyond_reach
from gateway.story.recalled import RECALLED, is_recalled
from gateway.story.revoking import let_go, revoke
from gateway.story.withdrawing import Prepared, is_removal, take_back_everybody
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, Transfer, TransferId

ON_ITS_WAY = frozenset({Stage.ARRIVED, Stage.APPROVED, Stage.SEALED, Stage.REVOKED, Stage.FAILED})
IN_THE_OUTBOX = frozenset({Stage.WAITING, Stage.PAUSED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """It does not leave; unless deliver had released it, and has not said so yet."""

    transfer: TransferId
    is_removal: bool


def recall(
    gateway: Gateway, gates: Mapping[str, Gate], transfer: TransferId, *, reason: str, uid: int
) -> Stopped | Prepared:
    """Stop it, or prepare a removal of everybody whom it released.

    Raises:
        UsageError: there is no such transfer, it is a removal that has not failed, nothing of it can leave or be
            removed, or its route is out of service, so that its partner can be told nothing.
        StorageError: its disclosures have expired.
    """
    known = gateway.log.transfer(transfer)
    facts = Facts(reason=reason, uid=uid)
    receipt = Receipt(kind=RECALLED, transfer=transfer, route=known.route, at=gateway.clock(), facts=facts)
    if _is_in_time(gateway, known, receipt):  # (S1)
        return _stopped(gateway, known)
    gate = _gate(gateway, gates, gateway.log.transfer(transfer))
    return take_back_everybody(gate, transfer, uid=uid, settle=lambda tx: gateway.log.append_in(tx, receipt))


def _is_in_time(gateway: Gateway, known: Transfer, receipt: Receipt) -> bool:
    """Receipted before any other receipt says that it has left: whatever tells of that later finds it recalled.

    UsageError for a removal that has not failed: it is on its way, and nobody keeps it from that.
    """
    stops = frozenset({Stage.FAILED}) if is_removal(gateway, known.id) else ON_ITS_WAY
    with gateway.ledger.writing() as tx:
        is_in_time = gateway.log.stage(known.id) in stops
        if is_in_time and not is_recalled(gateway, known.id):
            gateway.log.append_in(tx, receipt)
    if not is_in_time and stops != ON_ITS_WAY:
        raise UsageError(
            f"transfer {known.id} is a removal: what it takes back cannot be given again",
            remedy="one whose delivery has failed can be given up",
        )
    return is_in_time


def _stopped(gateway: Gateway, known: Transfer) -> Stopped:
    revoke(gateway, known.id, known.route, RECALLED, gateway.clock())
    if gateway.log.stage(known.id) is Stage.FAILED:
        let_go(gateway, known.id)
    return Stopped(transfer=known.id, is_removal=is_removal(gateway, known.id))


def _gate(gateway: Gateway, gates: Mapping[str, Gate], known: Transfer) -> Gate:
    """By which its partner can be told to remove whom it was given."""
    if reach_of(gateway, known.id) is Reach.NOT:
        raise UsageError(f"transfer {known.id} has not left: it stands at {known.stage}", remedy=_elsewhere(known))
    gate = gates.get(known.route)
    if gate is None:
        raise UsageError(
            f"the route {known.route} is out of service", remedy="'gateway doctor' says why; mend it first"
        )
    if lies_staged(known.stage, gate.route):
        raise UsageError(
            f"transfer {known.id} lies staged, and has not left until somebody uploads it",
            remedy=f"gateway resolve {known.id} absent --reason WORD takes it out of the folder",
        )
    if why := beyond_reach(gate, known.partner):
        raise UsageError(f"{known.partner} cannot be told to remove what transfer {known.id} gave", remedy=why)
    return gate


def _elsewhere(known: Transfer) -> str:
    if known.stage in IN_THE_OUTBOX:
        return f"take its extract out of outbox/{known.route}"
    return "nothing of it will leave"
