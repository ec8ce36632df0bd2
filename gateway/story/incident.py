"""Who and what one transfer released: what a report under UK GDPR Article 33 asks for, at once and out of evidence.

Counts come from the transfer's receipts and from its disclosures, hashed anew. Who is affected is
told by matching a population that the operator brings: the gateway itself knows nobody's name.
The look is receipted before anything is told.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.contract.fields import SPECIAL
from gateway.footing.ledger.subjects import Aliases, links
from gateway.minimise.disclosed import DisclosedFile, counted, released_to
from gateway.minimise.disclosures import Basis
from gateway.minimise.identifiers import subject
from gateway.minimise.pupil_numbers import is_upn
from gateway.receipts.entry import Entry
from gateway.receipts.receipt import Receipt
from gateway.story.disclosed import Reach, reach_of
from gateway.story.disclosure_files import proved_file
from gateway.story.gate import Gateway
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

BATCH = 20_000
"""So many rows of a population are matched at a time."""
LOOK = "incident"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`fields`: of how many children each field was released, empty or not. Times are None where it never came so far."""

    transfer: TransferId
    route: str
    partner: str
    purpose: str
    agreement: str
    stage: Stage
    reach: Reach
    level: str
    """How deliver verified what lies at the partner; empty if it saw nothing there."""
    recipient_key: str
    children: int
    fields: Mapping[str, int]
    bases: tuple[Basis, ...]
    sealed: datetime
    delivered: datetime | None
    acknowledged: datetime | None

    @property
    def special(self) -> tuple[str, ...]:
        """Special categories, offences and care status among what was released."""
        return tuple(field for field, count in self.fields.items() if count and field in SPECIAL)


def incident(gateway: Gateway, transfer: TransferId, *, uid: int) -> Incident:
    """
    Raises:
        UsageError: there is no such transfer, or it never was sealed.
        StorageError: its disclosures have expired.
        LogBroken: its disclosures are not those that were receipted.
    """
    known, entries = gateway.log.transfer(transfer), gateway.log.of_transfer(transfer)
    sealed = _newest(entries, Stage.SEALED)
    if sealed is None:
        raise UsageError(
            f"transfer {transfer} was never sealed: nothing left by it",
            remedy="'gateway receipts list' shows what did",
        )
    _record(gateway, transfer, known.route, uid, event="incident-counted")
    count, facts = counted(proved_file(gateway, transfer)), sealed.receipt.facts
    delivered, signed = _newest(entries, Stage.DELIVERED), _newest(entries, Stage.ACKNOWLEDGED)
    return Incident(
        transfer=transfer,
        route=known.route,
        partner=known.partner,
        purpose=str(facts["purpose"]),
        agreement=str(facts["agreement"]),
        stage=known.stage,
        reach=reach_of(gateway, transfer),
        level=str(delivered.receipt.facts["verified_by"]) if delivered else "",
        recipient_key=str(facts["recipient_key"]),
        children=count.children,
        fields=count.fields,
        bases=count.bases,
        sealed=sealed.receipt.at,
        delivered=delivered.receipt.at if delivered else None,
        acknowledged=signed.receipt.at if signed else None,
    )


class Matching:
    """Which rows of a population one transfer released something about, and how many rows were which."""

    def __init__(self, file: DisclosedFile, *, children: int, key: bytes, aliases: Aliases) -> None:
        self._file, self._children, self._key, self._aliases = file, children, key, aliases
        self._seen: set[bytes] = set()
        self.rows = self.matched = 0
        self.unmatched = 0
        """Rows without a valid UPN."""

    @property
    def strangers(self) -> int:
        """Children of the transfer whom no row was about, once all rows are through."""
        return self._children - len(self._seen)

    def among(self, upns: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
        """(place in the sequence, fields that were released) of those who are affected. StorageError as in `counted`."""
        known = {place: self._aliases.of(subject(upn, key=self._key)) for place, upn in enumerate(upns) if is_upn(upn)}
        wanted = frozenset[bytes]().union(*known.values())
        released = released_to(self._file, list(wanted)) if wanted else {}
        self.rows += len(upns)
        self.unmatched += len(upns) - len(known)
        for place, pseudonyms in known.items():
            if found := pseudonyms & released.keys():
                self.matched += 1
                self._seen |= found
                yield place, tuple(dict.fromkeys(field for pseudonym in sorted(found) for field in released[pseudonym]))


def matching(gateway: Gateway, transfer: TransferId, *, uid: int) -> Matching:
    """StorageError and LogBroken as in `incident`."""
    route = gateway.log.transfer(transfer).route
    _record(gateway, transfer, route, uid, event="population-matched")
    file = proved_file(gateway, transfer)
    with gateway.ledger.reading() as tx:
        aliases = Aliases(links(tx))
    return Matching(file, children=counted(file).children, key=gateway.register_key, aliases=aliases)


def _record(gateway: Gateway, transfer: TransferId, route: str, uid: int, *, event: str) -> None:
    facts = Facts(uid=uid, event=event)
    gateway.log.append(Receipt(kind=LOOK, transfer=transfer, route=route, at=gateway.clock(), facts=facts))


def _newest(entries: Sequence[Entry], stage: Stage) -> Entry | None:
    return next((entry for entry in reversed(entries) if entry.receipt.kind == stage), None)
