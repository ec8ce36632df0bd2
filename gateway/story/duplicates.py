"""Who stands twice in an extract, remembered from its counting to its release.

It is known only when a file has been read to its end, and then the file is judged again. What
the count has found saves the release that second time; if it is lost, only time is. Tags are
keyed and say nothing of any child.
"""

import json

from gateway.footing import durable
from gateway.story.gate import Gate
from gateway.vocabulary.transfer import TransferId

NAME = "duplicates.json"


def remember(gate: Gate, transfer: TransferId, tags: frozenset[bytes]) -> None:
    if tags:
        folder = durable.private_folder(gate.gateway.workspace.stating(transfer))
        durable.replace(folder / NAME, json.dumps(sorted(tag.hex() for tag in tags)).encode("ascii"))


def remembered(gate: Gate, transfer: TransferId) -> frozenset[bytes]:
    path = gate.gateway.workspace.stating(transfer) / NAME
    if not path.exists():
        return frozenset()
    return frozenset(bytes.fromhex(tag) for tag in json.loads(path.read_bytes()))


def forget(gate: Gate, transfer: TransferId) -> None:
    durable.discard_folder(gate.gateway.workspace.stating(transfer))
