"""Replays the ladder of every transfer in the ledger, one transfer at a time, and compares the list of stages.

It reads the search columns, which are the bodies' own once the leaves have been verified.
"""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter

from gateway.footing.ledger import Transaction, leaves
from gateway.footing.ledger.faults import LOG_ALTERED
from gateway.footing.ledger.leaves import StandingRow
from gateway.receipts import ladder
from gateway.vocabulary.errors import GatewayError, LogBroken
from gateway.vocabulary.transfer import Stage, TransferId

Step = tuple[int, str, TransferId, str | None]
"""Leaf, kind, transfer, route."""


def verify_climbs(tx: Transaction) -> None:
    """LogBroken names the leaf that may not follow, or the transfer that is listed where it is not."""
    listed = leaves.standings(tx)
    for transfer, steps in groupby(leaves.of_transfers(tx), key=itemgetter(2)):
        reached = _climb(transfer, steps)
        if reached is not None and next(listed, None) != reached:
            raise LogBroken(
                f"transfer {transfer} is not listed in the stage that its receipts tell", remedy=LOG_ALTERED
            )
    if left := next(listed, None):
        raise LogBroken(f"transfer {left.transfer} is listed in a stage and has no receipt", remedy=LOG_ALTERED)


def _climb(transfer: TransferId, steps: Iterable[Step]) -> StandingRow | None:
    reached: StandingRow | None = None
    for index, kind, _, route in steps:
        try:
            step = ladder.rung_of(kind)
            if step is None:
                continue
            ladder.follow(Stage(reached.stage) if reached else None, step)
        except GatewayError as error:
            raise LogBroken(f"leaf {index} of the log may not be there: {error.message}", remedy=LOG_ALTERED) from error
        if route is None or (reached and reached.route != route):
            raise LogBroken(f"leaf {index} of the log moves a transfer on another route", remedy=LOG_ALTERED)
        reached = StandingRow(transfer=transfer, stage=step, route=route, leaf_index=index)
    return reached
