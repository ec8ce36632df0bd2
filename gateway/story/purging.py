"""What must not lie about for long: refused files, and extracts whose handoff did not come to an end.

It says "unlinked": a file system, a snapshot or a backup may still hold the bytes.
"""

from datetime import UTC, datetime, timedelta

from gateway.footing import durable
from gateway.footing.drop_folder import DropFolder
from gateway.footing.ledger import transfers
from gateway.footing.workspace import REFUSED, Workspace
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import ENDED, TransferId


def purge(gate: Gate, at: datetime) -> int:
    """Unlink what is older than an arrival may be; one receipt where there was anything."""
    longest = gate.gateway.limits.arrival
    purged = _refused(gate, at, longest) + _arrivals(gate, at, longest)
    if purged:
        facts = Facts(count=purged)
        gate.gateway.log.append(Receipt(kind="purged", route=gate.name, at=at, facts=facts))
    return purged


def oldest_refused(workspace: Workspace, route: str) -> datetime | None:
    """Since when the oldest file lies under refused/; None if nothing does, or nobody has made the folder yet."""
    if not workspace.refused_folder(route).is_dir():
        return None
    with DropFolder(workspace.drop_folder(route)) as folder, folder.below(REFUSED) as refused:
        times = [identity.ctime_ns for name in refused.names() if (identity := refused.identity(name))]
    return datetime.fromtimestamp(min(times) / 1e9, UTC) if times else None


def _refused(gate: Gate, at: datetime, longest: timedelta) -> int:
    with DropFolder(gate.gateway.workspace.drop_folder(gate.name)) as folder, folder.below(REFUSED) as refused:
        old = [
            name
            for name in refused.names()
            if (identity := refused.identity(name)) and _is_old(identity.ctime_ns, at, longest)
        ]
        for name in old:
            refused.remove(name)
    return len(old)


def _arrivals(gate: Gate, at: datetime, longest: timedelta) -> int:
    """Whatever became of their transfers: a crash may have left one behind. The receipts stay."""
    folders = gate.gateway.workspace.arrivals
    old = [folder for folder in sorted(folders.iterdir()) if _is_old(folder.stat().st_ctime_ns, at, longest)]
    ours = [folder for folder in old if _is_of_route(gate, TransferId(folder.name))]
    for folder in ours:
        durable.discard_folder(folder)
    return len(ours)


def _is_of_route(gate: Gate, transfer: TransferId) -> bool:
    with gate.gateway.ledger.reading() as tx:
        row = transfers.get(tx, transfer)
    if row is not None and row.scope == "removal" and gate.gateway.log.stage(transfer) not in ENDED:
        return False  # it names no child, and waits until its route runs again
    return row is None or row.route == gate.name


def _is_old(ctime_ns: int, at: datetime, longest: timedelta) -> bool:
    return at - datetime.fromtimestamp(ctime_ns / 1e9, UTC) > longest
