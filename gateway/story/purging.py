"""What must not lie about for long: refused files, and extracts whose handoff did not come to an end.

It says "unlinked": a file system, a snapshot or a backup may still hold the bytes.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from gateway.footing import durable
from gateway.footing.drop_folder import DropFolder, Identity
from gateway.footing.ledger import transfers
from gateway.footing.workspace import REFUSED, Workspace
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import ENDED, Stage, TransferId


def purge(gate: Gate, at: datetime) -> int:
    """Unlink what is older than an arrival may be; one receipt where there was anything."""
    longest = gate.gateway.limits.arrival
    purged = _arrivals(gate, at, longest) + _refused(gate, at, longest)  # staff can make the second impossible
    if purged:
        facts = Facts(count=purged)
        gate.gateway.log.append(Receipt(kind="purged", route=gate.name, at=at, facts=facts))
    return purged


def oldest_refused(workspace: Workspace, route: str) -> datetime | None:
    """Since when the oldest file lies under refused/; None if nothing does, or nobody has made the folder yet."""
    if not workspace.refused_folder(route).is_dir():
        return None
    with DropFolder(workspace.drop_folder(route)) as folder, folder.below(REFUSED) as refused:
        times = [identity.ctime_ns for _, identity in _files(refused)]
    return datetime.fromtimestamp(min(times) / 1e9, UTC) if times else None


def _refused(gate: Gate, at: datetime, longest: timedelta) -> int:
    with DropFolder(gate.gateway.workspace.drop_folder(gate.name)) as folder, folder.below(REFUSED) as refused:
        old = [name for name, identity in _files(refused) if _is_old(identity.ctime_ns, at, longest)]
        for name in old:
            refused.remove(name)
    return len(old)


def _files(refused: DropFolder) -> Iterator[tuple[str, Identity]]:
    """Without the folders that somebody has made there: none of ours."""
    for name in refused.names():
        identity = refused.identity(name)
        if identity is not None and not refused.is_folder(name):
            yield name, identity


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
    if row is not None and row.scope == "removal" and gate.gateway.log.stage(transfer) not in ENDED | {Stage.RESOLVED}:
        return False  # it names no child, and waits until its route runs again
    return row is None or row.route == gate.name


def _is_old(ctime_ns: int, at: datetime, longest: timedelta) -> bool:
    return at - datetime.fromtimestamp(ctime_ns / 1e9, UTC) > longest
