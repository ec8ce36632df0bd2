"""What deliver saw becomes receipts, once its signature is verified; only the partner's makes `acknowledged`.

    delivered   ─▶ receipt, extract unlinked, ciphertext dropped; the order stays, since an answer is awaited;
                   if it was taken back in vain, a removal for whom that was
    stopped     ─▶ the order ends: the parcel is made again by the rules as they are now
    lapsed      ─▶ receipt `revoked`, and the same
    failed, in-doubt ─▶ receipt; a person has to look
    answered    ─▶ verified against the partner's key and our own receipts ─▶ acknowledged, or rejected-by-partner

A report is discarded only after its receipt; the same report twice changes nothing, because
a rung that may not follow is not climbed. A report that is not signed by deliver is not believed.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from gateway.footing import durable, mailbox
from gateway.footing.ledger import transfers
from gateway.footing.mailbox import Observation, Outcome
from gateway.footing.telemetry import LogEvent
from gateway.receipts.receipt import Receipt
from gateway.story import duplicates
from gateway.story.answering import answered
from gateway.story.gate import Gate, Gateway
from gateway.story.outcomes import tell_outcome
from gateway.story.overtaken import take_back_overtaken, take_back_recalled
from gateway.story.recalled import is_recalled
from gateway.story.revoking import let_go
from gateway.story.withdrawing import is_removal
from gateway.vocabulary import moment
from gateway.vocabulary.errors import GatewayError, slug_of
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import FOLLOWS, Stage, TransferId

HAS_ARRIVED = frozenset(
    {Stage.DELIVERED, Stage.OVERDUE, Stage.ACKNOWLEDGED, Stage.REJECTED_BY_PARTNER, Stage.DISPOSED}
)  # fmt: skip
OfRoute = Callable[[str], AbstractContextManager[None]]
"""Keeps a fault with one route's reports from the others: staff can make a note for them impossible."""


def observe(gateway: Gateway, gates: Mapping[str, Gate], of_route: OfRoute) -> int:
    """Work through all complete reports, oldest first; how many are done with. Those of a suspended route wait."""
    done = 0
    for path in mailbox.reports(gateway.workspace.from_deliver):
        seen = _read(gateway, path)
        gate = _gate_of(gateway, gates, seen.transfer) if seen else None
        if seen is None:
            done += 1
        elif gate is not None:
            with of_route(gate.name):
                done += _handled(gate, seen, path)
    return done


def _read(gateway: Gateway, path: Path) -> Observation | None:
    """None if it is not deliver's, or none at all; then it is done with."""
    try:
        return mailbox.read_report(path, key=gateway.observer, domain=gateway.domain)
    except GatewayError as error:
        _reject(gateway, path, error)
        return None


def _handled(gate: Gate, seen: Observation, path: Path) -> bool:
    try:
        _HANDLERS[seen.outcome](gate, seen)
    except GatewayError as error:
        _reject(gate.gateway, path, error)
    else:
        mailbox.discard_report(path)
    return True


def _reject(gateway: Gateway, path: Path, error: GatewayError) -> None:
    """For good; or the error itself, if it may not be met again."""
    if not _is_final(error):
        raise error
    gateway.telemetry.event(LogEvent.REPORT_REJECTED, Facts(code=slug_of(error)))
    mailbox.discard_report(path)


def _is_final(error: GatewayError) -> bool:
    """A report that is malformed or not deliver's will not get better; a full disk may."""
    return error.exit_code in (65, 70)


def _gate_of(gateway: Gateway, gates: Mapping[str, Gate], transfer: TransferId) -> Gate | None:
    with gateway.ledger.reading() as tx:
        row = transfers.get(tx, transfer)
    return gates.get(row.route) if row else None


def _delivered(gate: Gate, seen: Observation) -> None:
    _climb(gate, seen, Stage.DELIVERED)
    if not _has_arrived(gate.gateway, seen.transfer):
        return  # whoever has taken deliver over can say so of anything: what is waiting stays
    take_back_recalled(gate, seen.transfer)  # first: staff's folders may be away
    if gate.route.partner.acknowledgement == "none" or not is_removal(gate.gateway, seen.transfer):
        # a removal keeps its list: a person is told it if the partner rejects it
        durable.discard_folder(gate.gateway.workspace.arrival(seen.transfer))
    duplicates.forget(gate, seen.transfer)
    folder = gate.gateway.workspace.to_deliver / seen.transfer
    if (folder / mailbox.ORDER).exists():
        mailbox.drop_ciphertext(gate.gateway.workspace.to_deliver, mailbox.read_order(folder))
    tell_outcome(gate, seen.transfer)
    take_back_overtaken(gate, seen.transfer, told_by=Stage.DELIVERED)
    if gate.route.partner.acknowledgement == "none":
        mailbox.close_order(gate.gateway.workspace.to_deliver, seen.transfer, gate.gateway.check_turn)


def _has_arrived(gateway: Gateway, transfer: TransferId) -> bool:
    """Also where a person has settled it, before all was done that follows from the report."""
    stage = gateway.log.stage(transfer)
    return stage in HAS_ARRIVED or (stage is Stage.RESOLVED and gateway.log.last(transfer, Stage.DELIVERED) is not None)


def _stopped(gate: Gate, seen: Observation) -> None:
    """Only what was taken back is made again: deliver stops nothing by itself.

    Of what had failed, or was marked by a machine that thawed too late, no receipt says so yet.
    """
    if _is_overtaken(gate, seen):
        return
    is_marked = mailbox.is_revoked(gate.gateway.workspace.to_deliver / seen.transfer)
    if is_marked and gate.gateway.log.stage(seen.transfer) in (Stage.FAILED, Stage.SEALED):
        _climb(gate, seen, Stage.REVOKED)
    if gate.gateway.log.stage(seen.transfer) is Stage.REVOKED:
        mailbox.close_order(gate.gateway.workspace.to_deliver, seen.transfer, gate.gateway.check_turn)


def _lapsed(gate: Gate, seen: Observation) -> None:
    if _is_overtaken(gate, seen):
        return
    _climb(gate, seen, Stage.REVOKED)
    _stopped(gate, seen)


def _is_overtaken(gate: Gate, seen: Observation) -> bool:
    """Said of a parcel that was made anew since: by a machine that was frozen, or twice around a crash."""
    sealed = gate.gateway.log.last(seen.transfer, Stage.SEALED)
    return sealed is not None and seen.facts.get("envelope") not in {None, sealed.receipt.facts["envelope"]}


def _failed(gate: Gate, seen: Observation) -> None:
    # recalled before this was known: deliver is to say that it stopped, and is asked once
    if _climb(gate, seen, Stage.FAILED) and is_recalled(gate.gateway, seen.transfer):
        mailbox.revoke(gate.gateway.workspace.to_deliver, seen.transfer)
        let_go(gate.gateway, seen.transfer)
    tell_outcome(gate, seen.transfer)


def _in_doubt(gate: Gate, seen: Observation) -> None:
    _climb(gate, seen, Stage.IN_DOUBT)
    take_back_recalled(gate, seen.transfer)
    tell_outcome(gate, seen.transfer)
    take_back_overtaken(gate, seen.transfer, told_by=Stage.IN_DOUBT)


def _answered(gate: Gate, seen: Observation) -> None:
    answered(gate, seen)


_HANDLERS: Mapping[Outcome, Callable[[Gate, Observation], None]] = {
    "delivered": _delivered,
    "stopped": _stopped,
    "lapsed": _lapsed,
    "failed": _failed,
    "in-doubt": _in_doubt,
    "answered": _answered,
}


def _climb(gate: Gate, seen: Observation, stage: Stage) -> bool:
    """The receipt, unless the transfer stands where this rung may not follow: then it was seen before."""
    gateway = gate.gateway
    if stage not in FOLLOWS[gateway.log.stage(seen.transfer)]:
        return False
    facts = seen.facts | Facts(observed=moment.spell(seen.at), partner=gateway.log.transfer(seen.transfer).partner)
    gateway.log.append(
        Receipt.of_stage(stage, transfer=seen.transfer, route=gate.name, at=gateway.clock(), facts=facts)
    )
    gateway.telemetry.event(LogEvent.STAGE_REACHED, Facts(transfer=seen.transfer, route=gate.name, stage=str(stage)))
    return True
