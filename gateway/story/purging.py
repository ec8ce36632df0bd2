"""What must not lie about for long: refused files, and extracts whose handoff did not come to an end.

It says "unlinked": a file system, a snapshot or a backup may still hold the bytes.
"""

from datetime import UTC, datetime, timedelta

from gateway.footing import durable
from gateway.footing.drop_folder import DropFolder
from gateway.footing.workspace import REFUSED
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import ENDED, Stage

OPEN = frozenset(Stage) - ENDED


def purge(gate: Gate, at: datetime) -> int:
    """Unlink what is older than an arrival may be; one receipt where there was anything."""
    longest = gate.gateway.limits.arrival
    purged = _refused(gate, at, longest) + _arrivals(gate, at, longest)
    if purged:
        facts = Facts(count=purged)
        gate.gateway.log.append(Receipt(kind="purged", route=gate.name, at=at, facts=facts))
    return purged


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
    """Of this route's transfers that have not ended; the receipts of what became of them stay."""
    folders = [
        gate.gateway.workspace.arrival(transfer) for transfer in gate.gateway.log.in_stage(*OPEN, route=gate.name)
    ]
    old = [folder for folder in folders if folder.exists() and _is_old(folder.stat().st_ctime_ns, at, longest)]
    for folder in old:
        durable.discard_folder(folder)
    return len(old)


def _is_old(ctime_ns: int, at: datetime, longest: timedelta) -> bool:
    return at - datetime.fromtimestamp(ctime_ns / 1e9, UTC) > longest
