"""A stand-in partner: an SFTP server on the loopback interface, and behind it a receiver that answers."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.config.first_keys import sftp_role
from gateway.config.starter import PartnerDetails
from gateway.contract.partner import Endpoint
from gateway.crypto.checkpoint import log_key
from gateway.crypto.ssh_keys import PublicKey, SigningKey
from gateway.demo.council import DOMAIN, SENDER, Council, introduce
from gateway.footing.durable import private_folder
from gateway.partner.onboarding import make_receiver
from gateway.partner.receiving import Received, receive
from gateway.partner.settings import load_receiver
from gateway.partner.standin.server import serve


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """An SFTP server that shows `files` to one key's holder."""

    endpoint: Endpoint
    files: Path


Serving = Callable[[Path, str], AbstractContextManager[Served]]
"""Serve from a folder to the holder of a public key while the block lasts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    name: str
    home: Path
    files: Path
    """What the council's SFTP account sees."""

    def receive(self, at: datetime) -> tuple[Received, ...]:
        """What `gateway receive` does on the partner's machine."""
        return receive(load_receiver(self.home), at)

    @property
    def received(self) -> list[Path]:
        """The files that were verified and opened."""
        return sorted((self.home / "received").glob("*.csv"))


@contextmanager
def stand_in(folder: Path, authorised: str) -> Iterator[Served]:
    files = private_folder(folder / "files")
    host_key = SigningKey.generate_ed25519().openssh_private("stand-in")
    with serve(files, host_key, authorised) as server:
        endpoint = Endpoint(
            host="127.0.0.1", port=server.port, username=SENDER, host_keys=(server.host_key_line,)
        )  # fmt: skip
        yield Served(endpoint=endpoint, files=files)


@contextmanager
def partner_of(council: Council, route: str, home: Path, serving: Serving = stand_in) -> Iterator[Partner]:
    """Keys exchanged, a server running while the block lasts: the route can be used."""
    name = council.page(route).partner
    public = {role: PublicKey.parse(line) for role, line in council.public_keys.items()}
    with serving(private_folder(home / "server"), public[sftp_role(route)].line()) as served:
        told = make_receiver(
            home / "receiver",
            me=name,
            sender=SENDER,
            domain=DOMAIN,
            sender_key=public["signing"],
            log_key=log_key(council.log_origin, public["log"].raw_ed25519()),
            exchange=served.files,
        )
        details = PartnerDetails(
            host=served.endpoint.host,
            port=served.endpoint.port,
            username=served.endpoint.username,
            host_keys=served.endpoint.host_keys,
            recipient=told.recipient,
            acknowledgement_key=told.acknowledgement_key,
        )
        introduce(council, name, details)
        yield Partner(name=name, home=home / "receiver", files=served.files)
