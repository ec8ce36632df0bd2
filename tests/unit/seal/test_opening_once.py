"""The ciphertext is read once, and what is wrong with a parcel is told in the order of the steps."""

import io
import resource
import zlib
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.crypto.age import (
    SshIdentity,
    encrypting,
    generate_hybrid_identity,
    generate_identity,
    parse_recipient,
    recipient_fingerprint,
)
from gateway.crypto.ssh_keys import SigningKey
from gateway.seal import layout
from gateway.seal.one_pass import ALWAYS
from gateway.seal.sealing import Addressee
from gateway.vocabulary.errors import ParcelInvalid
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
    opened = parcel.open([Changing(whole)], desk.emptied(), desk.reader(), desk.answered(), AT)
    assert opened.data.read_bytes() == CSV


def bomb(size):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(bytes(size)) + packer.flush()


@pytest.mark.parametrize("size", [ALWAYS, ALWAYS + 1, 4 * ALWAYS])
def test_data_that_is_much_alike_is_opened_however_far_it_expands(council, desk, sent, size):
    data = bytes(size)
    transfer = council.seal(sent, [data], file_name="yss.bin", rows=0).parcel.transfer
    assert desk.open(transfer, sent).data.read_bytes() == data


def test_a_bomb_in_a_parcels_place_fills_no_disk(council, desk, sent):
    """Anybody who can write in the inbox can seal to us; that it is not the sender's shows only at its end."""
    transfer = council.seal(sent).parcel.transfer
    sealed, sink = sent / names_of(transfer)[0], io.BytesIO()
    with encrypting(sink, [parse_recipient(council.recipient)]) as plain:
        plain.write(layout.streamed_header("yss.csv") + bomb(8 * ALWAYS))
    assert len(sink.getvalue()) > sealed.stat().st_size
    sealed.write_bytes(sink.getvalue())
    parcel = desk.verified(transfer, sent)
    generous = replace(parcel, envelope=replace(parcel.envelope, size=len(sink.getvalue())))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ALWAYS + (4 << 20), before[1]))
    try:
        with sealed.open("rb") as stream, pytest.raises(ParcelInvalid) as refused:
            generous.open([stream], desk.emptied(), desk.reader(), desk.answered(), AT)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert refused.value.code == "ciphertext-hash"
    assert not list(desk.folder.iterdir())


def test_a_container_that_is_none_and_does_not_decrypt_to_its_end_is_undecryptable(council, desk, sent):
    made = council.pieces()
    made.container = lambda data, manifest, signature: b"x" * (1 << 21)
    made.ciphertext = lambda sealed: sealed[:-1]
    assert desk.refusal(made.write(sent), sent) == "undecryptable"
    made = council.pieces()
    made.container = lambda data, manifest, signature: b"x" * (1 << 21)
    assert desk.refusal(made.write(sent), sent) == "container"


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
