"""Everything that somebody between council and partner may do to a parcel, a row each, and what the reader says.

A row takes the parcel's folder and spoils it, as who holds the server could, or as who even holds
the sender's desk could (`forge`): then all is signed, and only the step that is meant can refuse.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.crypto.age import generate_hybrid_identity, recipient_fingerprint
from gateway.crypto.age.header import covered_bytes, read_header
from gateway.crypto.age.x25519 import X25519Identity
from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import SigningKey
from gateway.seal.heading import Party
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import TransferId
from tests.simulators.council import AT, CSV, DOMAIN, ME, SENDER, Council, stranger
from tests.unit.seal.conftest import RECIPIENT, Desk

CHUNK, TAG = 64 * 1024, 16


@dataclass
class Scene:
    council: Council
    desk: Desk
    sent: Path

    def parcel(self, **changed: Any) -> TransferId:
        return self.council.seal(self.sent, **changed).parcel.transfer

    def file(self, transfer: TransferId, which: int) -> Path:
        """0 the ciphertext, 1 the envelope's signature, 2 the envelope."""
        return self.sent / names_of(transfer)[which]

    def forge(self, **pieces: Any) -> TransferId:
        made = self.council.pieces()
        for name, value in pieces.items():
            setattr(made, name, value)
        return made.write(self.sent)

    def listed(self, lines: str) -> None:
        """The reader's signers file, another than usual."""
        sender = replace(self.desk.sender(), signers=Signers.parse(lines, source="the sender's signers file"))
        self.desk.sender = lambda: sender


@pytest.fixture
def scene(council, desk, sent):
    return Scene(council, desk, sent)


def line(key, *, acts=("content", "envelope"), options=""):
    return f'{SENDER} namespaces="{",".join(f"{act}@{DOMAIN}" for act in acts)}"{options} {key.public_line()}\n'


# who holds the server


def swapped(which: int) -> Callable[[Scene], TransferId]:
    """One file of a parcel is another parcel's."""

    def attack(scene: Scene) -> TransferId:
        first, second = scene.parcel(), scene.parcel()
        scene.file(first, which).write_bytes(scene.file(second, which).read_bytes())
        return first

    return attack


def envelope_and_signature_swapped(scene: Scene) -> TransferId:
    first, second = scene.parcel(), scene.parcel()
    for which in (1, 2):
        scene.file(first, which).write_bytes(scene.file(second, which).read_bytes())
    return first


def renamed_as_a_whole(scene: Scene) -> TransferId:
    first, second = scene.parcel(), scene.parcel()
    for which in range(3):
        scene.file(first, which).write_bytes(scene.file(second, which).read_bytes())
    return first


def replayed(scene: Scene) -> TransferId:
    transfer = scene.parcel()
    scene.desk.open(transfer, scene.sent)
    scene.desk.seen.add(transfer)
    scene.desk.expected = lambda route: 2
    return transfer


def old_parcel_held_back_until_a_later_one_was_taken(scene: Scene) -> TransferId:
    transfer = scene.parcel(sequence=1)
    scene.desk.expected = lambda route: 3
    return transfer


def removal_held_back(scene: Scene) -> TransferId:
    """The partner has taken 1; 2 says whom to remove and never comes; 3 must not hide that."""
    scene.parcel(sequence=2, scope="removal")
    scene.desk.expected = lambda route: 2
    return scene.parcel(sequence=3)


def sent_to_somebody_else_as_well(scene: Scene) -> TransferId:
    scene.desk.me = "somebody-else"
    return scene.parcel()


def kept_until_it_had_expired(scene: Scene) -> TransferId:
    scene.desk.at = AT + timedelta(days=31)
    return scene.parcel()


def stripped_and_signed_anew(scene: Scene) -> TransferId:
    thief = Council(scene.council.recipient)
    return thief.pieces().write(scene.sent)


# who may sign, but not this, or not any more


def signer_whose_right_has_ended(scene: Scene) -> TransferId:
    scene.listed(line(scene.council.key, options=f',valid-before="{AT:%Y%m%d}Z"'))
    return scene.parcel()


def signer_whose_right_has_not_begun(scene: Scene) -> TransferId:
    scene.listed(line(scene.council.key, options=f',valid-after="{AT + timedelta(days=1):%Y%m%d}Z"'))
    return scene.parcel()


def signer_who_was_revoked(scene: Scene) -> TransferId:
    signers = Signers.parse(line(scene.council.key), source="x", revoked=frozenset({scene.council.key.fingerprint}))
    sender = replace(scene.desk.sender(), signers=signers)
    scene.desk.sender = lambda: sender
    return scene.parcel()


def signer_of_contents_alone(scene: Scene) -> TransferId:
    scene.listed(line(scene.council.key, acts=("content",)))
    return scene.parcel()


def signer_of_envelopes_alone(scene: Scene) -> TransferId:
    scene.listed(line(scene.council.key, acts=("envelope",)))
    return scene.parcel()


def signer_of_another_route(scene: Scene) -> TransferId:
    scene.listed(f'{SENDER} namespaces="approve.yss@{DOMAIN}" {scene.council.key.public_line()}\n')
    return scene.parcel()


def signer_of_another_gateway(scene: Scene) -> TransferId:
    return scene.forge(domain="elsewhere.example")


def two_keys_of_the_sender_s(scene: Scene) -> TransferId:
    second = SigningKey.generate_ed25519()
    scene.listed(line(scene.council.key) + line(second))
    return scene.forge(content_key=second)


# who holds the sender's desk: the envelope names what was done to the ciphertext


def cut_after_chunk(number: int) -> Callable[[Scene], TransferId]:
    """A long parcel that ends where one of its chunks ends."""

    def cut(sealed: bytes) -> bytes:
        payload = sealed.index(b"\n--- ") + 5 + 43 + 1 + 16
        return sealed[: payload + number * (CHUNK + TAG)]

    return lambda scene: scene.forge(ciphertext=cut, container=_long)


def _long(data: bytes, manifest: bytes, signature: bytes) -> bytes:
    return bytes(4 * CHUNK)


def chunks_in_another_order(scene: Scene) -> TransferId:
    def mixed(sealed: bytes) -> bytes:
        payload, chunk = sealed.index(b"\n--- ") + 5 + 43 + 1 + 16, CHUNK + TAG
        one, two = (sealed[payload + n * chunk : payload + (n + 1) * chunk] for n in (0, 1))
        return sealed[:payload] + two + one + sealed[payload + 2 * chunk :]

    return scene.forge(ciphertext=mixed, container=_long)


def payload_of_another_parcel(scene: Scene) -> TransferId:
    other = scene.file(scene.parcel(), 0).read_bytes()
    start = other.index(b"\n--- ") + 5 + 43 + 1
    return scene.forge(ciphertext=lambda sealed: sealed[: sealed.index(b"\n--- ") + 49] + other[start:])


def stanza_taken_out(scene: Scene) -> TransferId:
    """The hybrid recipient's share is gone, an attacker's classical one stands in its place."""
    hybrid, thief = generate_hybrid_identity(), X25519Identity(bytes(31) + b"\1")
    scene.desk.reader = lambda: replace(
        Desk.reader(scene.desk), identities=[hybrid, thief],
        keys=frozenset({recipient_fingerprint(RECIPIENT)}),
    )  # fmt: skip
    return scene.forge(recipient=hybrid.recipient().spelled(), ciphertext=_with_another_stanza(thief))


def _with_another_stanza(thief: X25519Identity) -> Callable[[bytes], bytes]:
    def change(sealed: bytes) -> bytes:
        mac = sealed.index(b"\n--- ") + 1
        stanza = thief.recipient().wrap(bytes(16), lambda size: b"\7" * size)
        return covered_bytes([stanza]) + sealed[mac + 3 :]

    return change


def sealed_to_a_classical_key_though_ours_is_post_quantum(scene: Scene) -> TransferId:
    hybrid = generate_hybrid_identity()
    key = recipient_fingerprint(hybrid.recipient().spelled())
    scene.desk.reader = lambda: replace(Desk.reader(scene.desk), identities=[hybrid], keys=frozenset({key}))
    return scene.parcel()


def header_beyond_all_bounds(scene: Scene) -> TransferId:
    def inflate(sealed: bytes) -> bytes:
        stanza = b"-> grease\n" + (b"A" * 64 + b"\n") * 20_000 + b"\n"
        return sealed.replace(b"\n-> ", b"\n" + stanza + b"-> ", 1)

    return scene.forge(ciphertext=inflate)


def a_thousand_stanzas(scene: Scene) -> TransferId:
    return scene.forge(ciphertext=lambda sealed: sealed.replace(b"\n-> ", b"\n" + b"-> g\n\n" * 1000 + b"-> ", 1))


def sealed_to_somebody_else(scene: Scene) -> TransferId:
    return scene.forge(recipient=stranger())


def addressed_to_another_key(scene: Scene) -> TransferId:
    made = scene.council.pieces()
    made.heading = replace(made.heading, recipients=(Party(ME, "SHA256:" + "A" * 43),))
    return made.write(scene.sent)


TABLE = [
    (swapped(0), "ciphertext-hash"),
    (swapped(1), "envelope-signature"),
    (swapped(2), "envelope-signature"),
    (envelope_and_signature_swapped, "envelope-signature"),
    (renamed_as_a_whole, "envelope-signature"),
    (stripped_and_signed_anew, "envelope-signature"),
    (replayed, "replayed"),
    (old_parcel_held_back_until_a_later_one_was_taken, "sequence-old"),
    (removal_held_back, "sequence-gap"),
    (sent_to_somebody_else_as_well, "not-addressed"),
    (kept_until_it_had_expired, "expired"),
    (signer_whose_right_has_ended, "envelope-signature"),
    (signer_whose_right_has_not_begun, "envelope-signature"),
    (signer_who_was_revoked, "envelope-signature"),
    (signer_of_contents_alone, "envelope-signature"),
    (signer_of_envelopes_alone, "content-signature"),
    (signer_of_another_route, "envelope-signature"),
    (signer_of_another_gateway, "envelope-signature"),
    (two_keys_of_the_sender_s, "content-signature"),
    *((cut_after_chunk(number), "undecryptable") for number in range(4)),
    (chunks_in_another_order, "undecryptable"),
    (payload_of_another_parcel, "undecryptable"),
    (stanza_taken_out, "undecryptable"),
    (sealed_to_a_classical_key_though_ours_is_post_quantum, "not-addressed"),
    (header_beyond_all_bounds, "undecryptable"),
    (a_thousand_stanzas, "undecryptable"),
    (sealed_to_somebody_else, "undecryptable"),
    (addressed_to_another_key, "not-addressed"),
]


@pytest.mark.parametrize(("attack", "code"), TABLE, ids=lambda value: getattr(value, "__name__", str(value)))
def test_no_attack_comes_through_and_nothing_of_the_data_is_seen(scene, attack, code):
    transfer = attack(scene)
    assert scene.desk.refusal(transfer, scene.sent) == code
    assert not (scene.desk.folder / "data").exists()


def test_the_same_scene_without_an_attack_opens(scene):
    assert scene.desk.open(scene.parcel(), scene.sent).data.read_bytes() == CSV
    assert scene.desk.open(scene.forge(), scene.sent).data.read_bytes() == CSV


def test_a_long_forgery_that_is_not_cut_is_refused_for_its_container_alone(scene):
    """So that the rows above fail for the cut, not for what they cut."""
    assert scene.desk.refusal(scene.forge(container=_long), scene.sent) == "container"


def test_the_grafted_stanza_is_one_that_the_reader_would_open(scene):
    thief = X25519Identity(bytes(31) + b"\1")
    sealed = scene.file(scene.parcel(), 0).read_bytes()
    changed = scene.sent / "changed"
    changed.write_bytes(_with_another_stanza(thief)(sealed))
    with changed.open("rb") as stream:
        (stanza,) = read_header(stream).stanzas
    assert thief.unwrap(stanza) == bytes(16)
