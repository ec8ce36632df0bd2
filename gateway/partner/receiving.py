"""One round of a receiver: what lies in the inbox is opened, taken over, answered and cleared away.

    inbox/TRANSFER.{age,json.sig,json}, or .{pgp,manifest.pgp,json.sig,json}
      ─▶ verified and opened in a private folder (`gateway.seal.opening`)
      ─▶ the database, in one transaction, if there is one              (R0)
      ─▶ received/TRANSFER.manifest.json, .manifest.json.sig, .csv      (R1)
      ─▶ memory: the signed answer, the number, the cosigned checkpoint (R2)
      ─▶ acknowledgements/TRANSFER.ack.json.sig, .ack.json              (R3)
      ─▶ inbox: the envelope removed first, then the rest               (R4)

What is loaded into a database is kept there alone: a second copy in a file would outlive every
removal. A file that is no table with a column Reference is kept as a file in any case.

Crash points. Before (R0) or (R1): nothing is visible, and all of it is done again. Between (R0)
and (R1): the database knows the parcel and is not changed again. Between (R1) and
(R2): it is opened again, and the files that are there already are compared and kept. After
(R2): memory has the answer; the parcel is not opened again but answered with it, byte for
byte. In (R4): without its envelope a parcel is no parcel; what is left of an answered one is
swept. A parcel that comes twice is answered twice and written once.

Who is answered. Only the sender: an envelope that it did not sign is left where it lies and
reported. A gap waits. Whatever else is wrong with a signed parcel is answered `rejected`, uses
up the parcel's number, and is final: sent again, it is another transfer.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final, Literal

from gateway.crypto import note
from gateway.footing import durable
from gateway.footing.drop_folder import DropFolder
from gateway.footing.lock import held
from gateway.footing.working_folder import working_folder
from gateway.partner.memory import Given, Memory, Place
from gateway.partner.settings import Receiver
from gateway.partner.storing import Store, opened_database
from gateway.partner.witnessing import vouch
from gateway.seal import opening
from gateway.seal.acknowledgement import Acknowledgement, sign
from gateway.seal.envelope import LARGEST
from gateway.seal.opening import SignedParcel, UnverifiedParcel
from gateway.seal.rejections import SEQUENCE_GAP, rejected
from gateway.vocabulary.errors import ExtractInvalid, FormatInvalid, LogBroken, ParcelInvalid, StorageError
from gateway.vocabulary.parcel import acknowledgement_names, names_in_any_format, names_of
from gateway.vocabulary.transfer import TransferId

MEMORY, LOCK = "memory.sqlite", "lock"
ANSWER_MODE: Final = 0o640
"""The sender's SFTP account reads answers by its group; they hold no child's data."""
Result = Literal["accepted", "rejected", "repeated", "waits", "unanswered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What became of one parcel."""

    transfer: TransferId
    result: Result
    code: str | None = None
    """Why not, from the closed list; also beside `repeated`, if another parcel came under a number answered before."""
    rows: int | None = None
    place: Place | None = None
    """Where the data went, beside `accepted`."""
    route: str | None = None
    """None unless the envelope is the sender's."""
    sequence: int | None = None
    missing: int | None = None
    """Beside `waits`: the number of this route that has to be answered first."""
    alarm: LogBroken | None = None
    """The sender's log contradicts what we have cosigned: somebody must look, whatever became of the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """One round: everything that its steps need."""

    receiver: Receiver
    memory: Memory
    inbox: DropFolder
    store: Store
    at: datetime


def receive(receiver: Receiver, at: datetime) -> tuple[Received, ...]:
    """Everything that lies in the inbox now, in the order of its numbers.

    Raises:
        UsageError: another process is receiving in this home already.
        ConfigError: the database cannot be used, or a parcel would go elsewhere than what it changes.
        StorageError: the disk or the database failed; it is safe to run again.
    """
    for folder in (receiver.state, receiver.received):
        durable.private_folder(folder)
    with (
        held(receiver.state / LOCK, "receiving"),
        Memory(receiver.state / MEMORY) as memory,
        DropFolder(receiver.inbox) as inbox,
        opened_database(receiver) as database,
    ):
        store = Store(received=receiver.received, memory=memory, database=database)
        desk = _Desk(receiver=receiver, memory=memory, inbox=inbox, store=store, at=at)
        _sweep(desk)
        found = [_verified(desk, transfer) for transfer in _complete(inbox.names())]
        signed = [parcel for parcel in found if isinstance(parcel, SignedParcel)]
        unanswered = [parcel for parcel in found if isinstance(parcel, Received)]
        signed.sort(key=lambda parcel: (parcel.envelope.heading.route, parcel.envelope.heading.sequence))
        return (*unanswered, *(_take(desk, parcel) for parcel in signed))


def _complete(names: list[str]) -> Iterator[TransferId]:
    """The transfers whose envelope, which comes last, is there."""
    for name in names:
        try:
            transfer = TransferId.parse(name.removesuffix(".json"))
        except FormatInvalid:
            continue
        if name == names_of(transfer)[-1]:
            yield transfer


def _verified(desk: _Desk, transfer: TransferId) -> SignedParcel | Received:
    *_, signature, envelope = names_of(transfer)
    try:
        found = UnverifiedParcel(
            transfer=transfer,
            envelope=desk.inbox.read_small(envelope, LARGEST),
            signature=desk.inbox.read_small(signature, LARGEST),
        )
        return found.verify(desk.receiver.sender, desk.at)
    except ParcelInvalid as error:
        return Received(transfer=transfer, result="unanswered", code=error.code)
    except ExtractInvalid:  # missing, oversized, or no regular file: nobody has signed that
        return Received(transfer=transfer, result="unanswered", code="envelope-signature")


def _take(desk: _Desk, parcel: SignedParcel) -> Received:
    given = desk.memory.given(parcel.envelope.heading.transfer)
    if given is None:
        judged = _judged(desk, parcel)  # (R0), (R1)
        if judged.result == "waits":
            return judged
        judged, given = _answered(desk, parcel, judged)  # (R2)
    else:
        judged = _repeated(parcel, given)
    _show_answer(desk.receiver.acknowledgements, judged.transfer, given)  # (R3)
    _clear(desk.inbox, names_of(judged.transfer, desk.receiver.reader.format_of(parcel.envelope)))  # (R4)
    return judged


def _judged(desk: _Desk, parcel: SignedParcel) -> Received:
    """Opened and taken over, or why not; without an answer so far."""
    try:
        rows, place = _open(desk, parcel)
    except ParcelInvalid as error:
        return _not_taken(desk, parcel, error.code)
    return replace(_of(parcel, "accepted"), rows=rows, place=place)


def _not_taken(desk: _Desk, parcel: SignedParcel, code: str) -> Received:
    if code != SEQUENCE_GAP:
        return _of(parcel, "rejected", code=code)
    missing = desk.memory.expected(parcel.envelope.heading.route, desk.receiver.first)
    return replace(_of(parcel, "waits", code=code), missing=missing)


def _of(parcel: SignedParcel, result: Result, *, code: str | None = None) -> Received:
    heading = parcel.envelope.heading
    return Received(transfer=heading.transfer, result=result, code=code, route=heading.route, sequence=heading.sequence)


def _open(desk: _Desk, parcel: SignedParcel) -> tuple[int, Place]:
    """Its rows, and where they went, once the data is where it belongs."""
    receiver = desk.receiver
    answered = opening.Answered(
        expected=lambda route: desk.memory.expected(route, receiver.first),
        seen=lambda transfer: desk.memory.given(transfer) is not None,
    )
    try:
        with working_folder(receiver.state) as work:
            with _sealed_files(desk, parcel) as sealed:
                opened = parcel.open(sealed, work, receiver.reader, answered, desk.at)
            place = desk.store.keep(opened)
    except ExtractInvalid as error:  # it is missing, or no regular file
        parcel.check_addressed(receiver.reader)  # of version 1 for none of our keys nobody can tell the file's name
        raise rejected("ciphertext-hash") from error
    else:
        return opened.manifest.file.rows, place


@contextmanager
def _sealed_files(desk: _Desk, parcel: SignedParcel) -> Iterator[list[BinaryIO]]:
    form = desk.receiver.reader.format_of(parcel.envelope)
    *sealed, _, _ = names_of(parcel.envelope.heading.transfer, form)
    with ExitStack() as files:
        yield [files.enter_context(desk.inbox.opened(name)) for name in sealed]


def _answered(desk: _Desk, parcel: SignedParcel, judged: Received) -> tuple[Received, Given]:
    receiver, heading = desk.receiver, parcel.envelope.heading
    checkpoint, alarm = _vouched(desk, parcel)
    answer = Acknowledgement(
        transfer=heading.transfer,
        envelope=parcel.digest,
        manifest=parcel.envelope.manifest if judged.result == "accepted" else None,
        disposition="accepted" if judged.result == "accepted" else "rejected",
        code=judged.code,
        rows=judged.rows,
        at=desk.at,
        recipient=receiver.reader.id,
        checkpoint=checkpoint,
    )
    body, signature = sign(answer, receiver.key, receiver.sender.domain)
    given = Given(envelope=parcel.digest, body=body, signature=signature)
    place = judged.place or "nowhere"
    desk.memory.record(heading.transfer, heading.route, heading.sequence, given, checkpoint, place=place)
    return replace(judged, alarm=alarm), given


def _vouched(desk: _Desk, parcel: SignedParcel) -> tuple[str | None, LogBroken | None]:
    """The newest checkpoint we vouch for; beside it what is wrong with the sender's log, if anything is."""
    receiver, cosigned = desk.receiver, desk.memory.cosigned()
    try:
        return vouch(
            parcel.envelope.witness,
            cosigned,
            receiver.log,
            lambda shown: note.cosign(shown, receiver.reader.id, receiver.key, desk.at),
        ), None
    except LogBroken as error:
        return cosigned, error


def _repeated(parcel: SignedParcel, given: Given) -> Received:
    other = parcel.digest != given.envelope
    return _of(parcel, "repeated", code="replayed" if other else None)


def _show_answer(folder: Path, transfer: TransferId, given: Given) -> None:
    """Signature first: the answer completes it. What lies there is replaced: others may write in this folder."""
    signature, body = acknowledgement_names(transfer)
    durable.replace(folder / signature, given.signature, ANSWER_MODE)
    durable.replace(folder / body, given.body, ANSWER_MODE)


def _clear(inbox: DropFolder, names: Sequence[str]) -> None:
    """A name that cannot be removed comes again and is answered alike: it holds up no other parcel."""
    for name in reversed(names):
        with suppress(StorageError):
            inbox.remove(name)


def _sweep(desk: _Desk) -> None:
    """What (R4) left of answered parcels when it was broken off."""
    names = desk.inbox.names()
    for transfer in {name.split(".")[0] for name in names} - set(_complete(names)):
        left = [name for name in names if name in names_in_any_format(TransferId(transfer))]
        if left and desk.memory.given(TransferId(transfer)):
            _clear(desk.inbox, left)
