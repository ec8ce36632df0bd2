"""Says no to one extract: receipt first, then the note, then the file, kept for its owner.

    OUTBOX/<route>/refused/<transfer>-NAME      the extract, as it was
    OUTBOX/<route>/refused/<transfer>.txt       why, by row number and column, never by value

Crash points. (R1) receipted, file still in the drop folder: the next look finds a statement
whose transfer is refused and sets it aside without a second receipt; without a statement it
is judged again, with a receipt of its own. Nothing is lost and nothing leaves in either case. (R2)
set aside, its papers still there: the next look takes away papers that have served.
"""

from dataclasses import dataclass
from datetime import datetime

from gateway.approval.desk import remarks_name
from gateway.approval.rules import Reason
from gateway.footing import durable
from gateway.footing.drop_folder import DropFolder
from gateway.footing.ledger import transfers
from gateway.footing.ledger.transfers import TransferRow
from gateway.footing.telemetry import LogEvent
from gateway.footing.workspace import REFUSED
from gateway.pickup.claim import measure
from gateway.receipts.receipt import Receipt
from gateway.story import duplicates
from gateway.story.dropped import Dropped
from gateway.story.gate import Gate
from gateway.story.refusal_note import refusal_note
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

LONGEST_NAME = 200
"""Bytes; with the transfer's identifier before it a name must still fit into 255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why not; `places` names rows by number and columns by their header in the schema."""

    reasons: tuple[Reason, ...]
    places: tuple[str, ...] = ()

    def slugs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(reason.slug for reason in self.reasons))


def refuse_dropped(dropped: Dropped, transfer: TransferId, refusal: Refusal, at: datetime) -> None:
    """The extract lies in the drop folder."""
    record_refused(dropped.gate, transfer, refusal, at)  # (R1)
    put_aside(dropped, transfer, refusal, at)


def refuse_arrival(gate: Gate, transfer: TransferId, refusal: Refusal, at: datetime) -> None:
    """The extract was taken out of the drop folder already: its owner gets it back under refused/."""
    record_refused(gate, transfer, refusal, at)
    return_refused(gate, transfer, refusal, at)


def return_refused(gate: Gate, transfer: TransferId, refusal: Refusal, at: datetime) -> None:
    """The note first, and once: after a crash it tells less (`giving_back`)."""
    arrival = gate.gateway.workspace.arrival(transfer)
    name, note = f"{transfer}.{gate.route.schema.format}", f"{transfer}.txt"
    with DropFolder(gate.gateway.workspace.drop_folder(gate.name)) as folder, folder.below(REFUSED) as refused:
        if refused.identity(note) is None:
            refused.write(note, _note(gate, transfer, refusal, at))
        if refused.identity(name) is None:
            with (arrival / "extract").open("rb") as extract:
                refused.put(name, extract)
    durable.discard_folder(arrival)


def refuse_expired(gate: Gate, transfer: TransferId, refusal: Refusal, at: datetime) -> None:
    """The extract is gone: its owner finds the note alone, and by it that nothing left. A crash between costs the note."""
    record_refused(gate, transfer, refusal, at)
    with DropFolder(gate.gateway.workspace.drop_folder(gate.name)) as folder, folder.below(REFUSED) as refused:
        refused.write(f"{transfer}.txt", _note(gate, transfer, refusal, at))


def record_refused(gate: Gate, transfer: TransferId, refusal: Refusal, at: datetime) -> None:
    duplicates.forget(gate, transfer)
    facts = Facts(reasons=refusal.slugs())
    receipt = Receipt.of_stage(Stage.REFUSED, transfer=transfer, route=gate.name, at=at, facts=facts)
    gate.gateway.log.append(receipt)
    gate.gateway.telemetry.event(
        LogEvent.STAGE_REACHED, facts | Facts(transfer=transfer, route=gate.name, stage=str(Stage.REFUSED))
    )


def refuse_unrecorded(dropped: Dropped, refusal: Refusal, at: datetime) -> None:
    """The extract lies in the drop folder and no transfer of ours is about it: it gets one, to be refused."""
    gate = dropped.gate
    measured = measure(dropped.folder, dropped.name, limit=dropped.limit)
    row = TransferRow(
        id=TransferId.new(at, gate.gateway.random),
        route=gate.name,
        partner=gate.route.partner.partner,
        scope=gate.route.page.scope,
        extract_digest=gate.gateway.keyed(measured.digest),
        statement_digest=None,
        created=at,
    )
    with gate.gateway.ledger.writing() as tx:
        transfers.insert_transfer(tx, row)
    refuse_dropped(dropped, row.id, refusal, at)


def put_aside(dropped: Dropped, transfer: TransferId, refusal: Refusal, at: datetime) -> None:
    folder, name = dropped.folder, dropped.name
    with folder.below(REFUSED) as refused:
        refused.write(f"{transfer}.txt", _note(dropped.gate, transfer, refusal, at))
    if dropped.has_remarks():
        folder.set_aside(remarks_name(name), REFUSED, _aside(transfer, remarks_name(name)))
    folder.set_aside(name, REFUSED, _aside(transfer, name))
    dropped.clear_statement()  # (R2)


def _aside(transfer: TransferId, name: str) -> str:
    """The file's own name behind the transfer's, so that both staff and the note find it."""
    return f"{transfer}-{name}" if len(name.encode()) <= LONGEST_NAME else f"{transfer}.csv"


def _note(gate: Gate, transfer: TransferId, refusal: Refusal, at: datetime) -> bytes:
    days = gate.gateway.limits.arrival.days
    schema = gate.route.schema
    note = refusal_note(transfer, schema, refusal.reasons, refusal.places, at, route=gate.name, days=days)
    return note.encode("utf-8")
