"""Sealing leaves three durable private files, or none at all."""

import io
import os
import tracemalloc
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.crypto.age import decrypting, parse_identity
from gateway.crypto.age.hybrid import HybridIdentity
from gateway.seal.envelope import Envelope
from gateway.seal.sealing import Addressee, Settled, Witness
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import AgeInvalid, FormatInvalid, GatewayError, KeyUnavailable, StorageError
from gateway.vocabulary.parcel import names_of
from tests.simulators.council import AT, CSV, ME, stranger
from tests.unit.seal.conftest import IDENTITY


def test_a_sealed_parcel_is_three_private_files_that_weigh_what_it_says(council, sent):
    sealed = council.seal(sent)
    assert tuple(file.name for file in sealed.parcel.files) == names_of(sealed.parcel.transfer)
    assert {path.name for path in sent.iterdir()} == set(names_of(sealed.parcel.transfer))
    for file in sealed.parcel.files:
        content = file.path.read_bytes()
        assert (len(content), Digest.of(content)) == (file.size, file.digest)
        assert file.path.stat().st_mode & 0o777 == 0o600
    assert (sealed.ciphertext, sealed.size) == (sealed.parcel.files[0].digest, sealed.parcel.files[0].size)
    assert sealed.envelope == sealed.parcel.files[2].digest
    assert (sealed.data, sealed.rows, sealed.parcel.release_by) == (len(CSV), 2, AT + timedelta(hours=4))


def test_the_envelope_tells_nothing_of_the_content(council, sent):
    sealed = council.seal(sent)
    page = sealed.parcel.files[2].path.read_bytes()
    for hidden in (b"yss.csv", b"DSA-7", b"Education", b"rows", b"Destroy", str(Digest.of(CSV)).encode()):
        assert hidden not in page
    assert Envelope.parse(page).encode() == page


def test_two_parcels_of_the_same_data_have_nothing_in_common(council, sent):
    first, second = council.seal(sent), council.seal(sent)
    assert len({first.ciphertext, second.ciphertext, first.manifest, second.manifest}) == 4


def test_settle_is_asked_once_when_the_data_has_ended(council, sent):
    asked, passed = [], []

    def chunks():
        for n in range(3):
            passed.append(n)
            yield CSV

    def settle():
        asked.append(list(passed))
        return Settled(rows=6)

    assert council.seal(sent, chunks(), settle=settle).rows == 6
    assert asked == [[0, 1, 2]]


class NotToday(Exception):
    pass


def raising(size=0):
    yield CSV
    yield os.urandom(size)
    raise NotToday


@pytest.mark.parametrize("size", [0, 5 << 20])
def test_nothing_is_left_when_the_data_breaks_off(council, sent, size):
    with pytest.raises(NotToday):
        council.seal(sent, raising(size))
    assert list(sent.iterdir()) == []


def test_nothing_is_left_when_settling_says_no(council, sent):
    def settle():
        raise NotToday

    with pytest.raises(NotToday):
        council.seal(sent, settle=settle)
    assert list(sent.iterdir()) == []


def test_what_was_written_before_a_break_can_not_be_opened(council, sent):
    """The temporary is caught in flight, as a crash would leave it."""
    caught = []

    def settle():
        caught.extend(path.read_bytes() for path in sent.iterdir())
        raise NotToday

    with pytest.raises(NotToday):
        council.seal(sent, [os.urandom(1 << 20)], settle=settle)
    with pytest.raises(AgeInvalid):
        list(decrypting(io.BytesIO(caught[0]), [IDENTITY]))


@pytest.mark.parametrize(("wrong", "kind"), [
    ({"file_name": "YSS Wilf Tarn.csv"}, FormatInvalid), ({"file_name": "../yss.csv"}, FormatInvalid),
    ({"agreement": "the usual"}, FormatInvalid), ({"retention": ""}, FormatInvalid), ({"scope": "most"}, FormatInvalid),
    ({"salt": b"short"}, FormatInvalid), ({"sequence": 0}, FormatInvalid), ({"route": "YSS"}, FormatInvalid),
    ({"sender": "A Council"}, FormatInvalid), ({"expires": AT - timedelta(days=1)}, FormatInvalid),
    ({"witness": Witness(note="\0", since=0, proof=())}, FormatInvalid),
    ({"witness": Witness(note="a\n", since=-1, proof=())}, FormatInvalid),
    ({"witness": Witness(note="a\n", since=1, proof=(b"short",))}, FormatInvalid),
    ({"recipients": ()}, KeyUnavailable), ({"recipients": (Addressee(id=ME, recipient="age1nobody"),)}, KeyUnavailable),
])  # fmt: skip
def test_a_draft_with_something_wrong_does_not_leave(council, sent, wrong, kind):
    with pytest.raises(kind) as failed:
        council.seal(sent, **wrong)
    assert list(sent.iterdir()) == []
    assert "Wilf" not in str(failed.value)


def test_the_two_kinds_of_recipients_are_never_mixed(council, sent):
    quantum = HybridIdentity(os.urandom(32)).recipient().spelled()
    both = (Addressee(id=ME, recipient=council.recipient), Addressee(id="other", recipient=quantum))
    with pytest.raises(KeyUnavailable):
        council.seal(sent, recipients=both)
    assert list(sent.iterdir()) == []


def test_a_parcel_can_be_sealed_against_quantum_computers(council, sent):
    identity = HybridIdentity(os.urandom(32))
    to = Addressee(id=ME, recipient=identity.recipient().spelled())
    sealed = council.seal(sent, recipients=(to,))
    with sealed.parcel.files[0].path.open("rb") as stream:
        assert b"".join(decrypting(stream, [parse_identity(identity.spelled())])).startswith(b"PK")


def test_several_recipients_can_open_one_parcel_each_with_their_own_key(council, desk, sent):
    to = (Addressee(id="other", recipient=stranger()), Addressee(id=ME, recipient=council.recipient))
    assert desk.open(council.seal(sent, recipients=to).parcel.transfer, sent).data.read_bytes() == CSV


@pytest.mark.parametrize("taken", [0, 1, 2])
def test_a_file_that_is_there_already_is_neither_overwritten_nor_removed(council, sent, taken):
    draft = council.draft()
    there = sent / names_of(draft.transfer)[taken]
    there.write_bytes(b"ours")
    with pytest.raises(StorageError):
        council.seal(sent, transfer=draft.transfer)
    assert [path.read_bytes() for path in sent.iterdir()] == [b"ours"]


def test_a_full_disk_is_told_as_such_and_leaves_nothing(council, sent, full_disk):
    with pytest.raises(StorageError), full_disk():
        council.seal(sent, [os.urandom(4 << 20)])
    assert list(sent.iterdir()) == []


def test_every_failure_is_one_of_ours(council, tmp_path):
    with pytest.raises(GatewayError):
        council.seal(tmp_path / "is-not-there")


def test_memory_does_not_grow_with_the_data(council, sent):
    piece = os.urandom(1 << 20)
    tracemalloc.start()
    council.seal(sent, (piece for _ in range(48)), file_name="large.bin")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 24 << 20


def test_a_witness_travels_unchanged(council, sent):
    council.log.append(b"one", b"two", b"three")
    witness = council.log.witness(since=2)
    council.log.append(b"four")
    sealed = council.seal(sent, witness=witness)
    envelope = Envelope.parse(sealed.parcel.files[2].path.read_bytes())
    assert envelope.witness == witness
    assert replace(envelope, size=1).encode() != envelope.encode()
