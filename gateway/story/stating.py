"""Writes the release statement beside a settled extract: copied, counted, ready to be signed.

The counts come from the same engine and rules that will release, run without output. A
file that could not be released as it is (a broken structure, an unknown column, the same
file as before) is refused now, before anybody reads it.

Crash point. (T1) receipted as waiting, statement not yet written: the next look finds no
such statement, ends that transfer as withdrawn and writes a new one.
"""

from datetime import datetime, timedelta
from pathlib import Path

from gateway.approval.desk import remarks_name, statement_name
from gateway.approval.rules import Reason
from gateway.approval.statement import LARGEST, Ceilings, Statement, since
from gateway.footing import durable
from gateway.footing.ledger import transfers
from gateway.footing.ledger.transfers import TransferRow
from gateway.footing.telemetry import LogEvent
from gateway.minimise.engine import Outcome
from gateway.pickup.claim import Measured, copy_into
from gateway.receipts.receipt import Receipt
from gateway.story import duplicates
from gateway.story.brake import LastFull, brake
from gateway.story.direction import direction_of
from gateway.story.dropped import Dropped
from gateway.story.gate import Gate
from gateway.story.minimising import reasons_against
from gateway.story.refusing import Refusal, record_refused, refuse_dropped
from gateway.story.resending import is_resent
from gateway.story.subjects import count_and_learn
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.transfer import Stage, TransferId

SALT = 32
NEVER_LEFT = frozenset({Stage.REFUSED, Stage.PAUSED})


def state(dropped: Dropped, at: datetime) -> tuple[Measured, Statement] | Refusal:
    """Write the statement of what would be released now; or refuse the extract, and say why."""
    gate = dropped.gate
    transfer = TransferId.new(at, gate.gateway.random)
    scratch = durable.private_folder(gate.gateway.workspace.stating(transfer))
    try:
        copy = scratch / "extract"
        measured = copy_into(dropped.folder, dropped.name, copy, limit=dropped.limit, synced=False)
        drafted, twice = _draft(dropped, measured, copy, at)
    finally:
        durable.discard_folder(scratch)
    row = _row(gate, transfer, measured, drafted, at)
    if isinstance(drafted, Refusal):
        with gate.gateway.ledger.writing() as tx:
            transfers.insert_transfer(tx, row)
        refuse_dropped(dropped, transfer, drafted, at)
        return drafted
    duplicates.remember(gate, transfer, duplicates.Counted(twice, london_day(at)))
    _record_waiting(dropped, row, drafted, at)  # (T1)
    gate.gateway.check_turn()  # else it would take the place of a successor's, which people may have signed
    dropped.folder.write(statement_name(dropped.name), drafted.encode())
    return measured, drafted


def _draft(
    dropped: Dropped, measured: Measured, copy: Path, at: datetime
) -> tuple[Statement | Refusal, frozenset[bytes]]:
    if before := handed_over_before(dropped.gate, measured.digest):
        return Refusal(reasons=(before,)), frozenset()
    if isinstance(reason := direction_of(dropped), Reason):
        return Refusal(reasons=(reason,)), frozenset()
    outcome, twice = count_and_learn(dropped.gate, copy, at)
    if reasons := reasons_against(outcome):
        return Refusal(reasons=reasons, places=outcome.places), twice
    return _statement(dropped, measured, outcome, at), twice


def handed_over_before(gate: Gate, extract: Digest) -> Reason | None:
    """The same bytes on the same route, whatever the file was called."""
    gateway = gate.gateway
    with gateway.ledger.reading() as tx:
        digests = gateway.keyed_by_each(extract)
        same = [row for digest in digests for row in transfers.of_extract(tx, gate.name, digest)]
    for row in reversed(same):
        stage = gateway.log.stage(row.id)
        if stage is not None and stage not in NEVER_LEFT and not is_resent(gate, row.id):
            sentence = f"this very file was dropped before: it is transfer {row.id}, now {stage}; nothing is sent twice"
            return Reason("handed-over-before", sentence)
    return None


def _statement(dropped: Dropped, measured: Measured, outcome: Outcome, at: datetime) -> Statement:
    gate, remarks, held = dropped.gate, remarks_name(dropped.name), brake(dropped.gate)
    expected = gate.expected()
    return Statement(
        gateway=expected.gateway,
        route=expected.route,
        partner=expected.partner,
        partner_key=expected.partner_key,
        extract=measured.digest,
        remarks=Digest.of(dropped.folder.read_small(remarks, LARGEST)) if dropped.has_remarks() else None,
        salt=gate.gateway.random(SALT),
        route_digest=expected.route_digest,
        ceilings=Ceilings.over(rows=outcome.rows_in, children=outcome.rows_out, fields=outcome.fields),
        since_last=_since_last(held.last, outcome),
        beyond=held.beyond(outcome),
        expires=(at + gate.gateway.limits.statement - timedelta(seconds=1)).replace(microsecond=0),
    )


def _since_last(last: LastFull | None, outcome: Outcome) -> str:
    """Against the last full parcel of this route, as its receipt tells it."""
    if last is None:
        return "first"
    return since(outcome.rows_in - last.rows, outcome.rows_out - last.released)


def _row(
    gate: Gate, transfer: TransferId, measured: Measured, drafted: Statement | Refusal, at: datetime
) -> TransferRow:
    return TransferRow(
        id=transfer,
        route=gate.name,
        partner=gate.route.partner.partner,
        scope=gate.route.page.scope,
        extract_digest=gate.gateway.keyed(measured.digest),
        statement_digest=str(Digest.of(drafted.encode())) if isinstance(drafted, Statement) else None,
        created=at,
    )


def _record_waiting(dropped: Dropped, row: TransferRow, statement: Statement, at: datetime) -> None:
    """In one commit with the transfer itself; a paused one of the same extract ends here: this replaces it."""
    gate, gateway, direction = dropped.gate, dropped.gate.gateway, direction_of(dropped)
    facts = Facts(
        partner=row.partner,
        extract=row.extract_digest,
        statement=str(row.statement_digest),
        route_hash=str(statement.route_digest),
        rows=statement.ceilings.rows,
    )
    facts |= direction if isinstance(direction, Facts) else Facts()
    with gateway.ledger.writing() as tx:
        transfers.insert_transfer(tx, row)
        gateway.log.append_in(tx, Receipt.of_stage(Stage.WAITING, transfer=row.id, route=gate.name, at=at, facts=facts))
    for paused in _paused(gate, row):
        record_refused(gate, paused, Refusal(reasons=(Reason("superseded", "a new statement replaces it"),)), at)
    gateway.telemetry.event(LogEvent.STATEMENT_WRITTEN, Facts(transfer=row.id, route=gate.name))


def _paused(gate: Gate, row: TransferRow) -> list[TransferId]:
    with gate.gateway.ledger.reading() as tx:
        same = transfers.of_extract(tx, gate.name, row.extract_digest)
    return [other.id for other in same if gate.gateway.log.stage(other.id) is Stage.PAUSED]
