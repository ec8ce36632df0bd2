"""What a parcel in age is made of, with the keys and signatures around it: what strangers write, and what is sound of each kind."""

import io
from contextlib import suppress
from dataclasses import replace

from gateway.crypto.age import (
    decrypting,
    encrypting,
    generate_hybrid_identity,
    generate_identity,
    parse_identity,
    parse_recipient,
)
from gateway.crypto.age.armor import armor, dearmor
from gateway.crypto.age.identity_file import read_identities
from gateway.crypto.age.ssh import SshIdentity
from gateway.crypto.checkpoint import Checkpoint
from gateway.crypto.note import Vkey, open_note
from gateway.crypto.revoked import parse_revoked
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import SigningKey
from gateway.crypto.ssh_public import PublicKey
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.crypto.sshsig_format import armor as signature_armor
from gateway.crypto.sshsig_format import dearmor as signature_dearmor
from gateway.seal.acknowledgement import Acknowledgement, UnverifiedAcknowledgement
from gateway.seal.envelope import Envelope, Weight
from gateway.seal.manifest import Manifest
from gateway.seal.unpacking import ContainerReader, TooLarge
from gateway.story.staged import Staged
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.transfer import TransferId
from tests.simulators.council import AT, CSV, ME, Council, build
from tests.simulators.security_key import SecurityKey

X25519, HYBRID, SSH = generate_identity(), generate_hybrid_identity(), SshIdentity(SigningKey.generate_ed25519())
KEY, TOUCHED = SigningKey.generate_ed25519(), SecurityKey()
COUNCIL = Council(X25519.recipient().spelled())
PIECES = COUNCIL.pieces()
PAGE = PIECES.manifest.encode()
NOTE = COUNCIL.log.note()


def _sealed(*recipients: object) -> bytes:
    sink = io.BytesIO()
    with encrypting(sink, recipients) as writer:
        writer.write(bytes(300))
    return sink.getvalue()


def _envelope(version: int) -> bytes:
    """Of version 2, around an OpenPGP parcel."""
    heading, weight = PIECES.heading, None
    if version == 2:
        heading, weight = replace(heading, version=2, format="openpgp"), Weight(1, Digest.of(b"m"))
    return Envelope(
        heading=heading, manifest=Digest.of(PAGE), ciphertext=Digest.of(b""), size=1, witness=PIECES.witness,
        description=weight,
    ).encode()  # fmt: skip


def acknowledgement() -> bytes:
    return Acknowledgement(
        transfer=PIECES.heading.transfer, envelope=Digest.of(b"e"), manifest=Digest.of(PAGE), disposition="accepted",
        code=None, rows=2, at=AT, recipient=ME, checkpoint=NOTE,
    ).encode()  # fmt: skip


def _answer(data: bytes) -> None:
    body, line, signature = data.partition(b"\n")
    UnverifiedAcknowledgement.parse(body + line, signature).verify(KEY.public, "x")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _inflate(data: bytes) -> None:
    reader = ContainerReader([data])
    with suppress(TooLarge):
        for _ in reader.data(1 << 20):
            pass
        reader.finish()


def _verify(data: bytes) -> None:
    UnverifiedSignature.parse(data).verify(b"text", "content@x")


SIGNATURES = [KEY.sign(b"text", "content@x").encode(), TOUCHED.sign(b"text", "content@x").encode()]
LINES = f'jo@x namespaces="prepare.yss@x",valid-before="20271231Z" {KEY.public_line()}\n'.encode()
STAGED = Staged(
    transfer=TransferId("0" * 26), sender="northmere", domain="x", key=KEY.public_line(), partner="p", recipient="age1",
    envelope="0" * 64,
)  # fmt: skip
PARSERS = {
    "age": (
        lambda data: list(decrypting(io.BytesIO(data), [X25519, HYBRID, SSH])),
        lambda: [_sealed(X25519.recipient()), _sealed(HYBRID.recipient()), _sealed(SSH.recipient(), X25519.recipient())],
    ),
    "age armor": (dearmor, lambda: [armor(_sealed(X25519.recipient()))]),
    "age recipient": (
        lambda data: parse_recipient(_text(data)),
        lambda: [one.recipient().spelled().encode() for one in (X25519, SSH, HYBRID)],
    ),
    "age identity": (lambda data: parse_identity(_text(data)), lambda: [X25519.spelled().encode(), HYBRID.spelled().encode()]),
    "identity file": (read_identities, lambda: [f"# x\n{X25519.spelled()}\n".encode(), KEY.openssh_private()]),
    "signature": (_verify, lambda: SIGNATURES),
    "signature inside": (
        lambda data: _verify(signature_armor(data).encode()), lambda: [signature_dearmor(text) for text in SIGNATURES]
    ),
    "public key line": (lambda data: PublicKey.parse(_text(data)), lambda: [KEY.public_line("jo").encode()]),
    "public key": (PublicKey, lambda: [KEY.public.blob, TOUCHED.public.blob]),
    "private key": (SigningKey.load, lambda: [KEY.openssh_private("jo")]),
    "signers": (lambda data: Signers.parse(_text(data), source="x"), lambda: [LINES, LINES * 3]),
    "revoked": (lambda data: parse_revoked(_text(data), source="x"), lambda: [f"{KEY.fingerprint}\n".encode(), f"# x\n{KEY.public_line()}\n".encode()]),
    "note": (lambda data: open_note(data, [COUNCIL.log.public]), lambda: [NOTE.encode()]),
    "verifier key": (lambda data: Vkey.parse(_text(data)), lambda: [COUNCIL.log.public.spelled.encode()]),
    "checkpoint": (lambda data: Checkpoint.parse(_text(data)), lambda: [NOTE.split("\n\n")[0].encode() + b"\n"]),
    "envelope": (Envelope.parse, lambda: [_envelope(1), _envelope(2)]),
    "manifest": (Manifest.parse, lambda: [PAGE]),
    "answer": (_answer, lambda: [acknowledgement() + KEY.sign(acknowledgement(), "acknowledge@x").encode()]),
    "acknowledgement": (Acknowledgement.parse, lambda: [acknowledgement()]),
    "staged": (Staged.parse, lambda: [STAGED.encode()]),
    "container": (_inflate, lambda: [build(CSV, PAGE, SIGNATURES[0])[:9000]]),
}  # fmt: skip
