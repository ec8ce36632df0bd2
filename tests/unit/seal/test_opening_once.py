"""The ciphertext is read once, and what is wrong with a parcel is told in the order of the steps."""

import io
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.crypto.age import SshIdentity, generate_hybrid_identity, generate_identity, recipient_fingerprint
from gateway.crypto.ssh_keys import SigningKey
from gateway.seal.sealing import Addressee
from gateway.vocabulary.parcel import names_of
from tests.simulators.council import AT, CSV, ME, stranger


@pytest.mark.parametrize("spoil", [lambda whole: whole[:-1], lambda whole: b"", lambda whole: whole + b"x"])
def test_that_it_is_another_file_is_told_before_that_it_does_not_open(council, desk, sent, spoil):
    transfer = council.seal(sent).parcel.transfer
    sealed = sent / names_of(transfer)[0]
    sealed.write_bytes(spoil(sealed.read_bytes()))
    desk.expected = lambda route: 99
    assert desk.refusal(transfer, sent) == "ciphertext-hash"


def test_that_it_is_not_for_us_is_told_before_that_it_does_not_open(council, desk, sent):
    made = council.pieces()
    made.recipient = stranger()
    transfer = made.write(sent)
    desk.me = "somebody-else"
    assert desk.refusal(transfer, sent) == "not-addressed"
    desk.me, desk.at = ME, AT + timedelta(days=400)
    assert desk.refusal(transfer, sent) == "expired"


class Changing(io.BytesIO):
    """A file that somebody rewrites as soon as it has been read to its end."""

    reads = 0

    def read(self, size=-1, /):
        data = super().read(size)
        self.reads += bool(data)
        if not data:
            self.seek(0)
            super().write(bytes(len(self.getvalue())))
            self.seek(0, io.SEEK_END)
        return data


def test_no_byte_of_the_ciphertext_is_read_twice(council, desk, sent):
    transfer = council.seal(sent).parcel.transfer
    parcel, whole = desk.verified(transfer, sent), (sent / names_of(transfer)[0]).read_bytes()
    opened = parcel.open(Changing(whole), desk.emptied(), desk.reader(), desk.answered(), AT)
    assert opened.data.read_bytes() == CSV


def test_a_partner_that_changes_its_key_opens_with_either(council, desk, sent):
    new = generate_identity()
    keys = (council.recipient, new.recipient().spelled())
    transfer = council.seal(sent, recipients=tuple(Addressee(id=ME, recipient=key) for key in keys)).parcel.transfer
    assert desk.open(transfer, sent).data.read_bytes() == CSV
    reader = replace(desk.reader(), identities=[new], keys=frozenset({recipient_fingerprint(keys[1])}))
    desk.reader = lambda: reader
    assert desk.open(transfer, sent).data.read_bytes() == CSV


@pytest.mark.parametrize("make", [generate_hybrid_identity, lambda: SshIdentity(SigningKey.generate_ed25519())])
def test_a_parcel_may_be_sealed_to_a_post_quantum_or_an_ssh_key(council, desk, sent, make):
    identity = make()
    key = identity.recipient().spelled()
    transfer = council.seal(sent, recipients=(Addressee(id=ME, recipient=key),)).parcel.transfer
    reader = replace(desk.reader(), identities=[identity], keys=frozenset({recipient_fingerprint(key)}))
    desk.reader = lambda: reader
    assert desk.open(transfer, sent).data.read_bytes() == CSV
