"""A parcel in age: the data and its manifest in one container, in one sealed file.

data ─▶ container ─▶ age ─▶ TRANSFER.age
manifest, signed ─▶ container ─▶ age, final chunk
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gateway.crypto.age import Recipient, encrypting, parse_recipient, recipient_fingerprint
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing import durable
from gateway.seal.behind import behind
from gateway.seal.container import ContainerWriter
from gateway.seal.draft import Describe, Draft
from gateway.seal.manifest import Manifest
from gateway.seal.metered import MeteredFile, Random
from gateway.seal.settling import settling
from gateway.vocabulary.digest import Meter
from gateway.vocabulary.namespaces import of_act


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeSealer:
    recipients: tuple[Recipient, ...]
    keys: tuple[str, ...]
    signing: SigningKey
    domain: str
    file_name: str
    random: Random

    @classmethod
    def of(cls, draft: Draft, signing: SigningKey, random: Random) -> Self:
        """KeyUnavailable if a recipient is none."""
        return cls(
            recipients=tuple(parse_recipient(to.recipient) for to in draft.recipients),
            keys=tuple(recipient_fingerprint(to.recipient) for to in draft.recipients),
            signing=signing,
            domain=draft.domain,
            file_name=draft.file_name,
            random=random,
        )

    def write(
        self, paths: Sequence[Path], chunks: Iterable[bytes], describe: Describe
    ) -> tuple[Manifest, tuple[Meter, ...]]:
        (path,) = paths
        with durable.created(path) as stream, settling(stream) as write, behind(write) as disk:
            ciphertext = MeteredFile(disk.write, path.name)
            # this thread reads and hashes, one encrypts, one hashes, one writes
            with (
                behind(ciphertext.write) as written,
                encrypting(written, self.recipients, self.random) as sealed,
                behind(sealed.write) as plain,
            ):
                container = ContainerWriter(plain)
                content = container.write_data(self.file_name, chunks, lambda: plain.is_busy or written.is_busy)
                manifest = describe(content)
                self._finish(container, manifest.encode())
        return manifest, (ciphertext.meter,)

    def _finish(self, container: ContainerWriter, page: bytes) -> None:
        container.finish(page, self.signing.sign(page, of_act("content", self.domain)).encode("ascii"))
