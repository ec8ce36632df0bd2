"""A parcel in OpenPGP: the data and the manifest are a message each, since OpenPGP has no container.

    data ─▶ message ─▶ TRANSFER.pgp
    manifest ─▶ message ─▶ TRANSFER.manifest.pgp

Each message is signed with our key for this partner, and names the certificates it is meant for.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from gateway.crypto.openpgp import EncryptionKey, MessageSigner, encrypting
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import durable
from gateway.seal.behind import Behind, behind
from gateway.seal.deflating import blocks
from gateway.seal.draft import Describe, Draft
from gateway.seal.manifest import Manifest
from gateway.seal.metered import MeteredFile, Random
from gateway.seal.openpgp.certificates import parse_certificate
from gateway.seal.openpgp.own_key import message_signer
from gateway.seal.openpgp.plain import Plain
from gateway.seal.settling import settling
from gateway.vocabulary.digest import Meter

PIECE: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenPgpSealer:
    recipients: tuple[EncryptionKey, ...]
    intended: tuple[bytes, ...]
    keys: tuple[str, ...]
    signer: MessageSigner
    at: datetime
    random: Random

    @classmethod
    def of(cls, draft: Draft, openpgp_key: SigningKey, random: Random) -> Self:
        """KeyUnavailable if a recipient is no certificate that may be used at this time."""
        certificates = [parse_certificate(to.recipient.encode()) for to in draft.recipients]
        return cls(
            recipients=tuple(key for one in certificates for key in one.encrypting_keys(draft.created)),
            intended=tuple(bytes.fromhex(one.openpgp_fingerprint) for one in certificates),
            keys=tuple(one.fingerprint for one in certificates),
            signer=message_signer(openpgp_key, draft.sender, draft.recipients[0].id, draft.domain),
            at=draft.created,
            random=random,
        )

    def write(
        self, paths: Sequence[Path], chunks: Iterable[bytes], describe: Describe
    ) -> tuple[Manifest, tuple[Meter, ...]]:
        sealed, inside = paths
        with self._message(sealed) as message:
            for piece in blocks(chunks, PIECE):
                message.write(piece)
            manifest = describe(message.plain)
        with self._message(inside) as page:
            page.write(manifest.encode())
        return manifest, (message.file.meter, page.file.meter)

    @contextmanager
    def _message(self, path: Path) -> "Iterator[_Message]":
        plain = Plain()
        with durable.created(path) as stream, settling(stream) as write, behind(write) as disk:
            file = MeteredFile(disk.write, path.name)
            # this thread reads and hashes, one encrypts, one hashes, one writes
            with (
                behind(file.write) as written,
                encrypting(
                    written,
                    self.recipients,
                    signer=self.signer,
                    hashed=plain.sha,
                    intended=self.intended,
                    at=self.at,
                    random=self.random,
                ) as message,
                behind(message.write) as sink,
            ):
                yield _Message(plain, sink, file)


@dataclass(frozen=True, slots=True)
class _Message:
    plain: Plain
    sink: Behind
    file: MeteredFile

    def write(self, data: bytes) -> None:
        self.plain.feed(data)
        self.sink.write(data)
