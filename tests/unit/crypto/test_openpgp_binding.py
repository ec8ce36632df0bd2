"""A subkey counts only if the certificate's own key has signed that it belongs to it."""

import subprocess
from datetime import UTC, datetime
from importlib.util import find_spec

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.openpgp.binding import verify_binding
from gateway.seal.openpgp.answering import verify_answer
from gateway.seal.openpgp.certificates import parse_certificate
from gateway.vocabulary.errors import AcknowledgementInvalid, SignatureInvalid
from tests.required import missing
from tests.simulators.gnupg import gnupg

if find_spec("pysequoia") is None:
    missing("pysequoia is not installed")
packet_kinds = pytest.importorskip("pysequoia").packet
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
KINDS = ("rsa2048", "rsa3072", "ed25519", "nistp256", "nistp384", "nistp521")


class Parts:
    """A certificate's packets: its key, its one subkey that encrypts, and the signature that binds it."""

    def __init__(self, gpg, kind):
        gpg.run("--quick-gen-key", kind, kind, "sign", "1y")
        encrypting = "cv25519" if kind == "ed25519" else kind
        gpg.run("--quick-add-key", gpg.fingerprint(kind), encrypting, "encr", "1y")
        self.packets = list(packet_kinds.PacketPile.from_bytes(gpg.packets(gpg.certificate(kind))))
        place = next(n for n, one in enumerate(self.packets) if one.tag == packet_kinds.Tag.PublicSubkey)
        self.primary, self.subkey, self.binding = self.packets[0], self.packets[place], self.packets[place + 1]

    @property
    def bodies(self):
        return self.primary.body, self.subkey.body, self.binding.body


@pytest.fixture(scope="module")
def made():
    with gnupg() as gpg:
        yield {kind: Parts(gpg, kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_what_gpg_has_bound_is_bound_by_a_key_of_any_kind(made, kind):
    verify_binding(*made[kind].bodies)


@pytest.mark.parametrize("kind", KINDS)
def test_neither_key_nor_subkey_nor_signature_is_anothers(made, kind):
    other = made[KINDS[KINDS.index(kind) - 1]].bodies
    for place in range(3):
        bodies = list(made[kind].bodies)
        bodies[place] = other[place]
        with pytest.raises(SignatureInvalid):
            verify_binding(*bodies)


@pytest.mark.parametrize("kind", ["rsa2048", "ed25519", "nistp256"])
def test_no_byte_that_is_signed_can_change(made, kind):
    primary, subkey, binding = made[kind].bodies
    signed = 6 + int.from_bytes(binding[4:6], "big")
    for place in range(signed):
        with pytest.raises(SignatureInvalid):
            verify_binding(primary, subkey, binding[:place] + bytes([binding[place] ^ 1]) + binding[place + 1 :])
    for place in range(len(subkey)):
        with pytest.raises(SignatureInvalid):
            verify_binding(primary, subkey[:place] + bytes([subkey[place] ^ 1]) + subkey[place + 1 :], binding)


@pytest.mark.parametrize("kind", ["rsa2048", "ed25519", "nistp256"])
def test_no_beginning_of_a_signature_is_one(made, kind):
    primary, subkey, binding = made[kind].bodies
    for size in range(len(binding)):
        with pytest.raises(SignatureInvalid):
            verify_binding(primary, subkey, binding[:size])


@given(st.binary(max_size=400))
def test_nothing_else_than_a_refusal_comes_out_of_rubbish(rubbish):
    for signature in (rubbish, b"\4\x18\x16\x08\0\0\0\0" + rubbish, b"\4\x18\1\x0a" + rubbish):
        with pytest.raises(SignatureInvalid):
            verify_binding(b"\4\0\0\0\0" + rubbish[:60], rubbish, signature)


# in a certificate


def whole(*packets):
    return b"".join(bytes(one) for one in packets)


def test_a_subkey_of_somebody_elses_added_to_a_certificate_does_not_count(made):
    for kind in KINDS:
        for other in KINDS:
            certificate, theirs = made[kind], made[other]
            if kind != other:
                found = parse_certificate(whole(*certificate.packets, theirs.subkey, theirs.binding))
                assert [key.body for key in found.encrypts] == [certificate.subkey.body], (kind, other)


def test_a_subkey_that_is_bound_by_nobody_does_not_count(made):
    certificate, theirs = made["ed25519"], made["nistp256"]
    for binding in (certificate.binding, theirs.binding):
        found = parse_certificate(whole(*certificate.packets, theirs.subkey, binding))
        assert [key.body for key in found.encrypts] == [certificate.subkey.body]


def test_a_binding_of_somebody_elses_gives_a_subkey_no_longer_life(made):
    with gnupg() as gpg:
        certificate = made["ed25519"]
        gpg.run("--quick-gen-key", "later", "ed25519", "sign", "never")
        gpg.run("--quick-add-key", gpg.fingerprint("later"), "cv25519", "encr", "never")
        theirs = list(packet_kinds.PacketPile.from_bytes(gpg.packets(gpg.certificate("later"))))
    found = parse_certificate(whole(*certificate.packets, theirs[-1]))
    assert theirs[-1].signature_type == packet_kinds.SignatureType.SubkeyBinding
    assert found.encrypts == parse_certificate(whole(*certificate.packets)).encrypts
    assert found.encrypts[0].ends is not None


def test_a_self_signature_of_somebody_elses_makes_a_certificate_live_no_longer(made):
    certificate = made["ed25519"]
    kinds = packet_kinds
    place = next(n for n, one in enumerate(certificate.packets) if one.tag == kinds.Tag.UserID)
    with gnupg() as gpg:
        gpg.run("--quick-gen-key", "later", "ed25519", "sign", "never")
        theirs = list(kinds.PacketPile.from_bytes(gpg.packets(gpg.certificate("later"))))
    forged = next(one for one in theirs if one.tag == kinds.Tag.Signature)
    found = parse_certificate(whole(*certificate.packets[: place + 2], forged, *certificate.packets[place + 2 :]))
    assert found.expires == parse_certificate(whole(*certificate.packets)).expires
    assert found.expires is not None


def test_a_subkey_that_somebody_added_signs_no_answer(made):
    certificate = made["ed25519"]
    body = b'{"type":"handoff-acknowledgement/v1"}\n'
    with gnupg() as gpg:
        gpg.run("--quick-gen-key", "intruder", "ed25519", "cert", "never")
        gpg.run("--quick-add-key", gpg.fingerprint("intruder"), "ed25519", "sign", "never")
        theirs = list(packet_kinds.PacketPile.from_bytes(gpg.packets(gpg.certificate("intruder"))))
        command = ["gpg", "--homedir", gpg.home, "--batch", "--pinentry-mode", "loopback", "--passphrase", "",
                   "-u", "=intruder", "--detach-sign"]  # fmt: skip
        signature = subprocess.run(command, input=body, capture_output=True, check=True, timeout=60).stdout
    forged = parse_certificate(whole(*certificate.packets, *theirs[-2:]))
    with pytest.raises(AcknowledgementInvalid, match="not signed by the partner's certificate"):
        verify_answer(body, signature, forged, AT)
    with pytest.raises(AcknowledgementInvalid, match="does not hold"):
        verify_answer(body, signature, parse_certificate(whole(*theirs)), AT)
