"""A file of decisions: all of it or none. What opens anything takes effect once two people have signed for it.

What a file would open is judged against the register within the transaction that records it:
between a look and the act nobody can have changed it.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO, Literal

from gateway.approval.register_desk import Agreed, Wanted
from gateway.approval.register_statement import IMPORT, about_import
from gateway.footing.ledger import decisions, subjects
from gateway.footing.ledger.decisions import DecisionRow
from gateway.footing.ledger.store import Transaction
from gateway.minimise import yssa
from gateway.minimise.register_file import opened
from gateway.minimise.register_import import EXPECTED, Said, decisions_of
from gateway.minimise.register_news import News, news
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate, Gateway
from gateway.story.register.agreeing import Recorded, wanted
from gateway.story.removals_due import prepare_due
from gateway.story.revoking import revoke_overtaken
from gateway.story.standing_still import standing_still
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import RegisterInvalid
from gateway.vocabulary.facts import Fact, Facts
from gateway.vocabulary.moment import london_day

Way = Literal["changes", "snapshot", "yssa"]
KIND = "consent-imported"
ONE_BY_ONE = 500
"""Children up to whom the register is asked for each, and not read through."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A file that was read to its end and found right in every row; nothing of it is recorded yet."""

    way: Way
    rows: tuple[DecisionRow, ...]
    file: Digest
    recorded: datetime
    key: bytes = field(repr=False)
    """The register's, as its children were recognised with."""
    by_name: frozenset[bytes] = frozenset()
    """Subjects that were named without a UPN: from now on extracts are asked whose names these are."""
    purpose: str = ""
    census: date | None = None

    def counts(self) -> dict[str, int]:
        return dict(Counter(row.decision for row in self.rows))


def read_import(
    gateway: Gateway,
    source: Path | BinaryIO,
    *,
    way: Way,
    purposes: frozenset[str],
    purpose: str = "",
    census: date | None = None,
) -> Import:
    """`purposes` are those that routes have. A snapshot and a census are about one `purpose`.

    Raises:
        RegisterInvalid: names the row and the column, never a value; or the file has no row.
    """
    recorded, key = gateway.clock(), gateway.register_key
    if purpose and purpose not in purposes:
        raise RegisterInvalid("no route has this purpose", remedy="name one of these: " + ", ".join(sorted(purposes)))
    if way == "yssa":
        if census is None or not purpose:
            raise RegisterInvalid("a census needs its day and the purpose", remedy="give --census-date and --purpose")
        with opened(source, expected=yssa.EXPECTED) as file:
            said = [
                Said(row, by_name=False)
                for row in yssa.agreements_of(file, purpose=purpose, census=census, key=key, recorded=recorded)
            ]
    else:
        allowed = _allowed(way, purpose, purposes)
        with opened(source, expected=EXPECTED) as file:
            said = list(decisions_of(file, key=key, recorded=recorded, purposes=allowed))
    return Import(
        way=way, rows=tuple(one.row for one in said), by_name=frozenset(one.row.subject for one in said if one.by_name),
        file=file.digest, recorded=recorded, key=key, purpose=purpose, census=census,
    )  # fmt: skip


def wanted_for(gateway: Gateway, imported: Import) -> Wanted:
    """What must be signed for, if it opens anything."""
    about = about_import(
        way=imported.way,
        file=imported.file,
        decisions=imported.counts(),
        purpose=imported.purpose,
        census_date=str(imported.census) if imported.census else "",
    )
    return wanted(gateway, IMPORT, about)


def take_import(
    gateway: Gateway, gates: Mapping[str, Gate], imported: Import, *, agreed: Agreed | None, uid: int
) -> Recorded | Wanted:
    """Recorded; or what must be signed for first, and then nothing was."""
    wanting = wanted_for(gateway, imported)
    with gateway.ledger.writing() as tx:
        gateway.check_register_key(tx, imported.key)
        found = _news(tx, imported)
        if found.opens and not _covers(agreed, wanting):
            return wanting
        decisions.append(tx, (*found.added, *found.withdrawn))
        subjects.add_nameless(tx, imported.by_name)
        facts = _facts(gateway, imported, found, uid) | _evidence(agreed if found.opens else None)
        gateway.log.append_in(tx, Receipt(kind=KIND, at=gateway.clock(), facts=facts))
    revoked = revoke_overtaken(gateway, gates, gateway.clock())
    removals = prepare_due(gates.values(), uid=uid)
    return Recorded(
        count=len(found.added),
        known=found.known,
        withdrawn=len(found.withdrawn),
        revoked=revoked,
        removals=len(removals),
        kept_back=standing_still(gateway, gates),
    )


def _allowed(way: Way, purpose: str, purposes: frozenset[str]) -> frozenset[str]:
    if way == "snapshot" and not purpose:
        raise RegisterInvalid("a snapshot says everything for one purpose", remedy="name it with --purpose")
    return frozenset({purpose}) if purpose else purposes


def _covers(agreed: Agreed | None, wanting: Wanted) -> bool:
    return agreed is not None and (agreed.statement.act, agreed.statement.about) == (wanting.act, wanting.about)


def _news(tx: Transaction, imported: Import) -> News:
    day = london_day(imported.recorded)
    snapshot = imported.way == "snapshot"
    record = _on_record(tx, imported.rows, everything=snapshot, purpose=imported.purpose)
    leads = dict(subjects.links(tx))
    return news(imported.rows, record, snapshot=snapshot, day=day, recorded=imported.recorded, leads=leads)


def _on_record(
    tx: Transaction, rows: Iterable[DecisionRow], *, everything: bool, purpose: str
) -> Iterator[DecisionRow]:
    told_of = {row.subject for row in rows}
    if len(told_of) <= ONE_BY_ONE and not everything:
        for subject in sorted(told_of):
            yield from decisions.of_subject(tx, subject)
        return
    for one in sorted({purpose} if everything else {row.purpose for row in rows}):
        yield from (row for row in decisions.of_purpose(tx, one) if everything or row.subject in told_of)


def _evidence(agreed: Agreed | None) -> Facts:
    """A statement cannot serve twice: what it let in is on record word for word, and is not let in again."""
    return Facts(statement=str(agreed.statement.digest), signers=agreed.fingerprints) if agreed else Facts()


def _facts(gateway: Gateway, imported: Import, found: News, uid: int) -> Facts:
    counts: dict[str, Fact] = {"count": len(found.added), "missing": len(found.withdrawn), "uid": uid}
    added = dict(Counter(row.decision for row in found.added))
    return Facts(scope=imported.way, extract=gateway.keyed(imported.file), decisions=added, **counts)
