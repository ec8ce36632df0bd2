"""A folder of the council's own as a Destination: sealed parcels are staged for the person who uploads them.

The same fence as over SFTP, with the same names: earlier temporaries taken over or removed, everything
staged and read back, the intent recorded, the envelope published last, nothing overwritten.
What lies there is sealed to that person's own key; opening it is a verb of its own, and so
is saying that it was uploaded. Nobody answers here: `collect` finds nothing.
"""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.deliver.destination import Answer, Attempt, Delivered, Job, Naming, one_by_one
from gateway.footing import durable
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import (
    GatewayError,
    NameTaken,
    OutcomeUnknown,
    PartnerRefused,
    PartnerUnreachable,
    StorageError,
)
from gateway.vocabulary.parcel import Parcel, SealedFile, acknowledgement_names
from gateway.vocabulary.transfer import TransferId

MODE: Final = 0o640
"""The folder's group reads; it is ciphertext."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class UploadDestination:
    """See `Destination` for the duties."""

    folder: Path

    def put(self, parcel: Parcel, attempt: Attempt) -> Delivered:
        if not self.folder.is_dir():
            raise PartnerUnreachable(
                "the folder in which parcels are staged is not there", remedy="mount it, or make it"
            )
        never_visible = self._fence(parcel, attempt)
        there = {file: self._is_there(file) for file in parcel.files}
        if there[parcel.files[-1]]:
            durable.remove(self._temporary(parcel.files[-1], attempt.number))
            return Delivered(verified_by="read-back", already_there=True)
        if attempt.intent_recorded:
            if not never_visible:
                raise OutcomeUnknown(
                    "an earlier try may have staged the parcel; its files are not there any more",
                    remedy="ask who empties the folder, then 'gateway resolve'",
                )
            attempt.never_left()
            durable.remove(self._temporary(parcel.files[-1], attempt.number))
        missing = [file for file in parcel.files if not there[file]]
        self._stage(missing, attempt)
        attempt.record_intent()
        for file in missing:
            self._publish(file, attempt.number)
        return Delivered(verified_by="read-back", already_there=False)

    def put_many(self, jobs: Iterable[Job]) -> Iterator[Delivered | GatewayError]:
        return one_by_one(self.put, jobs)

    def collect(
        self,
        wanted: frozenset[TransferId],  # noqa: ARG002 - nobody answers here
        names: Naming = acknowledgement_names,  # noqa: ARG002
    ) -> Iterator[Answer]:
        return iter(())

    def close(self) -> None:
        """There is no connection."""

    def _fence(self, parcel: Parcel, attempt: Attempt) -> bool:
        """Whether an envelope of an earlier attempt was still a temporary: it has our name then, until that is recorded."""
        envelope, *others = reversed(parcel.files)
        staged = [self._temporary(envelope, number) for number in reversed(attempt.earlier)]
        found = next((path for path in staged if path.exists()), None) if attempt.intent_recorded else None
        if found:
            self._take_over(found, self._temporary(envelope, attempt.number))
        for path in (*staged, *(self._temporary(file, number) for file in others for number in attempt.earlier)):
            durable.remove(path)
        return found is not None

    def _take_over(self, old: Path, new: Path) -> None:
        """In one step: with a link of both names for a moment whoever wrote it could still publish it."""
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            durable.move_in(folder, old.name, folder, new.name, otherwise="a staged envelope could not be taken over")
        finally:
            os.close(folder)

    def _is_there(self, file: SealedFile) -> bool:
        path = self.folder / file.name
        if not path.exists() and not path.is_symlink():
            return False
        if path.is_symlink() or not path.is_file() or _digest(path) != file.digest:
            raise _taken()
        return True

    def _stage(self, files: list[SealedFile], attempt: Attempt) -> None:
        try:
            attempt.may_release()
            for file in files:
                self._write(file, self._temporary(file, attempt.number))
            attempt.may_release()
        except GatewayError:
            with suppress(StorageError):
                for file in files:
                    durable.remove(self._temporary(file, attempt.number))
            raise

    def _write(self, file: SealedFile, path: Path) -> None:
        hashed = hashlib.sha256()
        try:
            with file.path.open("rb") as source, durable.created(path, MODE) as sink:
                while piece := source.read(_PIECE):
                    hashed.update(piece)
                    sink.write(piece)
        except StorageError as error:
            raise PartnerRefused(
                "the folder in which parcels are staged did not take a file",
                remedy="look at its space and rights, then 'gateway retry'",
            ) from error
        except OSError as error:
            raise StorageError("a sealed parcel's file cannot be read") from error
        if Digest(hashed.digest()) != file.digest:
            raise StorageError("a sealed parcel's file is not what was sealed", remedy="it has to be sealed again")
        if _digest(path) != file.digest:
            raise PartnerRefused("the folder in which parcels are staged holds something else than what was written")

    def _publish(self, file: SealedFile, number: int) -> None:
        try:
            durable.publish(self._temporary(file, number), self.folder / file.name)
        except StorageError as error:
            if not self._is_there(file):
                raise PartnerRefused(
                    "the folder in which parcels are staged did not let us give a file its final name",
                    remedy="look at its rights, then 'gateway retry'",
                ) from error
            durable.remove(self._temporary(file, number))  # another try was first, with the same content

    def _temporary(self, file: SealedFile, number: int) -> Path:
        return self.folder / f".{file.name}.{number}.part"


def _digest(path: Path) -> Digest:
    try:
        with path.open("rb") as stream:
            return Digest.of_stream(stream)
    except OSError as error:
        raise PartnerRefused("a file in the folder in which parcels are staged cannot be read") from error


def _taken() -> NameTaken:
    return NameTaken(
        "something else lies under one of the parcel's names in the folder in which parcels are staged",
        remedy="find out what it is: nobody else should know these names",
    )
