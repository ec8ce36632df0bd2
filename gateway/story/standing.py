"""Where every handoff stands, and which one needs a person: read from receipts, for people and for monitoring."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.contract.partner import Partner, UploadEndpoint
from gateway.contract.route import Route
from gateway.footing.ledger import transfers
from gateway.footing.ledger.transfers import TransferRow
from gateway.receipts.entry import Entry
from gateway.receipts.log import Stood
from gateway.story.gate import Gateway
from gateway.story.notes import told_released
from gateway.vocabulary.transfer import ENDED, NEEDS_PERSON, Stage, TransferId

TO_DO: Mapping[Stage, str] = {
    Stage.WAITING: "two people sign: outbox/{route}/waiting.txt has the lines to type",
    Stage.PAUSED: "more would leave than was signed for, or the route has changed since: a new statement awaits two signatures in outbox/{route}",
    Stage.FAILED: "mend the cause (gateway receipts show {transfer}), then: gateway retry {transfer}; or give it up: gateway recall {transfer} --reason WORD",
    Stage.IN_DOUBT: "ask {partner} whether it arrived, then: gateway resolve {transfer} delivered|absent --reason WORD",
    Stage.OVERDUE: "ask {partner} for its acknowledgement; if they confirm it in another way: gateway resolve {transfer} delivered --reason WORD",
    Stage.REJECTED_BY_PARTNER: "gateway receipts show {transfer}; once it is seen to: gateway resolve {transfer} abandoned --reason WORD",
}
TO_TELL = (
    "gateway resolve {transfer} delivered --reason WORD says by which references; tell {partner} yourself what is to go"
)
UNDER_WAY = frozenset({Stage.SEALED, Stage.REVOKED})
OPEN = (frozenset(Stage) - ENDED - {Stage.RESOLVED}) | NEEDS_PERSON
"""Not ended, or ended in a way that a person must look at. What somebody has settled waits for nothing."""
PARTNER_CHANGED = "partner-changed"
"""Why a removal failed for good: its route leads to another partner by now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One transfer as its receipts tell it. `rows` and `released` are None before it is sealed.

    `under_way`: since when a parcel that did not get away yet could have gone; it is sealed anew every few hours.
    """

    transfer: TransferId
    route: str
    partner: str
    stage: Stage
    since: datetime
    rows: int | None
    released: int | None
    under_way: datetime | None = None
    out_of_reach: bool = False
    """A removal that nothing carries any more."""

    @property
    def needs_person(self) -> bool:
        return self.stage in NEEDS_PERSON

    def released_in_words(self) -> str:
        """A dash before it is sealed."""
        if self.rows is None or self.released is None:
            return "-"
        return told_released(self.rows, self.released)

    def to_do(self) -> str:
        """The command to type, or nothing."""
        words = TO_TELL if self.out_of_reach else TO_DO.get(self.stage, "")
        return words.format(route=self.route, partner=self.partner, transfer=self.transfer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which transfers; each filter narrows. Dates are of the day on which the extract was first seen."""

    limit: int
    before: TransferId | None = None
    route: str | None = None
    partner: str | None = None
    stages: frozenset[Stage] = frozenset()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`following`: behind which transfer the next page begins; None on the last one."""

    standings: tuple[Standing, ...]
    following: TransferId | None


def open_transfers(gateway: Gateway, routes: Iterable[Route]) -> list[Standing]:
    """Those that have not ended, and those that ended in a way a person must look at; oldest first.

    `routes`: some have partners who answer nothing; what was delivered to these has ended, unless a person uploads it.
    """
    unanswered = {route.name for route in routes if _ends_there(route.partner)}
    wanted = gateway.log.in_stage(*OPEN)
    with gateway.ledger.reading() as tx:
        rows = [row for transfer in wanted if (row := transfers.get(tx, transfer))]
    standings = _standings(gateway, rows)
    return [one for one in standings if one.stage is not Stage.DELIVERED or one.route not in unanswered]


def _ends_there(partner: Partner) -> bool:
    return partner.acknowledgement == "none" and not isinstance(partner.endpoint, UploadEndpoint)


def is_out_of_reach(gateway: Gateway, transfer: TransferId) -> bool:
    """A removal that failed since its route has left the partner: nothing carries it any more."""
    failed = gateway.log.last(transfer, Stage.FAILED)
    return gateway.log.stage(transfer) is Stage.FAILED and failed is not None and _has_lost_its_partner(failed)


def _has_lost_its_partner(entry: Entry) -> bool:
    return entry.receipt.kind == Stage.FAILED and entry.receipt.facts.get("code") == PARTNER_CHANGED


def page_of(gateway: Gateway, wanted: Wanted) -> Page:
    """Newest first; costs as much as the page is long, however long the log is."""
    with gateway.ledger.reading() as tx:
        rows = transfers.page(
            tx,
            limit=wanted.limit + 1,
            before=wanted.before,
            route=wanted.route,
            partner=wanted.partner,
            stages=wanted.stages,
            since=wanted.since,
            until=wanted.until,
        )
    shown = rows[: wanted.limit]
    return Page(
        standings=tuple(_standings(gateway, shown)), following=shown[-1].id if len(rows) > wanted.limit else None
    )


def _standings(gateway: Gateway, rows: Sequence[TransferRow]) -> list[Standing]:
    about = {row.id: row for row in rows}
    return [
        _standing(about[stood.transfer], stood, _under_way(gateway, stood)) for stood in gateway.log.stood(about)
    ]  # fmt: skip


def _under_way(gateway: Gateway, stood: Stood) -> datetime | None:
    if stood.stage not in UNDER_WAY:
        return None
    began = [gateway.log.last(stood.transfer, stage) for stage in (Stage.APPROVED, Stage.WITHDRAWN)]
    return min((entry.receipt.at for entry in began if entry), default=None)


def _standing(row: TransferRow, stood: Stood, under_way: datetime | None) -> Standing:
    rows, released = _counts(stood.sealed)
    return Standing(
        transfer=row.id,
        route=row.route,
        partner=row.partner,
        stage=stood.stage,
        since=stood.newest.receipt.at,
        rows=rows,
        released=released,
        under_way=under_way,
        out_of_reach=_has_lost_its_partner(stood.newest),
    )


def _counts(sealed: Entry | None) -> tuple[int | None, int | None]:
    if sealed is None:
        return None, None
    rows, released = sealed.receipt.facts["rows"], sealed.receipt.facts["released"]
    return (rows if isinstance(rows, int) else None), (released if isinstance(released, int) else None)
