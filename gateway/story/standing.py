"""Where every handoff stands, and which one needs a person: read from receipts, for people and for monitoring."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
    Stage.FAILED: "mend the cause (gateway receipts show {transfer}), then: gateway retry {transfer}",
    Stage.IN_DOUBT: "ask {partner} whether it arrived, then: gateway resolve {transfer} delivered|absent --reason WORD",
    Stage.OVERDUE: "ask {partner} for its acknowledgement",
    Stage.REJECTED_BY_PARTNER: "gateway receipts show {transfer}",
}
UNDER_WAY = frozenset({Stage.SEALED, Stage.REVOKED})
OPEN = (frozenset(Stage) - ENDED) | NEEDS_PERSON
"""Not ended, or ended in a way that a person must look at."""


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
        words = TO_DO.get(self.stage, "")
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


def open_transfers(gateway: Gateway) -> list[Standing]:
    """Those that have not ended, and those that ended in a way a person must look at; oldest first."""
    wanted = gateway.log.in_stage(*OPEN)
    with gateway.ledger.reading() as tx:
        rows = [row for transfer in wanted if (row := transfers.get(tx, transfer))]
    return _standings(gateway, rows)


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
    )


def _counts(sealed: Entry | None) -> tuple[int | None, int | None]:
    if sealed is None:
        return None, None
    rows, released = sealed.receipt.facts["rows"], sealed.receipt.facts["released"]
    return (rows if isinstance(rows, int) else None), (released if isinstance(released, int) else None)
