"""Who stands twice in an extract, remembered from its counting to its release.

It is known only when a file has been read to its end, and then the file is judged again. What
the count has found saves the release that second time, and on the same day the looking for
them as well: the bytes are the same. If it is lost, only time is. Tags are
keyed and say nothing of any child.
"""

import json
from dataclasses import dataclass
from datetime import date

from gateway.footing import durable
from gateway.story.gate import Gate
from gateway.vocabulary.transfer import TransferId

NAME = "duplicates.json"


@dataclass(frozen=True, slots=True)
class Counted:
    """Who stands twice, found on this London day: on another, other children are of the route's ages."""

    tags: frozenset[bytes]
    day: date | None


NOTHING = Counted(frozenset(), None)


def remember(gate: Gate, transfer: TransferId, counted: Counted) -> None:
    page = {"day": str(counted.day), "tags": sorted(tag.hex() for tag in counted.tags)}
    folder = durable.private_folder(gate.gateway.workspace.stating(transfer))
    durable.replace(folder / NAME, json.dumps(page).encode("ascii"))


def remembered(gate: Gate, transfer: TransferId) -> Counted:
    path = gate.gateway.workspace.stating(transfer) / NAME
    if not path.exists():
        return NOTHING
    page = json.loads(path.read_bytes())
    return Counted(frozenset(bytes.fromhex(tag) for tag in page["tags"]), date.fromisoformat(page["day"]))


def forget(gate: Gate, transfer: TransferId) -> None:
    durable.discard_folder(gate.gateway.workspace.stating(transfer))
