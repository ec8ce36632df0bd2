"""What belongs to the person who types, and to nobody else: keys, files, folders, and who they are.

A verb reaches for it only through these hands. In place they are its own process's; at prepare's
desk they are in the person's process, at the other end of the socket.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import BinaryIO, Protocol

from gateway.story.staged import Staged
from gateway.vocabulary.digest import Digest


class Papers(Protocol):
    """A folder's papers about one thing: its statement, and the signatures beside it."""

    def names(self) -> Sequence[str]: ...

    def read_small(self, name: str, limit: int) -> bytes: ...

    def write(self, name: str, data: bytes) -> None: ...


class InHand(Protocol):
    """A staged parcel that the person has verified and opened, and nobody has seen yet."""

    def keep(self) -> str:
        """Make its data visible; where it is, as the person would say it."""


class Hands(Protocol):
    @property
    def uid(self) -> int:
        """As the kernel has it."""

    def sign(self, key: Path, message: bytes, namespace: str) -> str:
        """An armored signature by the person's own key; KeyUnavailable."""

    def agree(self, key: Path, text: bytes, namespace: str, *, yes: bool) -> str:
        """The same, of a text that the person has been shown. NeedsPerson if they do not agree; `yes`: not asked."""

    def papers(self, file: Path) -> AbstractContextManager[Papers]:
        """Those beside a file, which need not be there."""

    def opened(self, file: Path) -> AbstractContextManager[BinaryIO]:
        """A file to be read once. UsageError; its name is not told."""

    def copied(self, file: Path, target: Path, limit: int) -> Digest:
        """A private copy of a file that lies on hostile ground. UsageError if there is none, ExtractInvalid."""

    def refuse_taken(self, page: Path) -> None:
        """UsageError if there is something of this name."""

    def write_page(self, page: Path, data: bytes) -> None:
        """A new file, readable by the person alone. StorageError; its name is not told."""

    def parcel(self, staged: Staged, files: Path, identity: Path, into: Path) -> AbstractContextManager[InHand]:
        """Opened with the person's own identity, in a folder of theirs. Raises as `story.opening_staged.verified`."""
