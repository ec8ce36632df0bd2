"""The partner both sides deliver to: one real sshd on the loopback interface, and the key to seal to."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.config.starter import PartnerDetails
from gateway.crypto.age import generate_identity
from gateway.crypto.ssh_keys import SigningKey
from tests.simulators.sshd import Sshd, sshd


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What either side needs to know of the partner."""

    sshd: Sshd
    folder: Path
    key: Path
    """Of whoever uploads by hand."""
    recipient: str
    acknowledgement_key: str

    @property
    def inbox(self) -> Path:
        return self.sshd.files / "inbox"

    def details(self) -> PartnerDetails:
        endpoint = self.sshd.endpoint
        return PartnerDetails(
            host=endpoint.host, port=endpoint.port, username=endpoint.username, host_keys=endpoint.host_keys,
            recipient=self.recipient, acknowledgement_key=self.acknowledgement_key,
        )  # fmt: skip

    def let_in(self, public_line: str) -> None:
        with (self.folder / "authorised").open("a") as lines:
            lines.write(public_line + "\n")

    def stock_options(self) -> list[str]:
        options = ("BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=yes",
                   f"UserKnownHostsFile={self.folder / 'known_hosts'}")  # fmt: skip
        stock = [word for option in options for word in ("-o", option)]
        return ["-F", "none", "-i", str(self.key), "-P", str(self.sshd.endpoint.port), *stock]

    def stock_address(self) -> str:
        return f"{self.sshd.endpoint.username}@{self.sshd.endpoint.host}"

    def empty(self) -> list[str]:
        """Take away what has arrived; its names."""
        names = sorted(path.name for path in self.inbox.iterdir())
        for name in names:
            (self.inbox / name).unlink()
        return names


@contextmanager
def server(folder: Path) -> Iterator[Server]:
    key = folder / "by-hand"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    place = folder / "partner"
    with sshd(place, key.with_suffix(".pub").read_text().strip()) as running:
        endpoint = running.endpoint
        (place / "known_hosts").write_text(f"[{endpoint.host}]:{endpoint.port} {endpoint.host_keys[0]}\n")
        yield Server(
            sshd=running, folder=place, key=key, recipient=generate_identity().recipient().spelled(),
            acknowledgement_key=SigningKey.generate_ed25519().public_line(),
        )  # fmt: skip
