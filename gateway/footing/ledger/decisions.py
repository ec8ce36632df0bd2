"""The consent register: decisions in the order they were recorded, added and never changed.

Which decision counts is not judged here. An import of half a million rows is one
transaction: all of it or nothing.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, insert, select

from gateway.footing.ledger import register_version
from gateway.footing.ledger.schema import subject_decision
from gateway.footing.ledger.store import Transaction

BATCH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """One decision about one subject. `subject` is a keyed pseudonym of 12 bytes; `given` and `expires` are days."""

    subject: bytes
    purpose: str
    decided_by: str
    decision: str
    tiers: frozenset[str]
    given: date
    expires: date | None
    notice: str
    evidence: str
    recorded: datetime


_COLUMNS = tuple(subject_decision.c[name] for name in DecisionRow.__slots__)
_IN_ORDER = select(*_COLUMNS).order_by(subject_decision.c.subject, subject_decision.c.id)
_OF_PURPOSE = _IN_ORDER.where(subject_decision.c.purpose == bindparam("wanted"))
_OF_SUBJECT = _IN_ORDER.where(subject_decision.c.subject == bindparam("wanted"))


def append(tx: Transaction, decisions: Iterable[DecisionRow]) -> int:
    """Record them in this order; how many there were."""
    remaining, count, adding = iter(decisions), 0, insert(subject_decision)
    while batch := [_values(row) for row in islice(remaining, BATCH)]:
        tx.execute(adding, batch)
        count += len(batch)
    if count:
        register_version.bump(tx)
    return count


def of_purpose(tx: Transaction, purpose: str) -> Iterator[DecisionRow]:
    """By subject, then as recorded; streamed, so take them within the transaction."""
    return _streamed(tx, _OF_PURPOSE, purpose)


def of_subject(tx: Transaction, subject: bytes) -> list[DecisionRow]:
    return list(_streamed(tx, _OF_SUBJECT, subject))


def version(tx: Transaction) -> int:
    """Raised by every decision and hold."""
    return register_version.version(tx)


def _streamed(tx: Transaction, query: Any, wanted: str | bytes) -> Iterator[DecisionRow]:
    found = tx.execute(query, {"wanted": wanted}, execution_options={"yield_per": BATCH})
    for row in found.mappings():
        yield DecisionRow(**{**row, "tiers": frozenset(row["tiers"].split(",")) - {""}})


def _values(row: DecisionRow) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(row, name) for name in DecisionRow.__slots__}
    return values | {"tiers": ",".join(sorted(row.tiers))}
