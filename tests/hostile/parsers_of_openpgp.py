"""What of OpenPGP strangers write, and what is sound of each kind: messages, keys, certificates, signatures, answers.

Certificates and answers are read by a process of its own, as in the product, which costs a hundred
times what parsing costs: those two get fewer inputs (SLOW).
"""

import hashlib
import io
import subprocess
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec

from gateway.crypto.openpgp import (
    EncryptionKey,
    MessageSigner,
    SignedMessage,
    UnverifiedMessageSignature,
    decrypting,
    read_secret_keys,
    read_signing_certificates,
)
from gateway.crypto.openpgp.armor import PRIVATE, armored
from gateway.crypto.openpgp.binding import verify_binding
from gateway.crypto.openpgp.packets import split
from gateway.crypto.ssh_keys import SigningKey
from gateway.seal.openpgp.answering import verify_answer
from gateway.seal.openpgp.certificates import parse_certificate
from tests.hostile.parsers_of_parcels import acknowledgement
from tests.required import missing
from tests.simulators.gnupg import gnupg
from tests.simulators.openpgp import inside, kept, message

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
USER_ID, LOCK = "council for partner <partner@council.example>", "a sentence"
SIGNER = MessageSigner(SigningKey.generate_ed25519(), USER_ID)
OURS = read_signing_certificates(SIGNER.certificate().encode(), USER_ID)
DATA = b"reference,forename\n7q3k,Wilf\n"
SLOW = {"openpgp certificate": 50, "openpgp answer": 50}
"""How many times fewer inputs."""


@cache
def locked() -> bytes:
    with gnupg() as gpg:
        gpg.make_kind("locked", "future-default", passphrase=LOCK)
        return gpg.exported("locked", passphrase=LOCK)


@cache
def own():
    return kept("partner").own


def packets() -> list[bytes]:
    return inside(DATA, SIGNER, [own().fingerprint], AT)


def _read(pieces) -> None:
    reader = SignedMessage(pieces)
    data = b"".join(reader.data())
    reader.finish().verify(hashlib.sha256(data), OURS, intended=[own().fingerprint], at=AT)


def _decrypt(data: bytes) -> None:
    _read(decrypting(io.BytesIO(data), own().keys))


def _unwrap(data: bytes) -> None:
    own().keys[0].unwrap(data)


def _signature(data: bytes) -> None:
    UnverifiedMessageSignature.parse(data).verify(hashlib.sha256(DATA), OURS, intended=[own().fingerprint], at=AT)


def _joined(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def _apart(data: bytes, count: int) -> list[bytes]:
    parts = []
    for _ in range(count):
        size = int.from_bytes(data[:2], "big")
        parts.append(data[2 : 2 + size])
        data = data[2 + size :]
    return parts


def _binding() -> bytes:
    """The key of a certificate, its subkey, and the signature between them."""
    with gnupg() as gpg:
        found = list(split(gpg.packets(kept("partner").certificate)))
    place = next(number for number, (tag, _) in enumerate(found) if tag == 14)
    return _joined(found[0][1], found[place][1], found[place + 1][1])


def _wrapped() -> bytes:
    ((_, body),) = split(own().keys[0].public.wrap(bytes(32), lambda size: b"\7" * size))
    return body


def _certificate() -> bytes:
    if find_spec("pysequoia") is None:
        missing("pysequoia is not installed")
    return kept("partner").certificate.encode()


def _answer(data: bytes) -> None:
    body, signature = _apart(data, 2)
    verify_answer(body, signature, parse_certificate(_certificate()), AT)


@cache
def _sound_answer() -> bytes:
    body = acknowledgement()
    with gnupg() as gpg:
        gpg.run("--import", stdin=kept("partner").whole)
        command = [
            "gpg",
            "--homedir",
            gpg.home,
            "--batch",
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            "",
            "--detach-sign",
        ]
        signature = subprocess.run(command, input=body, capture_output=True, check=True, timeout=60).stdout
    return _joined(body, signature)


PARSERS = {
    "openpgp message": (_decrypt, lambda: [message(packets(), [own().keys[0].public])]),
    "openpgp message inside": (lambda data: _read([data]), lambda: [b"".join(packets())]),
    "openpgp signature": (_signature, lambda: [body for _, body in split(packets()[2])]),
    "openpgp session key": (_unwrap, lambda: [_wrapped()]),
    "openpgp encryption key": (EncryptionKey.parse, lambda: [
        key.own.keys[0].public.body for key in (kept("partner"), kept("nistp256", "nistp256"), kept("rsa2048", "rsa2048"))
    ]),
    "openpgp secret key": (
        lambda data: read_secret_keys(data, LOCK.encode()),
        lambda: [kept("partner").exported, armored(kept("partner").exported, PRIVATE).encode(), locked()],
    ),
    "openpgp sender's certificate": (
        lambda data: read_signing_certificates(data, USER_ID), lambda: [SIGNER.certificate().encode()],
    ),
    "openpgp binding": (lambda data: verify_binding(*_apart(data, 3)), lambda: [_binding()]),
    "openpgp certificate": (parse_certificate, lambda: [_certificate()]),
    "openpgp answer": (_answer, lambda: [_sound_answer()]),
}  # fmt: skip
