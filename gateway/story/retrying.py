"""What has failed is taken up again because a person says so: prepare leaves the word with the order, deliver finds it.

The two halves may be two users, and neither can open the other's store. A word counts once: deliver remembers it.

Crash points. (T1) receipted, no word left: it still stands at failed, and is said again. (T2) taken up, the word not
remembered: it is taken up twice.
"""

from pathlib import Path

from gateway.deliver.breakers import mend
from gateway.footing import mailbox
from gateway.footing.mailbox import AGAIN, LET_GO, ORDER, Order
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gateway
from gateway.story.pushing import Dispatcher
from gateway.story.standing import is_out_of_reach
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId


def retry(gateway: Gateway, transfer: TransferId, *, uid: int) -> None:
    """For prepare's side: deliver takes it up again at its next round, and its partner may be contacted again.

    Raises:
        UsageError: it has not failed, nothing carries it any more, or there is no such transfer.
    """
    known = gateway.log.transfer(transfer)
    if known.stage is not Stage.FAILED:
        raise UsageError(
            f"transfer {transfer} has not failed: it stands at {known.stage}",
            remedy="'gateway status' shows which ones have",
        )
    if is_out_of_reach(gateway, transfer):
        raise UsageError(
            f"transfer {transfer} is a removal for {known.partner}, and its route had left that partner",
            remedy=f"tell them yourself: gateway resolve {transfer} delivered --reason WORD says by which references",
        )
    if not (gateway.workspace.to_deliver / transfer / ORDER).exists():
        raise UsageError(
            f"the parcel of transfer {transfer} is gone from the mailbox: there is nothing to try again",
            remedy=f"gateway recall {transfer} --reason WORD gives its extract back",
        )
    gateway.log.append(
        Receipt(kind="retried", transfer=transfer, route=known.route, at=gateway.clock(), facts=Facts(uid=uid))
    )
    mailbox.try_again(gateway.workspace.to_deliver, transfer)  # (T1)


def take_up(half: Dispatcher, folder: Path, order: Order) -> bool:
    """For deliver's side, of an order that nothing is done about: due at once, if a person has said so since."""
    transfer, fresh = order.parcel.transfer, False
    for name in (AGAIN, LET_GO):
        word = mailbox.wanted_again(folder, name)
        if word is None or not half.attempts.is_news(transfer, name.encode(), word):
            continue
        if name == AGAIN:
            mend(half.attempts.store, order.partner)
        half.attempts.retry(transfer)
        half.attempts.told(transfer, name.encode(), word)  # (T2)
        fresh = True
    return fresh
