"""A council and a partner with OpenPGP, and between them somebody who spoils parcels, or who even has the council's keys."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gateway.crypto.openpgp import MessageSigner, read_signing_certificates
from gateway.crypto.ssh_keys import SigningKey
from gateway.seal.envelope import Envelope, Weight
from gateway.seal.heading import Party
from gateway.seal.opening import Reader
from gateway.seal.openpgp.certificates import spelled_fingerprint
from gateway.seal.openpgp.opening import OpenPgpReader
from gateway.seal.openpgp.own_key import message_signer, user_id
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import TransferId
from tests.simulators.council import AT, DOMAIN, ME, SENDER, Council
from tests.simulators.openpgp import Kept, inside, kept, message
from tests.unit.seal.conftest import Desk as AgeDesk

OURS, STRANGER = SigningKey.generate_ed25519(), SigningKey.generate_ed25519()
DATA, MANIFEST, SIGNATURE, ENVELOPE = range(4)


def signer(key: SigningKey = OURS) -> MessageSigner:
    return message_signer(key, SENDER, ME, DOMAIN)


def party(mine: Kept, whose: str = ME) -> Party:
    return Party(whose, spelled_fingerprint(mine.own.fingerprint.hex()))


@dataclass
class Desk(AgeDesk):
    """A partner who has the key that gpg exported, and the council's certificate; and no age identity."""

    form: str = "openpgp"
    signers: Sequence[SigningKey] = (OURS,)

    def reader(self) -> Reader:
        blocks = "".join(signer(key).certificate() for key in self.signers).encode()
        reader = OpenPgpReader(
            own=(kept("partner").own,), certificates=read_signing_certificates(blocks, user_id(SENDER, ME, DOMAIN))
        )
        return Reader(id=self.me, identities=(), keys=frozenset(), openpgp=reader)


@dataclass(kw_only=True)
class Forgery:
    """A parcel made by hand by who has all of the council's keys: what is replaced is weighed and signed like the rest."""

    council: Council
    made: Any
    signer: MessageSigner = field(default_factory=signer)
    manifest_signer: MessageSigner | None = None
    intended: tuple[bytes, ...] = ()
    at: Any = AT
    change: Callable[[Sequence[bytes]], Sequence[bytes]] = tuple
    """What is inside the data's message, before it is encrypted."""
    change_manifest: Callable[[Sequence[bytes]], Sequence[bytes]] = tuple
    code: Callable[[bytes], bytes] = bytes
    sealed: Callable[[bytes], bytes] = bytes
    sealed_manifest: Callable[[bytes], bytes] = bytes
    to: Kept = field(default_factory=lambda: kept("partner"))

    def write(self, folder: Path) -> TransferId:
        council, made = self.council, self.made
        keys = [key.public for key in self.to.own.keys]
        intended = self.intended or (kept("partner").own.fingerprint,)
        page = made.manifest.encode()
        data = self.sealed(message(self.change(inside(made.data, self.signer, intended, self.at)), keys, self.code))
        about = self.sealed_manifest(
            message(
                self.change_manifest(inside(page, self.manifest_signer or self.signer, intended, self.at)),
                keys,
                self.code,
            )
        )
        weight = Weight(len(about), Digest.of(about)) if made.heading.version == 2 else None
        envelope = Envelope(
            heading=made.heading, manifest=Digest.of(page), ciphertext=Digest.of(data), size=len(data),
            witness=made.witness, description=weight,
        ).encode()  # fmt: skip
        outer = council.key.sign(envelope, of_act("envelope", DOMAIN)).encode()
        names = names_of(made.heading.transfer, "openpgp")
        for name, content in zip(names, (data, about, outer, envelope), strict=True):
            (folder / name).write_bytes(content)
        return made.heading.transfer


@dataclass
class Scene:
    council: Council
    desk: Desk
    sent: Path
    version: int

    def parcel(self, **changed: Any) -> TransferId:
        return self.council.seal(self.sent, version=self.version, **changed).parcel.transfer

    def file(self, transfer: TransferId, which: int) -> Path:
        return self.sent / names_of(transfer, "openpgp")[which]

    def forge(self, **changed: Any) -> TransferId:
        return self.forgery(**changed).write(self.sent)

    def forgery(self, **changed: Any) -> Forgery:
        made = Council("", key=self.council.key, log=self.council.log).pieces(recipients=())
        form = "openpgp" if self.version == 2 else None
        heading = replace(made.heading, recipients=(party(kept("partner")),), version=self.version, format=form)
        made.heading, made.manifest = heading, replace(made.manifest, heading=heading)
        return Forgery(council=self.council, made=made, **changed)
