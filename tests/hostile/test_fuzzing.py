"""Whatever a stranger writes, a parser answers with a value or with one of our refusals, and with nothing else.

hypothesis draws where to begin; from there each input is a sound one, cut, spliced and overwritten.
FUZZ_INPUTS says how many inputs each parser gets (2000): a million between them is FUZZ_INPUTS=60000.
"""

import io
import os
import random
from collections.abc import Callable, Iterable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from gateway.seal.acknowledgement import Acknowledgement
from gateway.seal.envelope import Envelope
from gateway.seal.manifest import Manifest
from gateway.seal.unpacking import ContainerReader, TooLarge
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import GatewayError
from tests.simulators.council import AT, CSV, ME, Council, build
from tests.simulators.security_key import SecurityKey

INPUTS, BATCH = int(os.environ.get("FUZZ_INPUTS", "2000")), 100
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


def _envelope() -> bytes:
    return Envelope(
        heading=PIECES.heading, manifest=Digest.of(PAGE), ciphertext=Digest.of(b""), size=1, witness=PIECES.witness
    ).encode()


def _acknowledgement() -> bytes:
    return Acknowledgement(
        transfer=PIECES.heading.transfer, envelope=Digest.of(b"e"), manifest=Digest.of(PAGE), disposition="accepted",
        code=None, rows=2, at=AT, recipient=ME, checkpoint=NOTE,
    ).encode()  # fmt: skip


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
PARSERS: dict[str, tuple[Callable[[bytes], object], Iterable[bytes]]] = {
    "age": (
        lambda data: list(decrypting(io.BytesIO(data), [X25519, HYBRID, SSH])),
        [_sealed(X25519.recipient()), _sealed(HYBRID.recipient()), _sealed(SSH.recipient(), X25519.recipient())],
    ),
    "age armor": (dearmor, [armor(_sealed(X25519.recipient()))]),
    "age recipient": (
        lambda data: parse_recipient(_text(data)),
        [X25519.recipient().spelled().encode(), SSH.recipient().spelled().encode()],
    ),
    "age identity": (lambda data: parse_identity(_text(data)), [X25519.spelled().encode(), HYBRID.spelled().encode()]),
    "identity file": (read_identities, [f"# x\n{X25519.spelled()}\n".encode(), KEY.openssh_private()]),
    "signature": (_verify, SIGNATURES),
    "signature inside": (
        lambda data: _verify(signature_armor(data).encode()), [signature_dearmor(text) for text in SIGNATURES]
    ),
    "public key line": (lambda data: PublicKey.parse(_text(data)), [KEY.public_line("jo").encode()]),
    "public key": (PublicKey, [KEY.public.blob, TOUCHED.public.blob]),
    "private key": (SigningKey.load, [KEY.openssh_private("jo")]),
    "signers": (lambda data: Signers.parse(_text(data), source="x"), [LINES, LINES * 3]),
    "revoked": (lambda data: parse_revoked(_text(data), source="x"), [f"{KEY.fingerprint}\n".encode(), f"# x\n{KEY.public_line()}\n".encode()]),
    "note": (lambda data: open_note(data, [COUNCIL.log.public]), [NOTE.encode()]),
    "verifier key": (lambda data: Vkey.parse(_text(data)), [COUNCIL.log.public.spelled.encode()]),
    "checkpoint": (lambda data: Checkpoint.parse(_text(data)), [NOTE.split("\n\n")[0].encode() + b"\n"]),
    "envelope": (Envelope.parse, [_envelope()]),
    "manifest": (Manifest.parse, [PAGE]),
    "acknowledgement": (Acknowledgement.parse, [_acknowledgement()]),
    "container": (_inflate, [build(CSV, PAGE, SIGNATURES[0])[:9000]]),
}  # fmt: skip
_SPICE = [
    b"",
    b"\0",
    b"\xff" * 4,
    b"\n",
    b'"',
    b"{}",
    b"-1",
    b"A" * 64,
    b"\x80" * 8,
    b"PK\x01\x02",
    b"-> ",
    b"1e9",
    b"\\u0000",
]


def changed(sound: bytes, chance: random.Random) -> bytes:
    data = bytearray(sound)
    for _ in range(chance.randrange(1, 5)):
        place, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        match chance.randrange(6):
            case 0:
                del data[place:]
            case 1:
                del data[place : min(end, place + 40)]
            case 2:
                data[place:place] = chance.choice(_SPICE)
            case 3:
                data[place : place + 1] = bytes([chance.randrange(256)])
            case 4:
                data[place:place] = data[place : min(end, place + 200)]
            case 5:
                data[place : place + 4] = chance.randbytes(4)
    return bytes(data)


@pytest.mark.timeout(0)
@pytest.mark.parametrize("name", PARSERS)
def test_a_parser_gives_a_value_or_one_of_our_refusals(name):
    parse, sound = PARSERS[name]
    seeds = list(sound)

    @given(st.integers(0, 2**64 - 1))
    @settings(max_examples=max(1, INPUTS // BATCH), deadline=None, database=None)
    def inputs(seed):
        chance = random.Random(seed)
        for _ in range(BATCH):
            data = changed(chance.choice(seeds), chance)
            try:
                parse(data)
            except GatewayError:
                continue

    inputs()


@pytest.mark.parametrize("name", PARSERS)
def test_each_parser_takes_what_it_is_changed_from(name):
    """Else nothing but its first line would ever be reached."""
    parse, sound = PARSERS[name]
    for data in sound:
        parse(data)
