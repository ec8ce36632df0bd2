"""Writes the release statement beside a settled extract: measured, counted, ready to be signed.

The counts come from the same engine and rules that will release, run without output. A
file that could not be released as it is (a broken structure, an unknown column, the same
file as before) is refused now, before anybody reads it.
"""

from datetime import datetime, timedelta
from pathlib import Path

from gateway.approval.desk import remarks_name, statement_name
from gateway.approval.rules import Reason, Refused
from gateway.approval.statement import LARGEST, Ceilings, Statement
from gateway.footing.drop_folder import DropFolder
from gateway.minimise.engine import Outcome
from gateway.pickup.claim import Measured
from gateway.story.gate import Gate
from gateway.story.minimising import count
from gateway.vocabulary.digest import Digest

SALT = 32


def state(gate: Gate, folder: DropFolder, name: str, measured: Measured, copy: Path, at: datetime) -> Statement | Refused:
    """Count what `copy` would release now and write the statement; or the reasons why nothing can leave."""
    outcome = count(gate, copy, at)
    if outcome.refusals:
        return Refused(reasons=tuple(Reason(r.reason, r.sentence) for r in outcome.refusals))
    statement = _statement(gate, folder, name, measured, outcome, at)
    folder.write(statement_name(name), statement.encode())
    return statement


def _statement(
    gate: Gate, folder: DropFolder, name: str, measured: Measured, outcome: Outcome, at: datetime
) -> Statement:
    expected = gate.expected()
    present = remarks_name(name) in folder.names()
    return Statement(
        gateway=expected.gateway,
        route=expected.route,
        partner=expected.partner,
        partner_key=expected.partner_key,
        extract=measured.digest,
        remarks=Digest.of(folder.read_small(remarks_name(name), LARGEST)) if present else None,
        salt=gate.gateway.random(SALT),
        route_digest=expected.route_digest,
        ceilings=Ceilings.over(rows=outcome.rows_in, children=outcome.rows_out, fields=outcome.fields),
        since_last=_since_last(gate, outcome),
        expires=(at + gate.gateway.limits.statement - timedelta(seconds=1)).replace(microsecond=0),
    )


def _since_last(gate: Gate, outcome: Outcome) -> str:
    """Against the last handoff of this route that was sealed, as its receipt tells it."""
    last = gate.gateway.log.last_sealed(gate.name)
    if last is None:
        return "first"
    return f"rows {outcome.rows_in - last.rows:+d}, children {outcome.rows_out - last.released:+d}"
