"""A council that seals parcels: with the product's own sealer, or by hand where the parcel must be wrong.

`seal` makes a sound parcel. `forge` takes the pieces of one and lets a test replace any of
them; what is replaced is sealed and signed like the rest, so that only the check that is
meant can refuse it.
"""

import io
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.crypto import note
from gateway.crypto.age import encrypting, generate_identity, parse_recipient, recipient_fingerprint
from gateway.crypto.checkpoint import Checkpoint, log_key
from gateway.crypto.merkle import completed_by, consistency, leaf_hash, root
from gateway.crypto.ssh_keys import SigningKey
from gateway.seal.container import ContainerWriter
from gateway.seal.envelope import Envelope
from gateway.seal.heading import Heading, Party
from gateway.seal.manifest import DataFile, Manifest
from gateway.seal.sealing import Addressee, Draft, SealedParcel, Settled, Witness, seal
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.namespaces import of_act
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import TransferId

DOMAIN, SENDER, ME = "council.example", "gateway.council.example", "youth-support"
ORIGIN = "council.example/handoff"
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
CSV = b'reference,forename\n7q3k,Wilf\n9x2m,"Ottoline, called ""Otti"""\n'
ROWS = 2


class GrowingLog:
    """A receipt log in memory: leaves, signed checkpoints, proofs."""

    def __init__(self) -> None:
        self.key = SigningKey.generate_ed25519()
        self.public = log_key(ORIGIN, self.key.public_raw)
        self.size = 0
        self._nodes: dict[tuple[int, int], bytes] = {}

    def append(self, *bodies: bytes) -> None:
        for body in bodies:
            for level, index, node in completed_by(self.size, leaf_hash(body), self.node):
                self._nodes[level, index] = node
            self.size += 1

    def node(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]

    def note(self) -> str:
        return note.sign(Checkpoint(ORIGIN, self.size, root(self.size, self.node)).text(), ORIGIN, self.key)

    def witness(self, since: int = 0) -> Witness:
        return Witness(note=self.note(), since=since, proof=tuple(consistency(since, self.size, self.node)))


@dataclass
class Council:
    recipient: str
    """The age recipient of the partner."""
    key: SigningKey = field(default_factory=SigningKey.generate_ed25519)
    log: GrowingLog = field(default_factory=GrowingLog)
    openpgp_key: SigningKey | None = None
    """For this partner, if it takes OpenPGP; then `recipient` is its certificate."""

    def draft(self, **changed: Any) -> Draft:
        at = changed.pop("at", AT)
        self.log.append(secrets.token_bytes(8))
        facts: dict[str, Any] = {
            "format": "openpgp" if self.openpgp_key else "age",
            "transfer": TransferId.new(at, secrets.token_bytes), "route": "yss", "scope": "full", "sequence": 1,
            "sender": SENDER, "recipients": (Addressee(id=ME, recipient=self.recipient),), "created": at,
            "release_by": at + timedelta(hours=4), "expires": at + timedelta(days=30),
            "salt": secrets.token_bytes(32), "file_name": "yss.csv", "agreement": "DSA-7",
            "basis": ("Education and Skills Act 2008, section 72",), "retention": "Destroy after twelve months",
            "domain": DOMAIN, "witness": self.log.witness(),
        }  # fmt: skip
        return Draft(**(facts | changed))

    def seal(
        self,
        folder: Path,
        chunks: Iterable[bytes] = (CSV,),
        *,
        rows: int = ROWS,
        settle: Callable[[], Settled] | None = None,
        **changed: Any,
    ) -> SealedParcel:
        settled = settle or (lambda: Settled(rows=rows))
        return seal(
            self.draft(**changed), folder, chunks, settled, key=self.key, random=secrets.token_bytes,
            openpgp_key=self.openpgp_key,
        )  # fmt: skip

    def pieces(self, **changed: Any) -> "Pieces":
        draft = self.draft(**changed)
        heading = Heading(
            transfer=draft.transfer, route=draft.route, sequence=draft.sequence,
            sender=Party(draft.sender, self.key.fingerprint),
            recipients=tuple(Party(to.id, recipient_fingerprint(to.recipient)) for to in draft.recipients),
            created=draft.created, release_by=draft.release_by, expires=draft.expires,
        )  # fmt: skip
        manifest = Manifest(
            heading=heading, scope=draft.scope, salt=draft.salt,
            file=DataFile(name=draft.file_name, size=len(CSV), digest=Digest.of(CSV), rows=ROWS),
            agreement=draft.agreement, basis=draft.basis, retention=draft.retention,
        )  # fmt: skip
        return Pieces(council=self, heading=heading, manifest=manifest, witness=draft.witness)


@dataclass(kw_only=True)
class Pieces:
    """A parcel in the making. Set what must be wrong, then `write` it; the rest follows from it."""

    council: Council
    heading: Heading
    manifest: Manifest
    witness: Witness
    data: bytes = CSV
    content_key: SigningKey | None = None
    content_act: str = "content"
    envelope_key: SigningKey | None = None
    envelope_act: str = "envelope"
    domain: str = DOMAIN
    container: Callable[[bytes, bytes, bytes], bytes] | None = None
    """Builds the container out of data, manifest and signature."""
    ciphertext: Callable[[bytes], bytes] = bytes
    """Spoils the ciphertext before it is hashed for the envelope."""
    recipient: str = ""
    envelope: dict[str, Any] = field(default_factory=dict)
    """Members of the Envelope that are not as they follow."""

    def write(self, folder: Path) -> TransferId:
        key = self.council.key
        page = self.manifest.encode()
        signature = (self.content_key or key).sign(page, of_act(self.content_act, self.domain)).encode()
        sealed = self.ciphertext(self._sealed((self.container or build)(self.data, page, signature)))
        follows: dict[str, Any] = {
            "heading": self.heading, "manifest": Digest.of(page), "ciphertext": Digest.of(sealed),
            "size": len(sealed), "witness": self.witness,
        }  # fmt: skip
        envelope = Envelope(**(follows | self.envelope)).encode()
        outer = (self.envelope_key or key).sign(envelope, of_act(self.envelope_act, self.domain)).encode()
        for name, content in zip(names_of(self.heading.transfer), (sealed, outer, envelope), strict=True):
            (folder / name).write_bytes(content)
        return self.heading.transfer

    def _sealed(self, container: bytes) -> bytes:
        sink = io.BytesIO()
        with encrypting(sink, [parse_recipient(self.recipient or self.council.recipient)]) as plain:
            plain.write(container)
        return sink.getvalue()


def build(data: bytes, manifest: bytes, signature: bytes, name: str = "yss.csv") -> bytes:
    """The container as the product writes it."""
    sink = io.BytesIO()
    writer = ContainerWriter(sink)
    writer.write_data(name, [data])
    writer.finish(manifest, signature)
    return sink.getvalue()


def stranger() -> str:
    """Somebody's age recipient, whose identity nobody has."""
    return generate_identity().recipient().spelled()
