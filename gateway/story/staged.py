"""A staged parcel, as its person opens it: with what was sealed, our public key, and nothing else of ours.

The person's own process does this, with the person's identity: neither it nor the data comes to prepare.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final

from gateway.crypto.age import recipient_fingerprint
from gateway.crypto.age.identity_file import Kept
from gateway.crypto.signers import Signers
from gateway.footing import durable
from gateway.footing.plain_file import read_plain
from gateway.footing.working_folder import working_folder
from gateway.seal.envelope import LARGEST
from gateway.seal.opening import Answered, Reader, Sender, UnverifiedParcel
from gateway.seal.rejections import rejected
from gateway.vocabulary import canonical
from gateway.vocabulary.errors import FormatInvalid, StorageError, UsageError
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import TransferId

_MEMBERS: Final = frozenset({"transfer", "sender", "domain", "key", "partner", "recipient"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """Which parcel; from whom, by the line of whose key; to whom, by which age recipient."""

    transfer: TransferId
    sender: str
    domain: str
    key: str
    partner: str
    recipient: str

    def encode(self) -> bytes:
        return canonical.encode({name: str(getattr(self, name)) for name in _MEMBERS})

    @classmethod
    def parse(cls, page: bytes) -> "Staged":
        """FormatInvalid if it is none."""
        members = canonical.decode(page, what="what is said of a staged parcel")
        if members.keys() != _MEMBERS or not all(isinstance(one, str) for one in members.values()):
            raise FormatInvalid("what is said of a staged parcel is not what is agreed")
        return cls(**{**members, "transfer": TransferId.parse(members["transfer"])})

    def by(self) -> Sender:
        """Whoever opens verifies the gateway's own signature, as any partner does."""
        acts = ",".join(of_act(act, self.domain) for act in ("content", "envelope"))
        line = f'{self.sender} namespaces="{acts}" {self.key}\n'
        return Sender(id=self.sender, domain=self.domain, signers=Signers.parse(line, source="the gateway's own key"))

    def to(self, identities: tuple[Kept, ...]) -> Reader:
        """ParcelInvalid if it is sealed to none of these."""
        keys = frozenset(recipient_fingerprint(identity.recipient().spelled()) for identity in identities)
        if recipient_fingerprint(self.recipient) not in keys:
            raise rejected("not-addressed")
        return Reader(id=self.partner, identities=identities, keys=keys)


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
    ciphertext, signature, envelope = (files / name for name in names_of(staged.transfer))
    found = UnverifiedParcel(
        transfer=staged.transfer,
        envelope=read_plain(envelope, LARGEST, what="a staged envelope"),
        signature=read_plain(signature, LARGEST, what="a staged envelope's signature"),
    )
    signed = found.verify(staged.by(), at)
    sequence = signed.envelope.heading.sequence
    answered = Answered(expected=lambda _route: sequence, seen=lambda _transfer: False)
    with working_folder(into) as work, _read(ciphertext) as stream:
        opened = signed.open([stream], work, staged.to(identities), answered, at)
        target = into / opened.manifest.file.name
        if target.exists():
            raise UsageError("a file of that name is there already", remedy="name a new folder with --into")
        yield Verified(data=opened.data, target=target)


def _read(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise StorageError("the staged parcel cannot be read", remedy="see who took it out of its folder") from error
