"""Up to which decision and which hold a route's partner was told what to remove: what is newer is still to be looked at.

Both are numbered in the order of their commits, since one writes at a time.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select

from gateway.footing.ledger.schema import hold, reckoned, subject_decision
from gateway.footing.ledger.store import Transaction


@dataclass(frozen=True, slots=True)
class Reckoned:
    """The numbers of a decision and of a hold; 0: none yet."""

    decision: int = 0
    hold: int = 0


_OF_ROUTE = select(reckoned.c.decision, reckoned.c.hold).where(reckoned.c.route == bindparam("wanted"))
_LAST_DECISION = (
    select(subject_decision.c.id, subject_decision.c.recorded).order_by(subject_decision.c.id.desc()).limit(1)
)
_LAST_HOLD = select(hold.c.id, hold.c.added).order_by(hold.c.id.desc()).limit(1)


def of_route(tx: Transaction, route: str) -> Reckoned:
    found = tx.execute(_OF_ROUTE, {"wanted": route}).first()
    return Reckoned(*map(int, found)) if found else Reckoned()


def newest(tx: Transaction) -> tuple[Reckoned, datetime | None]:
    """The register's last decision and last hold, and when the later of both was recorded; None if there is neither."""
    last = [tx.execute(query).first() for query in (_LAST_DECISION, _LAST_HOLD)]
    decision, held = (int(row[0]) if row else 0 for row in last)
    return Reckoned(decision, held), max((row[1] for row in last if row), default=None)


def record(tx: Transaction, route: str, now: Reckoned) -> None:
    tx.execute(delete(reckoned).where(reckoned.c.route == route))
    tx.execute(insert(reckoned), {"route": route, "decision": now.decision, "hold": now.hold})
