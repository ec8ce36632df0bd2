"""A staged parcel, as its person opens it: with what was sealed, our public key, and nothing else of ours.

The person's own process does this, with the person's identity: neither it nor the data comes to prepare.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from gateway.crypto.age import recipient_fingerprint
from gateway.crypto.age.identity_file import Kept
from gateway.crypto.signers import Signers
from gateway.footing import durable
from gateway.footing.drop_folder import DropFolder
from gateway.footing.plain_file import read_plain
from gateway.footing.working_folder import working_folder
from gateway.seal.envelope import LARGEST
from gateway.seal.opening import Answered, Reader, Sender, UnverifiedParcel
from gateway.seal.rejections import rejected
from gateway.story.staged import Staged
from gateway.vocabulary.errors import GatewayError, StorageError, UsageError
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import names_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Opened, in a private folder that goes unless it is kept."""

    data: Path
    target: Path

    def keep(self) -> Path:
        """Under its own name, where the person wants it. StorageError if that is taken."""
        durable.publish(self.data, self.target)
        return self.target


@contextmanager
def verified(
    staged: Staged, files: Path, identities: tuple[Kept, ...], into: Path, *, at: datetime
) -> Iterator[Verified]:
    """Opened as any receiver opens; `files` has the parcel's three, `into` is the person's folder, made if need be.

    Whatever else lies in `into` is left alone, but for what an earlier opening left when it was killed.

    Raises:
        UsageError: `into` holds a file of the data's name.
        ParcelInvalid: what lies in `files` is not the parcel that was sealed for this person.
    """
    sealed, signature, envelope = names_of(staged.transfer)
    found = UnverifiedParcel(
        transfer=staged.transfer,
        envelope=read_plain(files / envelope, LARGEST, what="a staged envelope"),
        signature=read_plain(files / signature, LARGEST, what="a staged envelope's signature"),
    )
    signed = found.verify(_sender(staged), at)
    if str(signed.digest) != staged.envelope:  # ours, and another: one that was sealed before a hold came
        raise rejected("envelope-signature")
    sequence = signed.envelope.heading.sequence
    answered = Answered(expected=lambda _route: sequence, seen=lambda _transfer: False)
    with working_folder(into) as work, sealed_file(files, sealed) as stream:
        opened = signed.open([stream], work, _reader(staged, identities), answered, at)
        target = into / opened.manifest.file.name
        if target.exists():
            raise UsageError("a file of that name is there already", remedy="name a new folder with --into")
        yield Verified(data=opened.data, target=target)


@contextmanager
def sealed_file(folder: Path, name: str) -> Iterator[BinaryIO]:
    """To be read. Whoever may write in the folder may put a link or a pipe there: StorageError for anything but a plain file."""
    with ExitStack() as stack:
        try:
            stream = stack.enter_context(stack.enter_context(DropFolder(folder)).opened(name))
        except GatewayError as error:
            raise StorageError(
                "the staged parcel cannot be read",
                remedy="see who took it out of its folder, or put something else there",
            ) from error
        yield stream


def _sender(staged: Staged) -> Sender:
    """Whoever opens verifies the gateway's own signature, as any partner does."""
    acts = ",".join(of_act(act, staged.domain) for act in ("content", "envelope"))
    line = f'{staged.sender} namespaces="{acts}" {staged.key}\n'
    return Sender(id=staged.sender, domain=staged.domain, signers=Signers.parse(line, source="the gateway's own key"))


def _reader(staged: Staged, identities: tuple[Kept, ...]) -> Reader:
    """ParcelInvalid if it is sealed to none of these."""
    keys = frozenset(recipient_fingerprint(identity.recipient().spelled()) for identity in identities)
    if recipient_fingerprint(staged.recipient) not in keys:
        raise rejected("not-addressed")
    return Reader(id=staged.partner, identities=identities, keys=keys)
