"""What is due is destroyed, and the sender is told with a signature: `disposed`.

    database   what is due goes in one transaction            (P1)
    files      the intent is noted first, then the file goes  (P0, P1)
    memory     the signed answer                              (P2)
    acknowledgements/TRANSFER.disposed.json.sig, .json        (P3)

An answer says that nothing is left of a parcel: what a later parcel restated stands there with
the later one. Of a file we know only that we removed it: whoever copied it elsewhere must have
destroyed that too, and says so.

Crash points. After (P0) the file goes at the next time, whatever is due then. Between (P1)
and (P2) the database is asked again, and noted intents are completed. After (P2) an answer
that is not there is shown again. Signed once, it is the same for ever.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from gateway.footing import durable
from gateway.footing.lock import held
from gateway.footing.plain_file import read_plain
from gateway.partner.database.disposing import dispose
from gateway.partner.memory import Memory
from gateway.partner.receiving import ANSWER_MODE, LOCK, MEMORY
from gateway.partner.retention import due_on
from gateway.partner.settings import Receiver
from gateway.partner.storing import opened_database
from gateway.partner.taking_over import data_path, manifest_path
from gateway.seal.acknowledgement import Acknowledgement, sign
from gateway.seal.manifest import LARGEST, Manifest
from gateway.vocabulary.errors import FormatInvalid, NeedsPerson, StorageError
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.parcel import disposal_names
from gateway.vocabulary.transfer import TransferId


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposed:
    """What went: rows of the database, files, and the parcels of which nothing is left and the sender was told."""

    rows: int
    files: int
    transfers: tuple[TransferId, ...]


def purge(receiver: Receiver, at: datetime, *, before: date | None = None, no_copies: bool = False) -> Disposed:
    """Destroy what is due; `before` decides where a retention instruction names no day.

    Raises:
        NeedsPerson: files are due, and nobody has said that there are `no_copies` of them; nothing was destroyed.
        UsageError: another process is receiving in this home.
        StorageError: the disk or the database failed; it is safe to run again.
    """
    durable.private_folder(receiver.state)
    with held(receiver.state / LOCK, "receiving"), Memory(receiver.state / MEMORY) as memory:
        today = london_day(at)
        due = _due_files(receiver, memory, today, before)
        if due and not no_copies:
            raise NeedsPerson(
                f"files of {len(due)} parcel{'s' * (len(due) != 1)} are due, and nothing was destroyed",
                remedy="destroy what was copied from them elsewhere, then say so with --no-copies",
            )
        for transfer in due:
            memory.begin_disposal(transfer)  # (P0)
        files = memory.begun_disposals()
        for transfer in files:
            durable.remove(data_path(receiver.received, _manifest(receiver, transfer)))  # (P1)
        rows, emptied = _empty_database(receiver, memory, today, before)  # (P1)
        told = (*files, *emptied)
        for transfer in told:
            _answer(receiver, memory, transfer, at)  # (P2)
        _show(receiver.acknowledgements, memory)  # (P3)
        return Disposed(rows=rows, files=len(files), transfers=told)


def _due_files(receiver: Receiver, memory: Memory, today: date, before: date | None) -> list[TransferId]:
    return [
        transfer
        for transfer in memory.held("file")
        if _is_due(_manifest(receiver, transfer), today, before)
    ]  # fmt: skip


def _is_due(manifest: Manifest, today: date, before: date | None) -> bool:
    created = manifest.heading.created
    due = due_on(manifest.retention, created)
    if due is not None:
        return due <= today
    return before is not None and london_day(created) < before


def _manifest(receiver: Receiver, transfer: TransferId) -> Manifest:
    """As it was verified when the parcel came: the folder is ours alone."""
    try:
        return Manifest.parse(read_plain(manifest_path(receiver.received, transfer), LARGEST, what="a manifest"))
    except FormatInvalid as error:
        raise StorageError(
            f"the manifest of {transfer} is gone or damaged, so that nobody can tell when its data is due",
            remedy="restore it from the backup of the folder 'received'",
        ) from error


def _empty_database(
    receiver: Receiver, memory: Memory, today: date, before: date | None
) -> tuple[int, tuple[TransferId, ...]]:
    with opened_database(receiver) as database:
        if database is None:
            return 0, ()
        emptied = dispose(database, today=today, before=before)
    waiting = set(memory.held("database"))
    return emptied.rows, tuple(transfer for transfer in emptied.transfers if transfer in waiting)


def _answer(receiver: Receiver, memory: Memory, transfer: TransferId, at: datetime) -> None:
    given = memory.given(transfer)
    if given is None:
        return
    accepted = Acknowledgement.parse(given.body)
    disposed = replace(accepted, disposition="disposed", at=at, checkpoint=memory.cosigned())
    memory.record_disposal(transfer, *sign(disposed, receiver.key, receiver.sender.domain))


def _show(folder: Path, memory: Memory) -> None:
    """Signature first: the answer completes it."""
    for transfer, body, signature in memory.disposals():
        names = disposal_names(transfer)
        if not (folder / names[1]).exists():
            durable.replace(folder / names[0], signature, ANSWER_MODE)
            durable.replace(folder / names[1], body, ANSWER_MODE)
