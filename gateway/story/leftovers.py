"""What a crash left behind that nothing goes on from, taken away when prepare starts.

    half-written files       in folders of ours, what deliver reads among them, and among our notes in staff's
    stating/<transfer>       the copy that a count was made from; all of it once nothing will be sealed any more
    sealing/<transfer>       a parcel of a transfer that is over, or was never receipted
    arrivals/<transfer>      of a transfer that has ended: a machine that thawed too late may have begun one
    to-deliver/<transfer>    of a transfer that a person has settled, and its extract, if they said that it arrived

Only while nobody else is counting or sealing on these folders. What something does go on from
(other arrivals, drafts, orders, reports) is left to the round that asks the receipts.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from gateway.footing import durable, mailbox
from gateway.footing.drop_folder import DropFolder
from gateway.footing.workspace import OUTCOMES, REFUSED
from gateway.story import duplicates
from gateway.story.gate import Gateway
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import ENDED, Stage, TransferId

PAST_SEALING = ENDED | {Stage.DELIVERED, Stage.OVERDUE, Stage.IN_DOUBT, Stage.RESOLVED}


def sweep_leftovers(gateway: Gateway, routes: Iterable[str]) -> None:
    workspace, own = gateway.workspace, gateway.workspace.state / "prepare"
    for folder in (own / "disclosures", own / "register", workspace.metrics.parent, workspace.to_deliver):
        if folder.is_dir():
            durable.sweep(folder)
    for route in routes:
        with suppress(StorageError):  # a folder that cannot be used is told about at its look
            _sweep_notes(workspace.drop_folder(route))
    for folder in _of_transfers(own / "stating"):
        _sweep_count(gateway, folder)
    for folder in _of_transfers(own / "sealing"):
        if _is_past_sealing(gateway, folder):
            durable.discard_folder(folder)
    for folder in _of_transfers(workspace.arrivals):
        if gateway.log.stage(TransferId(folder.name)) in ENDED - {Stage.REFUSED}:  # whose extract goes back
            durable.discard_folder(folder)
    for order in mailbox.order_folders(workspace.to_deliver):
        _sweep_order(gateway, TransferId(order.name))


def _sweep_order(gateway: Gateway, transfer: TransferId) -> None:
    settled = gateway.log.last(transfer, Stage.RESOLVED)
    if settled is None or gateway.log.stage(transfer) is not Stage.RESOLVED:
        return
    if settled.receipt.facts.get("verdict") == "delivered":
        durable.discard_folder(gateway.workspace.arrival(transfer))
    mailbox.close_order(gateway.workspace.to_deliver, transfer)


def _sweep_notes(path: Path) -> None:
    with DropFolder(path) as folder:
        folder.sweep()
        for name in (REFUSED, OUTCOMES):
            with folder.below(name) as below:
                below.sweep()


def _sweep_count(gateway: Gateway, folder: Path) -> None:
    if _is_past_sealing(gateway, folder):
        durable.discard_folder(folder)
        return
    for file in folder.iterdir():
        if file.name != duplicates.NAME:
            durable.remove(file)


def _of_transfers(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _is_past_sealing(gateway: Gateway, folder: Path) -> bool:
    """Also when no receipt says that there ever was such a transfer."""
    stage = gateway.log.stage(TransferId(folder.name))
    return stage is None or stage in PAST_SEALING
