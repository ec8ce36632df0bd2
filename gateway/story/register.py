"""Decisions and holds: into the register, with a receipt, in one commit; what they overtake is taken back at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.footing.ledger import decisions, holds
from gateway.footing.ledger.decisions import DecisionRow
from gateway.minimise.identifiers import pseudonyms
from gateway.minimise.register_import import read_decisions
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate, Gateway
from gateway.story.revoking import revoke_overtaken
from gateway.vocabulary.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """`count`: decisions, or the number of the new hold. `revoked`: parcels that were taken back."""

    count: int
    revoked: int


def import_decisions(gateway: Gateway, gates: Mapping[str, Gate], path: Path, *, uid: int) -> Recorded:
    """All decisions of a CSV, or none.

    Raises:
        RegisterInvalid: names the row and the column, never a value.
    """
    at = gateway.clock()
    rows = list(read_decisions(path, key=gateway.keys.secret("register"), recorded=at))
    facts = Facts(count=len(rows), decisions=_by_decision(rows), uid=uid)
    with gateway.ledger.writing() as tx:
        decisions.append(tx, rows)
        gateway.log.append_in(tx, Receipt(kind="consent-imported", at=at, facts=facts))
    return Recorded(count=len(rows), revoked=revoke_overtaken(gateway, gates, gateway.clock()))


def add_hold(
    gateway: Gateway, gates: Mapping[str, Gate], child: Mapping[str, str], *, reason: str, uid: int
) -> Recorded:
    """From this moment nothing about the child leaves, whatever else is decided.

    `child` has standard names of fields as keys; any identifier that is given counts.

    Raises:
        RegisterInvalid: none of the identifiers is enough to recognise the child by.
    """
    at = gateway.clock()
    identifiers = pseudonyms(child, key=gateway.keys.secret("register"))
    with gateway.ledger.writing() as tx:
        number = holds.add(tx, identifiers, at=at, reviewer=f"uid-{uid}", reason=reason)
        # the receipt tells that there is one more hold, not of which kind: the ledger and its reviewer know
        gateway.log.append_in(tx, Receipt(kind="hold-added", at=at, facts=Facts(index=number, uid=uid)))
    return Recorded(count=number, revoked=revoke_overtaken(gateway, gates, gateway.clock()))


def _by_decision(rows: list[DecisionRow]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.decision] = counts.get(row.decision, 0) + 1
    return counts
