"""The files of disclosures, each proved to be the one that its receipt names.

Hashing them all takes a second a gigabyte, and a look-up is to be answered at once: so the
digest of a file is remembered with what the kernel says of the file (its inode, size and time of
change, which nobody sets at will), and taken again once that has changed, or when evidence
goes out of the house (`anew`). The memory is a convenience: lost or spoilt, it is made again.

Crash point. (F1) a parcel that was taken back is minimised again: its file is gone or newer than its
receipt until that ends, or for good if it ends in a refusal. Nothing was shared by it, so it is passed over.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from gateway.footing import durable
from gateway.footing.drop_folder import Identity
from gateway.footing.ledger import disclosures
from gateway.footing.ledger.disclosures import DisclosureFile
from gateway.minimise.disclosed import DisclosedFile
from gateway.story.gate import Gateway
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import LogBroken, StorageError
from gateway.vocabulary.transfer import Stage, TransferId

MEMORY = "digests.json"
TAKEN_BACK = frozenset({Stage.REVOKED, Stage.FAILED, Stage.PAUSED, Stage.APPROVED, Stage.REFUSED})
"""Rungs on which a parcel has not come to its partner, and may be minimised again."""
Memory = dict[str, list[Any]]


def proved_files(gateway: Gateway, *, anew: bool = False) -> list[DisclosedFile]:
    """All there are, oldest transfer first; without those that were not shared and are not there (F1).

    Raises:
        StorageError: one cannot be read.
        LogBroken: one is not what was receipted.
    """
    with gateway.ledger.reading() as tx:
        files = disclosures.listed(tx)
    receipted = _receipted(gateway)
    path = gateway.workspace.disclosures(MEMORY)
    known = {} if anew else _remembered(path)
    found: Memory = {}
    proved, key = [], gateway.register_key
    for file in files:
        try:
            found[file.name] = _measured(gateway, file, known)
            proved.append(_proved(gateway, file, found[file.name][-1], receipted.get(file.transfer), key))
        except (StorageError, LogBroken):
            if gateway.log.stage(file.transfer) not in TAKEN_BACK:
                raise
    if found != known:
        durable.replace(path, json.dumps(found).encode("ascii"))
    return proved


def proved_file(gateway: Gateway, transfer: TransferId) -> DisclosedFile:
    """Hashed anew; StorageError if it has expired, and as above."""
    with gateway.ledger.reading() as tx:
        file = disclosures.get(tx, transfer)
    sealed = gateway.log.last(transfer, Stage.SEALED)
    if file is None:
        raise StorageError(
            f"there are no disclosures of transfer {transfer}", remedy="it released nothing, or they have expired"
        )
    measured = _measured(gateway, file, {})[-1]
    receipted = sealed.receipt.facts.get("disclosures") if sealed else None
    return _proved(gateway, file, measured, receipted, gateway.register_key)


def _receipted(gateway: Gateway) -> Mapping[TransferId, object]:
    """What the newest receipt `sealed` of each transfer says."""
    newest: dict[TransferId, object] = {}
    for entry in gateway.log.entries(kinds=(Stage.SEALED,)):
        if entry.receipt.transfer is not None:
            newest.setdefault(entry.receipt.transfer, entry.receipt.facts.get("disclosures"))
    return newest


def _proved(gateway: Gateway, file: DisclosureFile, measured: str, receipted: object, key: bytes) -> DisclosedFile:
    if not measured == file.sha256 == receipted:
        raise LogBroken(
            f"the disclosures of transfer {file.transfer} are not those that were receipted",
            remedy="keep the file as it is, and restore the one from the backup",
        )
    path = gateway.workspace.disclosures(file.name)
    return DisclosedFile(transfer=file.transfer, path=path, meta=file.meta, key=key)


def _measured(gateway: Gateway, file: DisclosureFile, known: Memory) -> list[Any]:
    """Who the file is, and its digest."""
    try:
        with gateway.workspace.disclosures(file.name).open("rb") as stream:
            here = list(astuple(Identity.of(os.fstat(stream.fileno()))))
            before = known.get(file.name, [])
            return before if before[:-1] == here else [*here, str(Digest.of_stream(stream))]
    except OSError as error:
        raise StorageError(
            f"the disclosures of transfer {file.transfer} cannot be read", remedy="restore the file from its backup"
        ) from error


def _remembered(path: Path) -> Memory:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    entries = found.items() if isinstance(found, dict) else ()
    return {name: entry for name, entry in entries if isinstance(entry, list)}
