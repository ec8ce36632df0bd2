"""The hands of whoever typed, in this very process: what a verb does in place, and what its person's end does for it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from gateway.cli.hands import Hands
from gateway.cli.passphrase import identities_of, signing_key
from gateway.cli.session import Session
from gateway.footing import durable
from gateway.footing.drop_folder import DropFolder
from gateway.pickup.claim import copy_into
from gateway.story.opening_staged import Verified, verified
from gateway.story.staged import Staged
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import NeedsPerson, StorageError, UsageError


def hands_of(session: Session) -> Hands:
    """The hands that the session was given; without any, its own process's."""
    return session.hands or OwnHands(session)


@dataclass(frozen=True, slots=True)
class OwnHands:
    session: Session

    @property
    def uid(self) -> int:
        return os.getuid()

    def sign(self, key: Path, message: bytes, namespace: str) -> str:
        return signing_key(self.session, key).sign(message, namespace)

    def agree(self, key: Path, text: bytes, namespace: str, *, yes: bool) -> str:
        voice = self.session.voice
        voice.say(text.decode("ascii", "replace").rstrip())
        if not yes:
            voice.ask("Sign this? Type yes: ")
            if self.session.stdin.readline().strip() != "yes":
                raise NeedsPerson("nothing was signed", remedy="type yes when you have read the statement and agree")
        return self.sign(key, text, namespace)

    @contextmanager
    def papers(self, file: Path) -> Iterator[DropFolder]:
        """UsageError if the folder cannot be opened, without its name."""
        try:
            folder = _beside(file)
        except StorageError as error:
            raise UsageError("the file's folder cannot be opened", remedy="check that the path is right") from error
        with folder:
            yield folder

    @contextmanager
    def opened(self, file: Path) -> Iterator[BinaryIO]:
        try:
            stream = file.open("rb")
        except OSError as error:
            raise UsageError("the file cannot be read", remedy="check that it is there and may be read") from error
        with stream:
            yield stream

    def copied(self, file: Path, target: Path, limit: int) -> Digest:
        with self.extract(file) as (folder, name):
            return copy_into(folder, name, target, limit=limit, synced=False).digest

    @contextmanager
    def extract(self, file: Path) -> Iterator[tuple[DropFolder, str]]:
        """Its folder, held, and its name: whatever folder an extract lies in is hostile ground."""
        try:
            folder = _beside(file)
        except StorageError as error:
            raise UsageError("the file's folder cannot be opened", remedy="check that the path is right") from error
        with folder:
            if folder.identity(file.name) is None:
                raise UsageError("there is no such file", remedy="check its name and its folder")
            yield folder, file.name

    def refuse_taken(self, page: Path) -> None:
        if page.exists() or page.is_symlink():
            raise UsageError("the file for --export is there already", remedy="name a new one: nothing is overwritten")

    def write_page(self, page: Path, data: bytes) -> None:
        try:
            durable.write_new(page, data)
        except StorageError as error:
            # its words would repeat the name, and somebody may have called it after the child
            raise StorageError(
                "the page could not be written", remedy="check that its folder is there and yours"
            ) from error

    @contextmanager
    def parcel(self, staged: Staged, files: Path, identity: Path, into: Path) -> Iterator["OwnParcel"]:
        identities = identities_of(self.session, identity)
        with verified(staged, files, identities, into.absolute(), at=self.session.clock()) as opened:
            yield OwnParcel(opened)


@dataclass(frozen=True, slots=True)
class OwnParcel:
    opened: Verified

    def keep(self) -> str:
        return str(self.opened.keep())


def _beside(file: Path) -> DropFolder:
    return DropFolder(file.absolute().parent.resolve())
