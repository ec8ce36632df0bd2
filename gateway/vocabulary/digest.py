"""SHA-256 digests as values, and streams that are hashed while they pass."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedReader

from gateway.vocabulary.errors import FormatInvalid

_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Digest:
    """A SHA-256 digest: 32 bytes, spelled as 64 lower-case hex digits."""

    raw: bytes

    @classmethod
    def of(cls, data: bytes) -> "Digest":
        return cls(hashlib.sha256(data).digest())

    @classmethod
    def of_stream(cls, stream: BufferedReader) -> "Digest":
        return cls(hashlib.file_digest(stream, "sha256").digest())

    @classmethod
    def parse(cls, text: str) -> "Digest":
        if not _HEX.fullmatch(text):
            raise FormatInvalid("a digest is not 64 lower-case hex digits")
        return cls(bytes.fromhex(text))

    def __str__(self) -> str:
        return self.raw.hex()


class Meter:
    """Counts and hashes the bytes that pass through it."""

    def __init__(self) -> None:
        self._sha = hashlib.sha256()
        self.size = 0

    def feed(self, data: bytes | memoryview) -> None:
        self._sha.update(data)
        self.size += len(data)

    def watch(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.feed(chunk)
            yield chunk

    @property
    def digest(self) -> Digest:
        return Digest(self._sha.digest())
