"""What was recalled and has come to its partner all the same, so that a person has to ask the partner.

As a rule a removal tells the partner by itself (`overtaken`, `recalling`). A return has no references to be removed by, a
route may lead elsewhere by now, and a fault may have come between. It stays an alarm until there is such a removal, or
somebody has looked at what it released (`gateway incident`): then the data protection officer knows.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from gateway.contract.route import Route
from gateway.receipts.entry import Entry
from gateway.story.concerns import Concern, lies_staged
from gateway.story.disclosed import Reach, reach_of
from gateway.story.gate import Gateway
from gateway.story.recalled import RECALLED, has_removal
from gateway.story.withdrawing import is_removal
from gateway.vocabulary.alert import Level
from gateway.vocabulary.transfer import TransferId

LOOKED_AT: Final = "incident"


def of_recalled(gateway: Gateway, route: Route) -> Iterator[Concern]:
    """Costs as much as was ever recalled on this route. A removal that came is what was wanted."""
    since: dict[TransferId, datetime] = {}
    for entry in gateway.log.entries(kinds=(RECALLED,), route=route.name):
        transfer = entry.receipt.transfer
        if transfer and transfer not in since and not is_removal(gateway, transfer) and _is_open(gateway, route, entry):
            since[transfer] = entry.receipt.at
    yield from (_concern(gateway, route, transfer, at) for transfer, at in since.items())


def _is_open(gateway: Gateway, route: Route, recalled: Entry) -> bool:
    transfer = TransferId(str(recalled.receipt.transfer))
    if reach_of(gateway, transfer) is Reach.NOT:
        return False
    after = [entry for entry in gateway.log.of_transfer(transfer) if entry.index > recalled.index]
    looked_at = any(entry.receipt.kind == LOOKED_AT for entry in after) and not _is_staged(gateway, route, transfer)
    return not looked_at and not has_removal(gateway, route.name, transfer)


def _concern(gateway: Gateway, route: Route, transfer: TransferId, at: datetime) -> Concern:
    staged = _is_staged(gateway, route, transfer)
    return Concern(
        level=Level.ALARM,
        kind=RECALLED,
        sentence="a recalled return lies staged"
        if staged
        else "a recalled handoff has come, or may have come, to its partner",
        to_do=f"gateway resolve {transfer} absent --reason recalled"
        if staged
        else f"ask {gateway.log.transfer(transfer).partner} to destroy it, then tell the data protection officer: gateway incident {transfer}",
        since=at,
        route=route.name,
        transfer=transfer,
    )


def _is_staged(gateway: Gateway, route: Route, transfer: TransferId) -> bool:
    return lies_staged(gateway.log.transfer(transfer).stage, route)
