"""The places a destination is tried on: one set of verbs for a real server, the stand-in and a simulator."""

import resource
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from gateway.contract.partner import Endpoint
from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.destination import Destination
from gateway.deliver.sftp.destination import SftpDestination
from gateway.deliver.upload import UploadDestination
from gateway.partner.standin.faults import Faults
from gateway.partner.standin.server import StandIn, serve
from tests.contracts.stories import AT
from tests.simulators.asyncssh_server import AsyncsshServer, asyncssh_server
from tests.simulators.line import Line
from tests.simulators.partner import PartnerSimulator
from tests.simulators.proftpd import Proftpd, proftpd
from tests.simulators.sshd import Sshd, sshd

PATIENT, IMPATIENT = 20.0, 1.0


class FolderGround:
    """What all grounds with a real folder share."""

    files: Path
    endpoint: Endpoint
    key: SigningKey
    timeout = PATIENT

    def destination(self) -> Destination:
        return SftpDestination(self.endpoint, self.key.openssh_private(), clock=lambda: AT, timeout=self.timeout)

    def everything(self) -> dict[str, bytes]:
        inbox = self.files / "inbox"
        return {path.name: path.read_bytes() for path in inbox.iterdir() if stat.S_ISREG(path.lstat().st_mode)}

    def plant(self, name: str, content: bytes) -> None:
        (self.files / "inbox" / name).write_bytes(content)

    def publish(self, old: str, new: str) -> None:
        (self.files / "inbox" / old).rename(self.files / "inbox" / new)

    def take_away(self, name: str) -> None:
        (self.files / "inbox" / name).unlink()

    def answer(self, name: str, content: bytes) -> None:
        (self.files / "acknowledgements" / name).write_bytes(content)


@dataclass
class StockGround(FolderGround):
    """A server that other people wrote, behind a line that can be cut."""

    server: Sshd | Proftpd | AsyncsshServer
    line: Line
    key: SigningKey

    def __post_init__(self) -> None:
        self.files = self.server.files
        self.endpoint = self.server.endpoint.model_copy(update={"port": self.line.port})

    def break_after(self, size: int) -> None:
        self.line.cut_after(size)

    def freeze_after(self, size: int) -> None:
        self.timeout = IMPATIENT
        self.line.freeze_after(size)

    def fill_after(self, size: int) -> None:
        self._fill(size)

    def mend(self) -> None:
        self.line.mend()
        self._fill(None)

    def _fill(self, size: int | None) -> None:
        if isinstance(self.server, AsyncsshServer):
            self.server.fill_after(size)
        else:
            self.server.largest_file = size


@dataclass
class StandInGround(FolderGround):
    server: StandIn
    files: Path
    key: SigningKey

    def __post_init__(self) -> None:
        pinned = (self.server.host_key_line,)
        self.endpoint = Endpoint(host="127.0.0.1", port=self.server.port, username="council", host_keys=pinned)

    def break_after(self, size: int) -> None:
        self.server.misbehave(Faults(drop_after=size))

    def freeze_after(self, size: int) -> None:
        self.timeout = IMPATIENT
        self.server.misbehave(Faults(stall_after=size))

    def fill_after(self, size: int) -> None:
        self.server.misbehave(Faults(full_after=size))

    def mend(self) -> None:
        self.server.misbehave(Faults())


class UploadGround(FolderGround):
    """A folder that a share's outage, or a full disk, can take away."""

    def __init__(self, folder: Path) -> None:
        self.files = folder
        self.away = folder / "away"

    def destination(self) -> Destination:
        return UploadDestination(self.files / "inbox")

    def everything(self) -> dict[str, bytes]:
        return {} if self.away.exists() else super().everything()

    def break_after(self, size: int) -> None:
        (self.files / "inbox").rename(self.away)

    def freeze_after(self, size: int) -> None:
        self.break_after(size)

    def fill_after(self, size: int) -> None:
        """No file of this process may be larger: Python is told by an error, not by a signal."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def mend(self) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        if self.away.exists():
            self.away.rename(self.files / "inbox")


class SimulatedGround:
    def __init__(self) -> None:
        self.partner = PartnerSimulator()

    def destination(self) -> Destination:
        return self.partner

    def everything(self) -> dict[str, bytes]:
        return dict(self.partner.inbox)

    def plant(self, name: str, content: bytes) -> None:
        self.partner.inbox[name] = content

    def publish(self, old: str, new: str) -> None:
        self.partner.inbox[new] = self.partner.inbox.pop(old)

    def take_away(self, name: str) -> None:
        del self.partner.inbox[name]

    def answer(self, name: str, content: bytes) -> None:
        self.partner.acknowledgements[name] = content

    def break_after(self, size: int) -> None:
        self.partner.unreachable_after = size

    def freeze_after(self, size: int) -> None:
        self.partner.unreachable_after = size

    def fill_after(self, size: int) -> None:
        self.partner.full_after = size

    def mend(self) -> None:
        self.partner.unreachable_after = self.partner.full_after = None


Serve = Callable[[Path, str], AbstractContextManager[Sshd | Proftpd | AsyncsshServer]]
Ground = StockGround | StandInGround | UploadGround | SimulatedGround


@contextmanager
def stock_ground(serve: Serve, folder: Path) -> Iterator[StockGround]:
    key = SigningKey.generate_ed25519()
    with serve(folder, key.public_line()) as server, Line(server.endpoint.port) as line:
        yield StockGround(server, line, key)


sshd_ground = partial(stock_ground, sshd)
proftpd_ground = partial(stock_ground, proftpd)
asyncssh_ground = partial(stock_ground, asyncssh_server)


@contextmanager
def standin_ground(folder: Path) -> Iterator[StandInGround]:
    key, host_key = SigningKey.generate_ed25519(), SigningKey.generate_ed25519()
    for name in ("inbox", "acknowledgements"):
        (folder / name).mkdir()
    with serve(folder, host_key.openssh_private(), key.public_line()) as server:
        yield StandInGround(server, folder, key)


@contextmanager
def upload_ground(folder: Path) -> Iterator[UploadGround]:
    (folder / "inbox").mkdir()
    ground = UploadGround(folder)
    yield ground
    ground.mend()


@contextmanager
def simulated_ground(folder: Path) -> Iterator[SimulatedGround]:
    yield SimulatedGround()


GROUNDS = {
    "sshd": sshd_ground,
    "proftpd": proftpd_ground,
    "asyncssh": asyncssh_ground,
    "stand-in": standin_ground,
    "simulator": simulated_ground,
    "upload": upload_ground,
}
ANSWERING = [name for name in GROUNDS if name != "upload"]
"""Where a partner can put its answers."""
