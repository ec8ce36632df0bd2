"""A council and a receiver beside each other: parcels are sealed straight into the inbox."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.crypto.checkpoint import Checkpoint, open_checkpoint, witness_key
from gateway.crypto.ssh_keys import PublicKey
from gateway.partner.onboarding import Details, make_receiver
from gateway.partner.receiving import Received, receive
from gateway.partner.settings import load_receiver
from gateway.seal.acknowledgement import Acknowledgement, UnverifiedAcknowledgement
from gateway.vocabulary.parcel import acknowledgement_names, names_of
from gateway.vocabulary.transfer import TransferId
from tests.simulators.council import AT, DOMAIN, ME, SENDER, Council


@dataclass
class Partnership:
    home: Path
    council: Council
    details: Details
    at: datetime = AT

    def send(self, *chunks: bytes, **changed: Any) -> TransferId:
        return self.council.seal(self.inbox, *([chunks] if chunks else []), **changed).parcel.transfer

    def receive(self) -> list[Received]:
        return list(receive(load_receiver(self.home), self.at))

    def received(self) -> Received:
        """Of the one parcel that is there."""
        (only,) = self.receive()
        return only

    def answer(self, transfer: TransferId) -> Acknowledgement:
        signature, body = (self.acknowledgements / name for name in acknowledgement_names(transfer))
        found = UnverifiedAcknowledgement.parse(body.read_bytes(), signature.read_bytes())
        return found.verify(self.key, DOMAIN)

    def answer_bytes(self, transfer: TransferId) -> list[bytes]:
        return [(self.acknowledgements / name).read_bytes() for name in acknowledgement_names(transfer)]

    def vouched(self, transfer: TransferId) -> Checkpoint:
        """The checkpoint in an answer, with the partner's cosignature verified."""
        note = self.answer(transfer).checkpoint
        witness = witness_key(ME, self.key.raw_ed25519())
        checkpoint, cosignatures = open_checkpoint(note.encode(), self.council.log.public, [witness])
        assert [c.witness for c in cosignatures] == [witness]
        return checkpoint

    def copy_of(self, transfer: TransferId) -> dict[str, bytes]:
        return {name: (self.inbox / name).read_bytes() for name in names_of(transfer)}

    def put(self, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            (self.inbox / name).write_bytes(content)

    def shown(self) -> dict[str, bytes]:
        """All that has become visible as received."""
        return {path.name: path.read_bytes() for path in (self.home / "received").iterdir()}

    @property
    def key(self) -> PublicKey:
        return PublicKey.parse(self.details.acknowledgement_key)

    @property
    def inbox(self) -> Path:
        return self.details.inbox

    @property
    def acknowledgements(self) -> Path:
        return self.details.acknowledgements


@pytest.fixture
def partnership(tmp_path) -> Partnership:
    council, home = Council(""), tmp_path / "partner"
    details = make_receiver(
        home, me=ME, sender=SENDER, domain=DOMAIN, sender_key=council.key.public, log_key=council.log.public
    )
    council.recipient = details.recipient
    return Partnership(home, council, details)
