"""The brake: an extract unlike the route's last full parcel needs a second approver.

Stale, doubled and half-empty files pass every check of a single row. What gives them away is
the comparison with what the partner holds: many more or fewer rows, many children gone, a
field that had never left. A policy says how much is too much; nothing here says no, it only
makes one more person look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.approval.statement import NEW_COLUMN, REMOVALS, ROWS
from gateway.contract.policy import Limits
from gateway.footing.ledger import disclosures, transfers
from gateway.minimise.outcome import Outcome
from gateway.receipts.log import ReceiptLog
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate
from gateway.vocabulary.transfer import Stage, TransferId

LEFT = frozenset(
    {Stage.SEALED, Stage.DELIVERED, Stage.OVERDUE, Stage.ACKNOWLEDGED, Stage.DISPOSED, Stage.RESOLVED, Stage.IN_DOUBT}
)
"""What has left, or is about to: the partner has it, or may. What it has rejected it has not taken (`was_taken`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastFull:
    """The last full parcel of a route, as its receipt tells it."""

    transfer: TransferId
    rows: int
    released: int
    fields: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brake:
    limits: Limits
    last: LastFull | None

    def beyond(self, outcome: Outcome) -> tuple[str, ...]:
        """The limits that this outcome passes, in order; a first handoff has nothing to be compared with."""
        last, limits = self.last, self.limits
        if last is None:
            return ()
        found = [NEW_COLUMN] if _has_new_field(outcome.fields, last.fields) else []
        found += [REMOVALS] if outcome.removed * 100 > limits.removals_percent * last.released else []
        found += [ROWS] if abs(outcome.rows_in - last.rows) * 100 > limits.rows_percent * last.rows else []
        return tuple(found)


def brake(gate: Gate) -> Brake:
    return Brake(limits=gate.route.policy.limits, last=last_full(gate))


def last_full(gate: Gate) -> LastFull | None:
    """The route's last full parcel to this partner that has left."""
    log = gate.gateway.log
    with gate.gateway.ledger.reading() as tx:
        full = transfers.numbered(tx, gate.name, gate.route.partner.partner, scope="full")
        found = next((transfer for transfer, _ in full if was_taken(log, transfer)), None)
    sealed = log.last(found, Stage.SEALED) if found else None
    return _last_full(found, sealed.receipt) if found and sealed else None


def was_taken(log: ReceiptLog, transfer: TransferId) -> bool:
    """By the partner, or it may have been, or is about to be. A rejection stays one, whatever a person says of it later."""
    stage = log.stage(transfer)
    return stage in LEFT and not (stage is Stage.RESOLVED and log.last(transfer, Stage.REJECTED_BY_PARTNER))


def disclosed_by(gate: Gate, last: LastFull | None) -> Path | None:
    """The file that says whom it released; None if there was none, or it has expired."""
    if last is None:
        return None
    with gate.gateway.ledger.reading() as tx:
        file = disclosures.get(tx, last.transfer)
    return gate.gateway.workspace.disclosures(file.name) if file else None


def _last_full(transfer: TransferId, receipt: Receipt) -> LastFull:
    rows, released, fields = (receipt.facts[name] for name in ("rows", "released", "fields"))
    counts = {name: int(count) for name, count in fields.items()} if isinstance(fields, Mapping) else {}
    return LastFull(transfer=transfer, rows=_count(rows), released=_count(released), fields=counts)


def _count(fact: object) -> int:
    return fact if isinstance(fact, int) else 0


def _has_new_field(now: Mapping[str, int], before: Mapping[str, int]) -> bool:
    return any(count and not before.get(field) for field, count in now.items())
