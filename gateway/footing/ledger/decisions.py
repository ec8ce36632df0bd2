"""The consent register: decisions in the order they were recorded, added and never changed.

Which decision counts is not judged here. An import of half a million rows is one
transaction: all of it or nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from itertools import groupby, islice
from typing import Any, NamedTuple

from sqlalchemy import String, bindparam, column, func, insert, select, table, type_coerce

from gateway.footing.ledger import register_version
from gateway.footing.ledger.schema import decision_field, subject_decision
from gateway.footing.ledger.store import Transaction
from gateway.vocabulary import moment

BATCH = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """One decision about one subject. `subject` is a keyed pseudonym of 12 bytes; `given` and `expires` are days.

    A consent names tiers, or single fields by their standard names, or both.
    """

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
    fields: frozenset[str] = frozenset()


class Judged(NamedTuple):
    """As much of a decision as is asked when it is judged, in a shape that half a million of cost little."""

    subject: bytes
    decided_by: str
    decision: str
    tiers: frozenset[str]
    given: date
    expires: date | None
    fields: frozenset[str] = frozenset()


_COLUMNS = tuple(subject_decision.c[name] for name in DecisionRow.__slots__ if name != "fields")
_NAMES = tuple(column.name for column in _COLUMNS)
# Days and moments are read as they stand and parsed here, each once, and not row by row by their columns.
_AS_WRITTEN = {c.name: type_coerce(c, String) if c.name in ("given", "expires", "recorded") else c for c in _COLUMNS}
_IN_ORDER = select(subject_decision.c.id, *_AS_WRITTEN.values()).order_by(
    subject_decision.c.subject, subject_decision.c.id
)
_OF_PURPOSE = _IN_ORDER.where(subject_decision.c.purpose == bindparam("wanted"))
_OF_SUBJECT = _IN_ORDER.where(subject_decision.c.subject == bindparam("wanted"))
_SINCE = _OF_PURPOSE.where(subject_decision.c.id > bindparam("after"))
_JUDGED = (
    select(subject_decision.c.id, *(_AS_WRITTEN[name] for name in Judged._fields if name != "fields"))
    .where(subject_decision.c.purpose == bindparam("wanted"))
    .order_by(subject_decision.c.subject, subject_decision.c.id)
)
_FIELDS = select(decision_field.c.decision, func.aggregate_strings(decision_field.c.field, ",")).group_by(
    decision_field.c.decision
)
_FIELDS_OF_PURPOSE = _FIELDS.join(subject_decision).where(subject_decision.c.purpose == bindparam("wanted"))
_FIELDS_SINCE = _FIELDS_OF_PURPOSE.where(subject_decision.c.id > bindparam("after"))
_FIELDS_OF_SUBJECT = _FIELDS.join(subject_decision).where(subject_decision.c.subject == bindparam("wanted"))
_PURPOSES = select(subject_decision.c.purpose).distinct()
_EXPIRED = (
    select(subject_decision.c.subject)
    .where(
        subject_decision.c.purpose == bindparam("wanted"),
        subject_decision.c.expires >= bindparam("first"),
        subject_decision.c.expires <= bindparam("last"),
    )
    .distinct()
    .order_by(subject_decision.c.subject)
)
# Days and moments are spelled here, each once, and not row by row by their columns.
_ADDING = insert(table(subject_decision.name, *map(column, _NAMES)))
_ADDING_NUMBERED = insert(subject_decision).returning(subject_decision.c.id, sort_by_parameter_order=True)


def append(tx: Transaction, decisions: Iterable[DecisionRow]) -> int:
    """Record them in this order; how many there were."""
    count = 0
    # fields stand in a table of their own, and need the number of their decision: asked for only where there are any
    for with_fields, run in groupby(decisions, key=lambda row: bool(row.fields)):
        while batch := list(islice(run, BATCH)):
            _add_with_fields(tx, batch) if with_fields else tx.execute(_ADDING, list(map(_spelled, batch)))
            count += len(batch)
    if count:
        register_version.bump(tx)
    return count


def of_purpose(tx: Transaction, purpose: str) -> Iterator[DecisionRow]:
    """By subject, then as recorded; streamed, so take them within the transaction."""
    return _streamed(tx, _OF_PURPOSE, _FIELDS_OF_PURPOSE, wanted=purpose)


def since(tx: Transaction, purpose: str, after: int) -> Iterator[DecisionRow]:
    """The same of those that were recorded after the decision of this number."""
    return _streamed(tx, _SINCE, _FIELDS_SINCE, wanted=purpose, after=after)


def purposes(tx: Transaction) -> frozenset[str]:
    """All that anything was ever decided for. It reads every decision."""
    return frozenset(tx.scalars(_PURPOSES))


def of_subject(tx: Transaction, subject: bytes) -> list[DecisionRow]:
    """As recorded, whatever their purpose."""
    return list(_streamed(tx, _OF_SUBJECT, _FIELDS_OF_SUBJECT, wanted=subject))


def judged(tx: Transaction, purpose: str) -> Iterator[Judged]:
    """The same decisions as `of_purpose` in the same order, at a third of the price."""
    fields = _fields(tx, _FIELDS_OF_PURPOSE, wanted=purpose)
    for number, subject, decided_by, decision, tiers, given, expires in tx.execute(
        _JUDGED, {"wanted": purpose}, execution_options={"yield_per": BATCH}
    ):
        until = _day(expires) if expires else None
        yield Judged(subject, decided_by, decision, _tiers(tiers), _day(given), until, fields.get(number, _NO_FIELDS))


def expired(tx: Transaction, purpose: str, first: date, last: date) -> list[bytes]:
    """Subjects of whom a consent ended on one of these days."""
    found = tx.execute(_EXPIRED, {"wanted": purpose, "first": first, "last": last})
    return [bytes(subject) for (subject,) in found]


def version(tx: Transaction) -> int:
    """Raised by every decision and hold."""
    return register_version.version(tx)


_NO_FIELDS: frozenset[str] = frozenset()
# A register has few combinations of tiers and a few thousand days.
_tiers = _named = lru_cache(1024)(lambda text: frozenset(text.split(",")) - {""})
_day, _moment = lru_cache(1 << 14)(date.fromisoformat), lru_cache(1024)(moment.parse)
_joined = lru_cache(1024)(lambda tiers: ",".join(sorted(tiers)))
_spelled_day, _spelled_moment = lru_cache(1 << 14)(date.isoformat), lru_cache(1024)(moment.spell)


def _streamed(tx: Transaction, query: Any, fields_query: Any, **asked: str | bytes | int) -> Iterator[DecisionRow]:
    fields = _fields(tx, fields_query, **asked)
    for number, *values in tx.execute(query, asked, execution_options={"yield_per": BATCH}):
        row = _row(*values)
        yield replace(row, fields=fields[number]) if number in fields else row


def _fields(tx: Transaction, query: Any, **asked: str | bytes | int) -> dict[int, frozenset[str]]:
    """By the number of the decision that names them."""
    return {number: _named(fields) for number, fields in tx.execute(query, asked)}


def _row(  # noqa: PLR0917 - the columns, in their order
    subject: bytes, purpose: str, decided_by: str, decision: str, tiers: str, given: str, expires: str | None,
    notice: str, evidence: str, recorded: str,
) -> DecisionRow:  # fmt: skip
    return DecisionRow(
        subject=subject,
        purpose=purpose,
        decided_by=decided_by,
        decision=decision,
        tiers=_tiers(tiers),
        given=_day(given),
        expires=_day(expires) if expires else None,
        notice=notice,
        evidence=evidence,
        recorded=_moment(recorded),
    )


def _add_with_fields(tx: Transaction, batch: Sequence[DecisionRow]) -> None:
    numbers = tx.execute(_ADDING_NUMBERED, [_values(row) for row in batch]).scalars()
    named = [
        {"decision": number, "field": field}
        for number, row in zip(numbers, batch, strict=True)
        for field in sorted(row.fields)
    ]
    tx.execute(insert(decision_field), named)


def _values(row: DecisionRow) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(row, name) for name in _NAMES}
    return values | {"tiers": _joined(row.tiers)}


def _spelled(row: DecisionRow) -> dict[str, object]:
    return {
        "subject": row.subject, "purpose": row.purpose, "decided_by": row.decided_by, "decision": row.decision,
        "tiers": _joined(row.tiers), "given": _spelled_day(row.given),
        "expires": _spelled_day(row.expires) if row.expires else None, "notice": row.notice, "evidence": row.evidence,
        "recorded": _spelled_moment(row.recorded),
    }  # fmt: skip
