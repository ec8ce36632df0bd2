"""Messages that we write, opened by gpg and by Sequoia; and keys that are none."""

import hashlib
import io
import secrets
from datetime import UTC, datetime
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.openpgp import EncryptionKey, MessageSigner, encrypting
from gateway.crypto.openpgp.packets import PART, length, mpi
from gateway.crypto.ssh_keys import SigningKey
from gateway.vocabulary.errors import KeyUnavailable
from tests.required import missing
from tests.simulators.gnupg import gnupg

if find_spec("pysequoia") is None:
    missing("pysequoia is not installed")
pysequoia = pytest.importorskip("pysequoia")
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SIGNER = MessageSigner(SigningKey.generate_ed25519(), "council for partner <partner@council.example>")
CURVES = ("nistp256", "nistp384", "nistp521")


@pytest.fixture(scope="module")
def gpg():
    with gnupg() as gpg:
        gpg.run("--import", stdin=SIGNER.certificate().encode())
        yield gpg


def keys_of(certificate: str) -> list[EncryptionKey]:
    """All subkeys but those that sign."""
    kinds, packets = pysequoia.packet, bytes(pysequoia.Cert.from_bytes(certificate.encode()))
    return [
        EncryptionKey.parse(packet.body)
        for packet in kinds.PacketPile.from_bytes(packets)
        if packet.tag == kinds.Tag.PublicSubkey and packet.key_algorithm != kinds.PublicKeyAlgorithm.EdDSA
    ]


def sealed(data, recipients, *, intended=(), pieces=1 << 16, signer=SIGNER):
    sink, sha = io.BytesIO(), hashlib.sha256()
    with encrypting(
        sink, recipients, signer=signer, hashed=sha, intended=intended, at=AT, random=secrets.token_bytes
    ) as message:
        for start in range(0, len(data), pieces):
            sha.update(data[start : start + pieces])
            message.write(data[start : start + pieces])
    return sink.getvalue()


def opened(gpg, message, tmp_path):
    (tmp_path / "message").write_bytes(message)
    (tmp_path / "data").unlink(missing_ok=True)
    told = gpg.open(tmp_path / "message", tmp_path / "data")
    return (tmp_path / "data").read_bytes(), told


def make(gpg, kind):
    if kind in CURVES:
        gpg.run("--quick-gen-key", kind, kind, "sign", "never")
        gpg.run("--quick-add-key", gpg.fingerprint(kind), kind, "encr", "never")
    else:
        gpg.run("--quick-gen-key", kind, kind, "default", "never")
        if kind.startswith("rsa"):
            gpg.run("--quick-add-key", gpg.fingerprint(kind), kind, "encr", "never")
    return keys_of(gpg.certificate(kind))


@pytest.mark.parametrize("kind", ["rsa2048", "rsa3072", "future-default", *CURVES])
def test_gpg_opens_what_is_sealed_to_each_kind_of_key_and_knows_who_signed_it(gpg, tmp_path, kind):
    data, told = opened(gpg, sealed(b"Wilf Tarn\n", make(gpg, kind)), tmp_path)
    assert data == b"Wilf Tarn\n"
    assert f"VALIDSIG {SIGNER.fingerprint.hex().upper()}" in told
    assert "DECRYPTION_INFO 2 9" in told, "a detection code, AES-256"


@pytest.fixture(scope="module")
def curve(gpg):
    gpg.run("--quick-gen-key", "bob", "future-default", "default", "never")
    return keys_of(gpg.certificate("bob"))


HEADS = 6 + 2 + 19
"""What stands before the data in its first parts."""


@pytest.mark.parametrize(
    "size", [0, 1, 191, 192, 8383, 8384, *(n * PART - d for n in (1, 2) for d in (0, 1, 6, 7, HEADS))]
)
def test_data_of_any_size_is_one_message_wherever_its_parts_end(gpg, curve, tmp_path, size):
    data = secrets.token_bytes(size)
    assert opened(gpg, sealed(data, curve), tmp_path)[0] == data


@pytest.mark.parametrize("pieces", [1, 1000, PART - 1, PART, PART + 1, 3 * PART])
def test_pieces_of_any_size_make_the_same_message(gpg, curve, tmp_path, pieces):
    data = secrets.token_bytes(2500 if pieces == 1 else 2 * PART + 5)
    assert opened(gpg, sealed(data, curve, pieces=pieces), tmp_path)[0] == data


def test_each_of_several_recipients_opens_it(gpg, curve, tmp_path):
    with gnupg() as other:
        other.run("--import", stdin=SIGNER.certificate().encode())
        message = sealed(b"both", [*curve, *make(other, "rsa2048")])
        assert opened(gpg, message, tmp_path)[0] == opened(other, message, tmp_path)[0] == b"both"


def test_sequoia_opens_it_too_and_sees_whom_it_is_meant_for():
    secret = pysequoia.Tsk.generate(user_id="partner")
    certificate = secret.extract_certificate()
    ours = pysequoia.Cert.from_bytes(SIGNER.certificate().encode())
    message = sealed(b"to you", keys_of(str(certificate)), intended=[bytes.fromhex(certificate.fingerprint)])
    found = pysequoia.decrypt(message, secret.decryptor(), store=lambda _: [ours])
    assert found.bytes == b"to you"
    assert [one.certificate for one in found.valid_sigs] == [SIGNER.fingerprint.hex()]


def test_the_signature_names_the_certificates_that_it_is_meant_for(gpg, curve, tmp_path):
    message = tmp_path / "message"
    message.write_bytes(sealed(b"to you", curve, intended=[bytes(range(20))]))
    told = gpg.run("--list-packets", str(message))
    assert "subpkt 35 len 21" in told


def test_the_certificate_is_the_same_whenever_it_is_made(gpg):
    key = SigningKey.generate_ed25519()
    first, second = (MessageSigner(key, "council for partner") for _ in range(2))
    assert first.certificate() == second.certificate()
    assert first.fingerprint != MessageSigner(SigningKey.generate_ed25519(), "council for partner").fingerprint
    assert "IMPORT_OK 1" in gpg.run("--import", stdin=first.certificate().encode())


# broken off, changed


class Stopped(Exception):
    pass


def test_what_was_broken_off_is_no_message(gpg, curve, tmp_path):
    sink = io.BytesIO()
    with pytest.raises(Stopped):  # noqa: PT012, SIM117 - the block is what is broken off
        with encrypting(
            sink, curve, signer=SIGNER, hashed=hashlib.sha256(), intended=(), at=AT, random=secrets.token_bytes
        ) as message:
            message.write(bytes(3 * PART))
            raise Stopped
    (tmp_path / "message").write_bytes(sink.getvalue())
    gpg.open(tmp_path / "message", tmp_path / "data", fails=True)


def test_no_byte_of_a_message_can_change_and_none_be_missing(gpg, curve, tmp_path):
    whole = sealed(b"Ottoline,14\n" * 8, curve)
    wrong = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(0, len(whole), 9)]
    wrong += [whole[:-1], whole[: len(whole) // 2]]
    for message in wrong:
        (tmp_path / "message").write_bytes(message)
        (tmp_path / "data").unlink(missing_ok=True)
        gpg.open(tmp_path / "message", tmp_path / "data", fails=True)


def test_data_that_was_not_hashed_has_a_bad_signature(gpg, curve, tmp_path):
    sink = io.BytesIO()
    with encrypting(
        sink, curve, signer=SIGNER, hashed=hashlib.sha256(b"x"), intended=(), at=AT, random=secrets.token_bytes
    ) as message:
        message.write(b"y")
    (tmp_path / "message").write_bytes(sink.getvalue())
    assert "BADSIG" in gpg.run("--decrypt", str(tmp_path / "message"), fails=True)


def test_nobody_is_no_recipient():
    with pytest.raises(KeyUnavailable):
        sealed(b"x", [])


# keys that are none


def test_a_weak_key_is_refused(gpg):
    gpg.run("--quick-gen-key", "weak", "rsa1024", "default", "never")
    with pytest.raises(KeyUnavailable):
        make_weak(gpg)


def make_weak(gpg):
    gpg.run("--quick-add-key", gpg.fingerprint("weak"), "rsa1024", "encr", "never")
    return keys_of(gpg.certificate("weak"))


def test_a_key_that_only_signs_is_refused():
    body = SIGNER.public.body
    with pytest.raises(KeyUnavailable):
        EncryptionKey.parse(body)


def test_no_beginning_of_a_key_is_one_and_nothing_may_follow_it(curve):
    body = curve[0].body
    for wrong in (*(body[:size] for size in range(len(body))), body + b"\0"):
        with pytest.raises(KeyUnavailable):
            EncryptionKey.parse(wrong)


@pytest.mark.parametrize(
    ("place", "value"), [(0, 3), (0, 6), (5, 22), (5, 25), (6, 3), (-4, 2), (-3, 2), (-2, 2), (-1, 1)]
)
def test_another_version_algorithm_curve_or_way_to_wrap_is_refused(curve, place, value):
    body = bytearray(curve[0].body)
    body[place] = value
    with pytest.raises(KeyUnavailable):
        EncryptionKey.parse(bytes(body))


@given(st.binary(max_size=300))
def test_nothing_else_than_a_refusal_comes_out_of_rubbish(rubbish):
    for body in (rubbish, b"\4\0\0\0\0\1" + rubbish, b"\4\0\0\0\0\x12" + rubbish):
        with pytest.raises(KeyUnavailable):
            EncryptionKey.parse(body)


@given(st.integers(min_value=0, max_value=1 << 31))
def test_a_length_is_spelled_as_it_is_read(size):
    spelled = length(size)
    if len(spelled) == 1:
        found = spelled[0]
    elif len(spelled) == 2:
        found = (spelled[0] - 192 << 8) + spelled[1] + 192
    else:
        found = int.from_bytes(spelled[1:], "big")
    assert found == size


@given(st.binary(max_size=80))
def test_a_number_is_spelled_without_leading_zeros(value):
    spelled = mpi(value)
    assert int.from_bytes(spelled[2:], "big") == int.from_bytes(value, "big")
    assert int.from_bytes(spelled[:2], "big") == int.from_bytes(value, "big").bit_length()
