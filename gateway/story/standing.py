"""Where every handoff stands, and which one needs a person: read from receipts, for people and for monitoring."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.footing.ledger import transfers
from gateway.receipts.log import ReceiptLog
from gateway.story.gate import Gateway
from gateway.story.notes import told_released
from gateway.vocabulary.transfer import ENDED, NEEDS_PERSON, Stage, TransferId

TO_DO: Mapping[Stage, str] = {
    Stage.WAITING: "two people sign: outbox/{route}/waiting.txt has the lines to type",
    Stage.PAUSED: "more would leave than was signed for: a new statement awaits two signatures in outbox/{route}",
    Stage.FAILED: "mend the cause (gateway receipts show {transfer}), then: gateway retry {transfer}",
    Stage.IN_DOUBT: "ask {partner} whether it arrived, then: gateway resolve {transfer} delivered|absent --reason WORD",
    Stage.OVERDUE: "ask {partner} for its acknowledgement",
    Stage.REJECTED_BY_PARTNER: "gateway receipts show {transfer}",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One transfer as its receipts tell it. `rows` and `released` are None before it is sealed."""

    transfer: TransferId
    route: str
    partner: str
    stage: Stage
    since: datetime
    rows: int | None
    released: int | None

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


def open_transfers(gateway: Gateway) -> list[Standing]:
    """Those that have not ended, and those that ended in a way a person must look at; oldest first."""
    stages = (frozenset(Stage) - ENDED) | NEEDS_PERSON
    return [_standing(gateway, transfer) for transfer in gateway.log.in_stage(*stages)]


def newest_transfers(gateway: Gateway, *, route: str | None, limit: int) -> list[Standing]:
    with gateway.ledger.reading() as tx:
        rows = transfers.listed(tx, route=route)[:limit]
    return [_standing(gateway, row.id) for row in rows]


def _standing(gateway: Gateway, transfer: TransferId) -> Standing:
    known = gateway.log.transfer(transfer)
    rows, released = _counts(gateway.log, transfer)
    return Standing(
        transfer=transfer,
        route=known.route,
        partner=known.partner,
        stage=known.stage,
        since=known.since,
        rows=rows,
        released=released,
    )


def _counts(log: ReceiptLog, transfer: TransferId) -> tuple[int | None, int | None]:
    sealed = log.last(transfer, Stage.SEALED)
    if sealed is None:
        return None, None
    rows, released = sealed.receipt.facts["rows"], sealed.receipt.facts["released"]
    return (rows if isinstance(rows, int) else None), (released if isinstance(released, int) else None)
