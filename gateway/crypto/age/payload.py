"""age's payload: chunks of 64 KiB under ChaCha20-Poly1305, the last one marked as such (STREAM).

Encryption is a writer around a writer. Leaving its block normally writes the final chunk;
leaving by exception does not, so what was broken off can never pass for whole.
"""

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gateway.crypto.age.derive import FILE_KEY, hkdf
from gateway.crypto.age.header import Source, Stanza, base64_encode, covered_bytes, read_header
from gateway.crypto.age.passphrase import KIND as PASSPHRASE
from gateway.crypto.age.recipients import Identity, Recipient
from gateway.vocabulary.errors import (
    AgeHeaderInvalid,
    AgeMacInvalid,
    AgeNoMatch,
    AgePayloadInvalid,
    KeyUnavailable,
)

CHUNK, TAG, NONCE = 64 * 1024, 16, 16
BATCH = 16 * (CHUNK + TAG)
"""So much is read at once."""
_MORE, _LAST = b"\0", b"\1"


class Sink(Protocol):
    def write(self, data: bytes | memoryview, /) -> object: ...


class AgeWriter:
    """Takes plaintext in pieces of any size; holds back at most one chunk."""

    def __init__(self, sink: Sink, key: bytes) -> None:
        self._sink, self._aead = sink, ChaCha20Poly1305(key)
        self._held = bytearray()
        self._number = 0

    def write(self, data: bytes | memoryview) -> None:
        """A chunk goes out only once more is known to follow: the last must be marked.

        All that goes out at once is one write of the sink's.
        """
        view = memoryview(data)
        count = (len(self._held) + len(view) - 1) // CHUNK
        if count > 0:
            view = self._seal_whole(view, count)
        self._held += view

    def finish(self) -> None:
        last = bytearray(len(self._held) + TAG)
        self._seal(self._held, _LAST, memoryview(last))
        self._sink.write(memoryview(last))

    def _seal_whole(self, view: memoryview, count: int) -> memoryview:
        """Seal so many chunks, the first out of what is held; what is left of `view`."""
        sealed = memoryview(bytearray(count * (CHUNK + TAG)))
        room = CHUNK - len(self._held)
        first: bytes | bytearray | memoryview = self._held + view[:room] if self._held else view[:room]
        for start in range(0, len(sealed), CHUNK + TAG):
            self._seal(first, _MORE, sealed[start : start + CHUNK + TAG])
            view = view[room:]
            room, first = CHUNK, view[:CHUNK]
        self._held.clear()
        self._sink.write(sealed)
        return view

    def _seal(self, plain: bytes | bytearray | memoryview, mark: bytes, into: memoryview) -> None:
        nonce = self._number.to_bytes(11, "big") + mark
        self._number += 1
        self._aead.encrypt_into(nonce, plain, None, into)


@contextmanager
def encrypting(
    sink: Sink, recipients: Sequence[Recipient], random: Callable[[int], bytes] = secrets.token_bytes
) -> Iterator[AgeWriter]:
    """Seal what is written in the block to `recipients`.

    Raises:
        KeyUnavailable: no recipient, post-quantum and classical ones mixed, or a passphrase beside another.
    """
    _check_together(recipients)
    file_key, nonce = random(FILE_KEY), random(NONCE)
    covered = covered_bytes([recipient.wrap(file_key, random) for recipient in recipients])
    mac = _mac(file_key, covered).finalize()
    sink.write(covered + b" " + base64_encode(mac) + b"\n" + nonce)
    writer = AgeWriter(sink, hkdf(file_key, nonce, b"payload"))
    yield writer
    writer.finish()


def _check_together(recipients: Sequence[Recipient]) -> None:
    if len({recipient.post_quantum for recipient in recipients}) != 1:
        raise KeyUnavailable("a file is sealed to at least one recipient, and never to both kinds of them")
    if len(recipients) > 1 and any(recipient.alone for recipient in recipients):
        raise KeyUnavailable("a file with a passphrase is sealed to nobody else")


def decrypting(source: Source, identities: Sequence[Identity]) -> Iterator[memoryview]:
    """Authentic chunks, some together, one after another. Discard them all if this raises.

    Raises:
        AgeHeaderInvalid, AgeNoMatch, AgeMacInvalid, AgePayloadInvalid: what is wrong, the first of these.
    """
    header = read_header(source)
    file_key = _unwrap(header.stanzas, identities)
    try:
        _mac(file_key, header.covered).verify(header.mac)
    except InvalidSignature as error:
        raise AgeMacInvalid("an age header was changed") from error
    nonce = _read(source, NONCE)
    if len(nonce) != NONCE:
        raise AgeHeaderInvalid("an age file ends before its payload")
    yield from _chunks(source, ChaCha20Poly1305(hkdf(file_key, nonce, b"payload")))


def _chunks(source: Source, aead: ChaCha20Poly1305) -> Iterator[memoryview]:
    """Of a batch in which something is wrong, what comes before it is given out first."""
    number, data, more = 0, _read(source, BATCH), True
    while more:
        following = _read(source, BATCH)
        more = bool(following)
        plain, filled = memoryview(bytearray(len(data))), 0
        try:
            for chunk, is_last in _cut(data, more=more):
                size, marked_last = _open(aead, number, chunk, plain[filled:])
                _check_not_empty(size, number, marked_last=marked_last)
                filled += size
                _check_end(is_last=is_last, marked_last=marked_last)
                number += 1
        except AgePayloadInvalid:
            yield plain[:filled]
            raise
        yield plain[:filled]
        data = following


def _check_not_empty(size: int, number: int, *, marked_last: bool) -> None:
    if marked_last and not size and number:
        raise AgePayloadInvalid("an age file ends in an empty chunk")


def _check_end(*, is_last: bool, marked_last: bool) -> None:
    if marked_last and not is_last:
        raise AgePayloadInvalid("an age file goes on after its end")
    if is_last and not marked_last:
        raise AgePayloadInvalid("an age file is cut short")


def _cut(data: bytes, *, more: bool) -> Iterator[tuple[memoryview, bool]]:
    """Each chunk of a batch, and whether the file ends with it. An empty batch is one empty chunk."""
    view, size = memoryview(data), CHUNK + TAG
    for start in range(0, max(len(view), 1), size):
        yield view[start : start + size], not more and start + size >= len(view)


def _open(aead: ChaCha20Poly1305, number: int, data: memoryview, into: memoryview) -> tuple[int, bool]:
    """How many bytes a chunk holds, and whether it is the last. A short one must be; a full one may be either."""
    for mark in (_MORE, _LAST) if len(data) == CHUNK + TAG else (_LAST,):
        try:
            size = len(data) - TAG
            return aead.decrypt_into(number.to_bytes(11, "big") + mark, data, None, into[: max(size, 0)]), mark == _LAST
        except (InvalidTag, ValueError):
            continue
    raise AgePayloadInvalid("a chunk of an age file was changed or is cut short")


def _unwrap(stanzas: Sequence[Stanza], identities: Sequence[Identity]) -> bytes:
    if len(stanzas) > 1 and any(stanza.kind == PASSPHRASE for stanza in stanzas):
        raise AgeHeaderInvalid("an age file mixes a passphrase with other recipients")
    for identity in identities:
        for stanza in stanzas:
            key = identity.unwrap(stanza)
            if key is not None:
                if len(key) != FILE_KEY:
                    raise AgeHeaderInvalid("an age file key has a wrong length")
                return key
    raise AgeNoMatch("the age file is not sealed to this identity")


def _mac(file_key: bytes, covered: bytes) -> hmac.HMAC:
    mac = hmac.HMAC(hkdf(file_key, b"", b"header"), hashes.SHA256())
    mac.update(covered)
    return mac


def _read(source: Source, size: int) -> bytes:
    data = source.read(size)
    while 0 < len(data) < size and (more := source.read(size - len(data))):
        data += more
    return data
