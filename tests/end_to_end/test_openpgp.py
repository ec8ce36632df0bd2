"""The OpenPGP parcel: opened by stock gpg, sealed to nobody who may not read, answered with a gpg signature."""

import json
import secrets
import subprocess
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.crypto.sshsig import UnverifiedSignature
from gateway.seal.acknowledgement import Acknowledgement, Awaited
from gateway.seal.manifest import Manifest
from gateway.seal.openpgp.answering import verify_answer
from gateway.seal.openpgp.certificates import parse_certificate
from gateway.seal.openpgp.own_key import message_signer
from gateway.seal.sealing import Addressee, Settled, seal
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import AcknowledgementInvalid, KeyUnavailable, StorageError
from gateway.vocabulary.parcel import names_of
from tests.required import missing
from tests.simulators.council import AT, CSV, DOMAIN, ME, SENDER, Council
from tests.simulators.gnupg import gnupg

if find_spec("pysequoia") is None:
    missing("pysequoia is not installed")
PARTNER, OTHER = "youth-support", "somebody-else"


@pytest.fixture(scope="module")
def gpg():
    with gnupg() as gpg:
        gpg.make(PARTNER)
        gpg.make(OTHER)
        gpg.make("revoked")
        gpg.make("signs-only")
        yield gpg


@pytest.fixture(scope="module")
def our_key(gpg):
    key = SigningKey.generate_ed25519()
    gpg.run("--import", stdin=message_signer(key, SENDER, ME, DOMAIN).certificate().encode())
    return key


class Sealing:
    def __init__(self, folder, recipient, key) -> None:
        self.folder, self.key = folder, key
        self.council = Council(recipient)

    def seal(self, chunks=(CSV,), rows=2, settle=None, **changed):
        return seal(
            self.council.draft(format="openpgp", **changed), self.folder, chunks,
            settle or (lambda: Settled(rows=rows)), key=self.council.key, random=secrets.token_bytes,
            openpgp_key=self.key,
        )  # fmt: skip


@pytest.fixture
def sealing(tmp_path, gpg, our_key):
    folder = tmp_path / "sealing"
    folder.mkdir(mode=0o700)
    return Sealing(folder, gpg.certificate(PARTNER), our_key)


def files(sealing):
    return sorted(path.name for path in sealing.folder.iterdir())


def test_stock_gpg_opens_both_messages_and_names_our_key_for_this_partner(sealing, gpg, tmp_path):
    sealed = sealing.seal()
    data, manifest, _, envelope = (sealing.folder / name for name in names_of(sealed.parcel.transfer, "openpgp"))
    told = gpg.open(data, tmp_path / "yss.csv")
    assert (tmp_path / "yss.csv").read_bytes() == CSV
    assert f"{SENDER} for {ME}" in next(line for line in told.splitlines() if "GOODSIG" in line)
    assert "DECRYPTION_INFO 2 9" in told
    assert "GOODSIG" in gpg.open(manifest, tmp_path / "manifest.json")
    page = (tmp_path / "manifest.json").read_bytes()
    found = Manifest.parse(page)
    assert (found.file.digest, found.file.rows) == (Digest.of(CSV), 2)
    outside = json.loads(envelope.read_bytes())
    assert outside["manifest"] == str(Digest.of(page))
    assert outside["ciphertext"]["sha256"] == str(Digest.of(data.read_bytes()))


def test_an_envelope_of_version_two_says_the_format_and_what_the_manifests_message_weighs(sealing):
    sealed = sealing.seal(version=2)
    _, manifest, _, envelope = (file.path.read_bytes() for file in sealed.parcel.files)
    told = json.loads(envelope)
    assert told["format"] == "openpgp"
    assert told["description"] == {"size": len(manifest), "sha256": str(Digest.of(manifest))}


def test_each_of_two_certificates_opens_it_while_the_partner_changes_them(sealing, gpg, our_key, tmp_path):
    with gnupg() as following:
        following.make("following")
        following.run("--import", stdin=message_signer(our_key, SENDER, ME, DOMAIN).certificate().encode())
        to = tuple(
            Addressee(id=ME, recipient=one) for one in (gpg.certificate(PARTNER), following.certificate("following"))
        )
        sealed = sealing.seal(recipients=to)
        assert len(json.loads(sealed.parcel.files[-1].path.read_bytes())["recipients"]) == 2
        for number, desk in enumerate((gpg, following)):
            desk.open(sealed.parcel.files[0].path, tmp_path / f"data-{number}")
            assert (tmp_path / f"data-{number}").read_bytes() == CSV


def test_the_envelope_is_the_same_as_of_any_parcel_and_names_the_certificate(sealing, gpg):
    sealed = sealing.seal()
    _, _, signature, envelope = (sealing.folder / name for name in names_of(sealed.parcel.transfer, "openpgp"))
    verified = UnverifiedSignature.parse(signature.read_bytes()).verify(envelope.read_bytes(), f"envelope@{DOMAIN}")
    assert verified.fingerprint == sealing.council.key.fingerprint
    certificate = parse_certificate(gpg.certificate(PARTNER).encode())
    assert certificate.openpgp_fingerprint == gpg.fingerprint(PARTNER)
    assert json.loads(envelope.read_bytes())["recipients"] == [{"id": ME, "key": certificate.fingerprint}]


def test_the_parcels_files_weigh_what_they_say_and_the_envelope_is_last(sealing):
    sealed = sealing.seal()
    assert [file.name for file in sealed.parcel.files] == list(names_of(sealed.parcel.transfer, "openpgp"))
    for file in sealed.parcel.files:
        assert (file.size, file.digest) == (file.path.stat().st_size, Digest.of(file.path.read_bytes()))
        assert file.path.stat().st_mode & 0o777 == 0o600


def test_data_that_comes_in_pieces_is_one_message(sealing, gpg, tmp_path):
    pieces = [b"reference,forename\n", *(b"r%d,Wilf\n" % n for n in range(20000))]
    sealed = sealing.seal(pieces, rows=20000)
    gpg.open(sealing.folder / f"{sealed.parcel.transfer}.pgp", tmp_path / "data")
    assert (tmp_path / "data").read_bytes() == b"".join(pieces)


# who may not read it


def test_nobody_else_opens_it(sealing, gpg, tmp_path):
    sealing.council.recipient = gpg.certificate(OTHER)
    sealed = sealing.seal()
    with gnupg() as stranger:
        stranger.make("stranger")
        stranger.open(sealing.folder / f"{sealed.parcel.transfer}.pgp", tmp_path / "data", fails=True)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("recipient", ["", "not a certificate", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n"])
def test_what_is_no_certificate_is_refused(sealing, recipient):
    sealing.council.recipient = recipient
    with pytest.raises(KeyUnavailable):
        sealing.seal()
    assert files(sealing) == []


def test_two_certificates_in_one_are_refused(sealing, gpg):
    sealing.council.recipient = gpg.certificate(PARTNER) + gpg.certificate(OTHER)
    with pytest.raises(KeyUnavailable):
        sealing.seal()


def test_a_certificate_with_its_secret_half_is_refused(gpg):
    with pytest.raises(KeyUnavailable, match="secret half"):
        parse_certificate(gpg.exported(OTHER, whole=True))


def test_a_certificate_that_has_expired_is_refused(sealing, gpg):
    """Sequoia would seal to it without a word; it is our time that counts."""
    gpg.make("for-a-while", expires="2y")
    sealing.council.recipient = gpg.certificate("for-a-while")
    sealing.seal()
    certificate = parse_certificate(sealing.council.recipient.encode())
    assert certificate.expires is not None
    certificate.encrypting_keys(certificate.expires - timedelta(seconds=1))
    with pytest.raises(KeyUnavailable, match="expired"):
        certificate.encrypting_keys(certificate.expires)


def test_a_certificate_that_was_revoked_is_refused(sealing, gpg):
    fingerprint = gpg.fingerprint("revoked")
    revocation = (gpg.home / "openpgp-revocs.d" / f"{fingerprint}.rev").read_text().replace("\n:-----", "\n-----")
    gpg.run("--import", stdin=revocation.encode())
    sealing.council.recipient = gpg.certificate("revoked")
    with pytest.raises(KeyUnavailable, match="revoked"):
        sealing.seal()
    assert files(sealing) == []


def test_a_certificate_whose_encrypting_keys_have_all_ended_is_refused(gpg):
    certificate = parse_certificate(gpg.certificate(PARTNER).encode())
    (only,) = certificate.encrypts
    assert only.ends is None
    ended = replace(certificate, encrypts=tuple(replace(only, ends=AT - timedelta(days=n)) for n in (0, 1)))
    with pytest.raises(KeyUnavailable, match="no live key"):
        ended.encrypting_keys(AT)
    with pytest.raises(KeyUnavailable, match="no live key"):
        replace(certificate, encrypts=()).encrypting_keys(AT)


def test_the_end_of_an_encrypting_key_is_its_newest_bindings(gpg):
    gpg.make("renewed", expires="2y")
    first = parse_certificate(gpg.certificate("renewed").encode())
    gpg.run("--quick-set-expire", gpg.fingerprint("renewed"), "5y", "*")
    (key,) = parse_certificate(gpg.certificate("renewed").encode()).encrypts
    assert key.ends is not None
    assert key.ends > first.expires + timedelta(days=700)


def test_a_revoked_encrypting_key_does_not_count_for_one(gpg):
    gpg.run("--command-fd", "0", "--edit-key", "=signs-only", stdin=b"key 1\nrevkey\ny\n0\n\ny\nsave\n")
    assert parse_certificate(gpg.certificate("signs-only").encode()).encrypts == ()


# broken off


class _Stopped(Exception):
    pass


def stopping():
    yield CSV * 1000
    raise _Stopped


def test_broken_off_in_the_middle_no_file_is_left(sealing):
    with pytest.raises(_Stopped):
        sealing.seal(stopping())
    assert files(sealing) == []


def test_refused_at_the_end_no_file_is_left(sealing):
    def no():
        raise _Stopped

    with pytest.raises(_Stopped):
        sealing.seal(settle=no)
    assert files(sealing) == []


def test_without_a_key_of_ours_for_this_partner_nothing_is_sealed(sealing):
    sealing.key = None
    with pytest.raises(KeyUnavailable, match="no OpenPGP key for this partner"):
        sealing.seal()
    assert files(sealing) == []


def test_a_name_that_is_taken_stays_as_it_is(sealing):
    sealed = sealing.seal()
    before = {path: path.read_bytes() for path in sealing.folder.iterdir()}
    with pytest.raises(StorageError, match="already"):
        sealing.seal(transfer=sealed.parcel.transfer)
    assert {path: path.read_bytes() for path in sealing.folder.iterdir()} == before


# answers


@pytest.fixture
def answer(sealing, gpg):
    """What a partner with gpg alone signs: the body, its signature, and what we await."""
    sealed = sealing.seal()
    body = Acknowledgement(
        transfer=sealed.parcel.transfer, envelope=sealed.envelope, manifest=sealed.manifest, disposition="accepted",
        code=None, rows=2, at=AT, recipient=ME, checkpoint=None,
    ).encode()  # fmt: skip
    awaited = Awaited(
        transfer=sealed.parcel.transfer, recipient=ME, envelope=sealed.envelope, manifest=sealed.manifest, rows=2
    )
    return body, awaited


def signed(gpg, user_id, body, *words):
    command = ["gpg", "--homedir", gpg.home, "--batch", "--pinentry-mode", "loopback", "--passphrase", "",
               "-u", f"={user_id}", *words, "--detach-sign"]  # fmt: skip
    return subprocess.run(command, input=body, capture_output=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("armor", [(), ("--armor",)])
def test_an_acknowledgement_that_gpg_signed_counts(answer, gpg, armor):
    body, awaited = answer
    certificate = parse_certificate(gpg.certificate(PARTNER).encode())
    found = verify_answer(body, signed(gpg, PARTNER, body, *armor), certificate, AT)
    found.check(awaited)
    assert found.disposition == "accepted"


def test_an_acknowledgement_of_somebody_else_does_not_count(answer, gpg):
    body, _ = answer
    certificate = parse_certificate(gpg.certificate(PARTNER).encode())
    with pytest.raises(AcknowledgementInvalid):
        verify_answer(body, signed(gpg, OTHER, body), certificate, AT)


@pytest.mark.parametrize("signature", [b"", b"x", b"-----BEGIN PGP SIGNATURE-----\n\nAAAA\n", b"x" * 40_000])
def test_what_is_no_signature_does_not_count(answer, gpg, signature):
    certificate = parse_certificate(gpg.certificate(PARTNER).encode())
    with pytest.raises(AcknowledgementInvalid):
        verify_answer(answer[0], signature, certificate, AT)


def test_another_page_under_the_signature_does_not_count(answer, gpg):
    body, _ = answer
    certificate = parse_certificate(gpg.certificate(PARTNER).encode())
    signature = signed(gpg, PARTNER, body)
    with pytest.raises(AcknowledgementInvalid):
        verify_answer(body.replace(b'"rows":2', b'"rows":3'), signature, certificate, AT)


def test_a_page_that_is_no_acknowledgement_does_not_count(gpg):
    certificate = parse_certificate(gpg.certificate(PARTNER).encode())
    with pytest.raises(AcknowledgementInvalid, match="does not hold"):
        verify_answer(b"{}\n", signed(gpg, PARTNER, b"{}\n"), certificate, AT)


def test_an_answer_under_a_revoked_or_expired_certificate_does_not_count(answer, gpg):
    body, _ = answer
    certificate = parse_certificate(gpg.certificate(PARTNER).encode())
    signature = signed(gpg, PARTNER, body)
    for ended in (replace(certificate, revoked=True), replace(certificate, expires=AT)):
        with pytest.raises(AcknowledgementInvalid, match="does not hold"):
            verify_answer(body, signature, ended, AT)
