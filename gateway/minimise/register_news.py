"""What a file says that the register does not know yet: what is to be appended, and nothing else.

- What opens, or decides nothing, and stands on record word for word is not recorded again: a file
  that is imported twice must not bring back what was taken back in between.
- What closes is recorded again, unless it is the decider's last word already.
- A snapshot says everything for its purpose. A decider's consent that counts on record is withdrawn,
  on the day of the import, unless the file has one of the same decider that is no older.
  Refusals and objections stay: a file's silence ends none. What a snapshot says of a child under one
  of its pseudonyms it says of the child.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType

from gateway.footing.ledger.decisions import DecisionRow
from gateway.minimise.consent import CLOSING, OPENING
from gateway.minimise.register_import import withdrawal

ABSENT = "absent from the snapshot"
Decider = tuple[str, bytes, str]
NO_LINKS: Mapping[bytes, bytes] = MappingProxyType({})
_words = attrgetter(*(part.name for part in fields(DecisionRow) if part.name != "recorded"))


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """`added` in the order to be recorded, `withdrawn` after them; `known` were on record already."""

    added: tuple[DecisionRow, ...]
    withdrawn: tuple[DecisionRow, ...]
    known: int

    @property
    def opens(self) -> bool:
        return any(row.decision in OPENING for row in self.added)


def news(
    told: Sequence[DecisionRow],
    on_record: Iterable[DecisionRow],
    *,
    snapshot: bool,
    day: date,
    recorded: datetime,
    leads: Mapping[bytes, bytes] = NO_LINKS,
) -> News:
    """`on_record`: at least what the register has of the children told of, of a purpose all; by subject, as recorded.

    `leads`: the links between pseudonyms of one child.
    """
    said = _by_decider(told, leads)
    known: set[int] = set()
    withdrawn: list[DecisionRow] = []
    for rows in _histories(on_record, leads):
        for decider, history in _by_decider(rows, leads).items():
            known.update(id(row) for row in said.get(decider, ()) if _is_known(row, history))
            if snapshot and (consent := _uncovered(history, said.get(decider, ()))):
                withdrawn.append(replace(withdrawal(consent, day), recorded=recorded, evidence=ABSENT))
    added = tuple(row for row in told if id(row) not in known)
    return News(added=added, withdrawn=tuple(withdrawn), known=len(told) - len(added))


def _histories(on_record: Iterable[DecisionRow], leads: Mapping[bytes, bytes]) -> Iterator[Iterable[DecisionRow]]:
    """Child by child; of one who has several pseudonyms, in the order recorded under all of them."""
    several = {*leads, *leads.values()}
    together: dict[bytes, list[DecisionRow]] = {}
    for subject, rows in groupby(on_record, key=attrgetter("subject")):
        if subject in several:
            together.setdefault(leads.get(subject, subject), []).extend(rows)
        else:
            yield rows
    yield from (sorted(rows, key=attrgetter("recorded")) for rows in together.values())


def _by_decider(rows: Iterable[DecisionRow], leads: Mapping[bytes, bytes]) -> Mapping[Decider, list[DecisionRow]]:
    found: dict[Decider, list[DecisionRow]] = {}
    for row in rows:
        decider = (row.purpose, leads.get(row.subject, row.subject), row.decided_by)
        found.setdefault(decider, []).append(row)
    return found


def _is_known(row: DecisionRow, history: Iterable[DecisionRow]) -> bool:
    words = _words(row)
    if row.decision in CLOSING:
        last = _last(history)
        return last is not None and _words(last) == words
    return any(_words(other) == words for other in history)


def _uncovered(history: Iterable[DecisionRow], said: Iterable[DecisionRow]) -> DecisionRow | None:
    """The decider's last word, if it is a consent that the file does not have. An expired one too: it is past anyway."""
    last = _last(row for row in history if row.decision in ("consent", "refuse", "withdraw"))
    if last is None or last.decision != "consent":
        return None
    return None if any(row.decision == "consent" and row.given >= last.given for row in said) else last


def _last(history: Iterable[DecisionRow]) -> DecisionRow | None:
    """By the day given, then as recorded: as `consent` reads them."""
    newest: DecisionRow | None = None
    for row in history:
        if newest is None or row.given >= newest.given:
            newest = row
    return newest
