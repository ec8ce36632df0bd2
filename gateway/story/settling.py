"""What a person decides about a delivery that stands still: try again, or say what became of it."""

from typing import Literal

from gateway.deliver.attempts import Attempts
from gateway.deliver.breakers import mend
from gateway.footing import durable, mailbox
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gateway
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

Verdict = Literal["delivered", "absent", "abandoned"]


def retry(gateway: Gateway, attempts: Attempts, transfer: TransferId, *, uid: int) -> None:
    """Deliver takes up a failed parcel again at its next round, and its partner may be contacted again.

    Raises:
        UsageError: it has not failed, or there is no such transfer.
    """
    known = gateway.log.transfer(transfer)
    if known.stage is not Stage.FAILED:
        raise UsageError(
            f"transfer {transfer} has not failed: it stands at {known.stage}",
            remedy="'gateway status' shows which ones have",
        )
    facts = Facts(uid=uid)
    gateway.log.append(
        Receipt(kind="retried", transfer=transfer, route=known.route, at=gateway.clock(), facts=facts)
    )  # fmt: skip
    mend(attempts.store, known.partner)
    attempts.retry(transfer)


def resolve(gateway: Gateway, transfer: TransferId, verdict: Verdict, *, reason: str, uid: int) -> None:
    """Settle an `in-doubt` on a rung of its own; nothing is ever sent again by this.

    What did not arrive keeps its extract until the clock takes it, so that it can be resent.

    Raises:
        UsageError: it is not in doubt, or there is no such transfer.
    """
    known = gateway.log.transfer(transfer)
    if known.stage is not Stage.IN_DOUBT:
        raise UsageError(
            f"transfer {transfer} is not in doubt: it stands at {known.stage}",
            remedy="'gateway status' shows which ones are",
        )
    facts = Facts(verdict=verdict, reason=reason, uid=uid)
    gateway.log.append(
        Receipt.of_stage(Stage.RESOLVED, transfer=transfer, route=known.route, at=gateway.clock(), facts=facts)
    )
    mailbox.close_order(gateway.workspace.to_deliver, transfer)
    if verdict == "delivered":
        durable.discard_folder(gateway.workspace.arrival(transfer))
