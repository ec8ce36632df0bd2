"""A council, a reader, and the step from the three files of a parcel to what was in it."""

import resource
import signal
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.crypto.age import generate_identity, recipient_fingerprint
from gateway.crypto.signers import Signers
from gateway.seal.opening import Answered, OpenedParcel, Reader, Sender, SignedParcel, UnverifiedParcel
from gateway.vocabulary.errors import ParcelInvalid
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import TransferId
from tests.simulators.council import AT, DOMAIN, ME, SENDER, Council

IDENTITY = generate_identity()
RECIPIENT = IDENTITY.recipient().spelled()


@dataclass
class Desk:
    """A reader that keeps in mind what it is told it has answered."""

    council: Council
    folder: Path
    at: object = AT
    expected: Callable[[str], int] = lambda route: 1
    seen: set[str] = field(default_factory=set)
    me: str = ME
    form: str = "age"

    def sender(self) -> Sender:
        acts = f"content@{DOMAIN},envelope@{DOMAIN}"
        line = f'{SENDER} namespaces="{acts}" {self.council.key.public_line()}'
        return Sender(id=SENDER, domain=DOMAIN, signers=Signers.parse(line, source="the sender's signers file"))

    def verified(self, transfer: TransferId, folder: Path) -> SignedParcel:
        *_, signature, envelope = (folder / name for name in names_of(transfer))
        found = UnverifiedParcel(transfer=transfer, envelope=envelope.read_bytes(), signature=signature.read_bytes())
        return found.verify(self.sender(), self.at)

    def reader(self) -> Reader:
        return Reader(id=self.me, identities=[IDENTITY], keys=frozenset({recipient_fingerprint(RECIPIENT)}))

    def answered(self) -> Answered:
        return Answered(expected=self.expected, seen=self.seen.__contains__)

    def emptied(self) -> Path:
        for left in self.folder.iterdir():
            left.unlink()
        return self.folder

    def open(self, transfer: TransferId, folder: Path) -> OpenedParcel:
        parcel = self.verified(transfer, folder)
        with ExitStack() as files:
            names = names_of(transfer, self.form)[:-2]
            sealed = [files.enter_context((folder / name).open("rb")) for name in names]
            return parcel.open(sealed, self.emptied(), self.reader(), self.answered(), self.at)

    def refusal(self, transfer: TransferId, folder: Path) -> str:
        """The code with which the parcel is refused."""
        with pytest.raises(ParcelInvalid) as refused:
            self.open(transfer, folder)
        return refused.value.code


@pytest.fixture
def council() -> Council:
    return Council(RECIPIENT)


@pytest.fixture
def desk(council, tmp_path) -> Desk:
    folder = tmp_path / "opening"
    folder.mkdir(mode=0o700)
    return Desk(council, folder)


@pytest.fixture
def sent(tmp_path) -> Path:
    folder = tmp_path / "sent"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def full_disk():
    """While it is entered, no file can grow beyond a megabyte: what a disk does when it is full."""

    @contextmanager
    def entered():
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, before[1]))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)

    return entered
