"""Takes an approved extract out of the drop folder: copied, hashed, compared once more, receipted, removed.

Crash points. (A1) copied, not receipted: the copy is thrown away and made again. (A2)
receipted, the original still in the drop folder: the next look finds the statement of a
transfer that is under way and takes the same bytes out without a word. (A3) the original taken
out, its papers still there: the next look takes away papers that have served.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

from gateway.approval.desk import LARGEST_SIGNATURE, remarks_name, signature_names
from gateway.approval.rules import Approved, Evidence, Refused, decide
from gateway.approval.statement import LARGEST
from gateway.footing import durable
from gateway.footing.telemetry import LogEvent
from gateway.pickup.claim import Measured, copy_into, measure, take_out
from gateway.receipts.receipt import Receipt
from gateway.story.carrying import EXTRACT, STATEMENT
from gateway.story.dropped import Dropped
from gateway.story.gate import Gate
from gateway.story.refusing import Refusal, refuse_dropped
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId


def claim(dropped: Dropped, transfer: TransferId, evidence: Evidence, at: datetime) -> Approved | Refusal:
    """The decision over the very bytes that were copied; they are what is minimised."""
    gate = dropped.gate
    arrival = gate.gateway.workspace.arrival(transfer)
    durable.discard_folder(arrival, gate.gateway.check_turn)  # (A1)
    durable.private_folder(arrival)
    gate.gateway.judging.warm()  # while the extract is copied
    measured = copy_into(dropped.folder, dropped.name, arrival / EXTRACT, limit=dropped.limit)
    decision = decide(replace(evidence, extract=measured.digest), gate.expected(), at)
    if not isinstance(decision, Approved):
        durable.discard_folder(arrival, gate.gateway.check_turn)
        refusal = Refusal(reasons=decision.reasons if isinstance(decision, Refused) else ())
        refuse_dropped(dropped, transfer, refusal, at)
        return refusal
    _keep_papers(dropped, arrival, evidence)
    _record_approved(gate, transfer, measured, decision, at)
    take_out(dropped.folder, dropped.name, measured.identity)  # (A2)
    dropped.clear_papers()  # (A3)
    return decision


def finish_taking(dropped: Dropped, evidence: Evidence) -> None:
    """After a crash at (A2): the original, if it is still what was copied, and the papers that have served."""
    measured = measure(dropped.folder, dropped.name, limit=dropped.limit)
    if measured.digest == evidence.statement.extract:
        take_out(dropped.folder, dropped.name, measured.identity)
    dropped.clear_papers()


def _keep_papers(dropped: Dropped, arrival: Path, evidence: Evidence) -> None:
    """What people signed stays with the arrival as long as that does; the log keeps digests."""
    folder, name = dropped.folder, dropped.name
    durable.write_new(arrival / STATEMENT, evidence.statement.encode())
    for number, paper in enumerate(signature_names(name, folder.names()), start=1):
        durable.write_new(arrival / f"signature-{number}", folder.read_small(paper, LARGEST_SIGNATURE))
    if evidence.remarks is not None:
        durable.write_new(arrival / "remarks", folder.read_small(remarks_name(name), LARGEST))


def _record_approved(gate: Gate, transfer: TransferId, measured: Measured, decision: Approved, at: datetime) -> None:
    arrived = Facts(extract=gate.gateway.keyed(measured.digest), size=measured.size)
    approved = Facts(
        signers=tuple(signature.fingerprint for signature in decision.signatures),
        signature_roles=tuple(signature.role for signature in decision.signatures),
        route_hash=str(decision.statement.route_digest),
        rules=str(gate.route.rules()),
    )
    gate.gateway.log.append(
        Receipt.of_stage(Stage.ARRIVED, transfer=transfer, route=gate.name, at=at, facts=arrived),
        Receipt.of_stage(Stage.APPROVED, transfer=transfer, route=gate.name, at=at, facts=approved),
    )
    gate.gateway.telemetry.event(
        LogEvent.STAGE_REACHED, Facts(transfer=transfer, route=gate.name, stage=str(Stage.APPROVED))
    )
