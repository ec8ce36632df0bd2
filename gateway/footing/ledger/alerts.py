"""The outbox of alerts, and the concerns that they were told by.

    decided ─▶ posted ─▶ sent          deliver has sent it
                     └─▶ failed        deliver has tried for long; it goes on trying, and may still say sent

What is decided about a concern and the alert that tells it are one commit: a crash tells it neither
twice nor never. Empty words stand where a concern has no route, transfer or subject.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, insert, select, update

from gateway.footing.ledger.schema import alert, concern
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary.transfer import TransferId

DECIDED, POSTED, SENT, FAILED = "decided", "posted", "sent", "failed"
UNSENT = (DECIDED, POSTED, FAILED)
Key = tuple[str, str, str, str]
"""Kind, route, transfer, and what else tells two of a kind apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcernRow:
    """`seen`: since when we know of it. `told`, `told_level`: when it was told last, and as what."""

    kind: str
    route: str
    transfer: str
    about: str
    level: str
    since: datetime
    seen: datetime
    told: datetime | None = None
    told_level: str | None = None

    @property
    def key(self) -> Key:
        return self.kind, self.route, self.transfer, self.about


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """`body` is the message as it is posted."""

    id: TransferId
    body: bytes
    state: str
    decided: datetime


_CONCERNS = select(*(concern.c[name] for name in ConcernRow.__slots__))
_ALERTS = select(*(alert.c[name] for name in AlertRow.__slots__)).order_by(alert.c.id)


def concerns(tx: Transaction) -> dict[Key, ConcernRow]:
    rows = (ConcernRow(**row) for row in tx.execute(_CONCERNS).mappings())
    return {row.key: row for row in rows}


def keep_concern(tx: Transaction, row: ConcernRow) -> None:
    """As it is now, whatever it was."""
    forget_concern(tx, row.key)
    tx.execute(insert(concern), {name: getattr(row, name) for name in ConcernRow.__slots__})


def forget_concern(tx: Transaction, key: Key) -> None:
    names = ("kind", "route", "transfer", "about")
    tx.execute(delete(concern).where(and_(*(concern.c[name] == value for name, value in zip(names, key, strict=True)))))


def add(tx: Transaction, rows: Iterable[AlertRow]) -> None:
    for row in rows:
        tx.execute(insert(alert), {name: getattr(row, name) for name in AlertRow.__slots__})


def in_state(tx: Transaction, *states: str) -> list[AlertRow]:
    """Oldest first."""
    found = tx.execute(_ALERTS.where(alert.c.state.in_(states))).mappings()
    return [AlertRow(**{**row, "id": TransferId(row["id"])}) for row in found]


def move(tx: Transaction, wanted: Collection[TransferId], state: str) -> None:
    """One that was sent stays sent, whatever is said of it later; one that is not known is passed over."""
    tx.execute(update(alert).where(alert.c.id.in_(wanted), alert.c.state != SENT).values(state=state))


def forget(tx: Transaction, before: datetime) -> None:
    """Those that were sent, and decided before then."""
    tx.execute(delete(alert).where(alert.c.state == SENT, alert.c.decided < before))
