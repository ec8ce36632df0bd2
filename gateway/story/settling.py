"""What a person says became of a delivery that stands still.

    in doubt                  delivered, absent, or abandoned: nobody can tell
    delivered, overdue        delivered: the partner confirmed it in another way; abandoned: nothing more will come of it
    rejected by the partner   abandoned: it has been seen to
    a removal for a partner   delivered: they were told in another way; abandoned
    whom the route has left

Each is a rung of its own, with the person's word and reason; nothing is ever sent again by it, and a signed answer that
comes later still counts.
"""

from collections.abc import Mapping
from typing import Final, Literal

from gateway.footing import durable, mailbox
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gateway
from gateway.story.standing import is_out_of_reach
from gateway.story.withdrawing import is_removal
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, Transfer, TransferId

Verdict = Literal["delivered", "absent", "abandoned"]
MAY_BE_SAID: Final[Mapping[Stage, tuple[Verdict, ...]]] = {
    Stage.IN_DOUBT: ("delivered", "absent", "abandoned"),
    Stage.DELIVERED: ("delivered", "abandoned"),
    Stage.OVERDUE: ("delivered", "abandoned"),
    Stage.REJECTED_BY_PARTNER: ("abandoned",),
}
OF_WHAT_IS_OUT_OF_REACH: Final[tuple[Verdict, ...]] = ("delivered", "abandoned")


def resolve(gateway: Gateway, transfer: TransferId, verdict: Verdict, *, reason: str, uid: int) -> None:
    """Settle it on a rung of its own.

    What did not arrive keeps its extract until the clock takes it, so that it can be resent.

    Raises:
        UsageError: that cannot be said of where it stands, or there is no such transfer.
    """
    known = gateway.log.transfer(transfer)
    out_of_reach = is_out_of_reach(gateway, transfer)
    if verdict not in (OF_WHAT_IS_OUT_OF_REACH if out_of_reach else MAY_BE_SAID.get(known.stage, ())):
        raise UsageError(
            f"transfer {transfer} stands at {known.stage}: that it is {verdict} cannot be said of that",
            remedy=_remedy(known),
        )
    facts = Facts(verdict=verdict, reason=reason, uid=uid)
    gateway.log.append(
        Receipt.of_stage(Stage.RESOLVED, transfer=transfer, route=known.route, at=gateway.clock(), facts=facts)
    )
    mailbox.close_order(gateway.workspace.to_deliver, transfer)
    if verdict == "delivered" or is_removal(gateway, transfer):
        durable.discard_folder(gateway.workspace.arrival(transfer))


def _remedy(known: Transfer) -> str:
    if known.stage is Stage.FAILED:
        return f"gateway retry {known.id} takes it up again; gateway recall {known.id} --reason WORD gives it up"
    if words := MAY_BE_SAID.get(known.stage):
        return f"say {' or '.join(words)}"
    return "'gateway status' shows which ones are in doubt, or unanswered"
