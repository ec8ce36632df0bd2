"""An answer counts only when the partner signed it, for this act, about this parcel."""

import json
from dataclasses import replace

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.seal.acknowledgement import LARGEST, Acknowledgement, Awaited, UnverifiedAcknowledgement, sign
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import AcknowledgementInvalid, FormatInvalid
from gateway.vocabulary.transfer import TransferId
from tests.simulators.council import AT, DOMAIN, ME

KEY = SigningKey.generate_ed25519()
TRANSFER, OTHER = TransferId("01m86e81e0109ff1zh2kk23wag"), TransferId("01m86e81e0109ff1zh2kk23wah")
AWAITED = Awaited(
    transfer=TRANSFER, recipient=ME, envelope=Digest.of(b"envelope"), manifest=Digest.of(b"manifest"), rows=7
)
ACCEPTED = Acknowledgement(
    transfer=TRANSFER, envelope=AWAITED.envelope, manifest=AWAITED.manifest, disposition="accepted", code=None, rows=7,
    at=AT, recipient=ME, checkpoint=None,
)  # fmt: skip
REJECTED = replace(ACCEPTED, disposition="rejected", manifest=None, rows=None, code="ciphertext-hash")
DISPOSED = replace(ACCEPTED, disposition="disposed")


def verified(body: bytes, signature: bytes, domain: str = DOMAIN) -> Acknowledgement:
    return UnverifiedAcknowledgement.parse(body, signature).verify(KEY.public, domain)


@pytest.mark.parametrize("answer", [ACCEPTED, REJECTED, DISPOSED, replace(ACCEPTED, checkpoint="a\n1\nb\n\n— c d\n")])
def test_what_was_signed_is_read_back_and_answers_what_is_awaited(answer):
    read = verified(*sign(answer, KEY, DOMAIN))
    assert read == answer
    read.check(AWAITED)


def test_an_answer_of_another_key_does_not_count():
    body, signature = sign(ACCEPTED, SigningKey.generate_ed25519(), DOMAIN)
    with pytest.raises(AcknowledgementInvalid, match="another key"):
        verified(body, signature)


@pytest.mark.parametrize("act", ["envelope", "content", "observation", "approve.yss"])
def test_an_answer_signed_for_another_act_does_not_count(act):
    body = ACCEPTED.encode()
    with pytest.raises(AcknowledgementInvalid, match="another namespace"):
        verified(body, KEY.sign(body, f"{act}@{DOMAIN}").encode())


def test_an_answer_to_another_gateway_does_not_count():
    with pytest.raises(AcknowledgementInvalid, match="another namespace"):
        verified(*sign(ACCEPTED, KEY, "elsewhere.example"))


def test_no_byte_of_an_answer_can_change():
    body, signature = sign(ACCEPTED, KEY, DOMAIN)
    for place in range(len(body)):
        with pytest.raises(AcknowledgementInvalid):
            verified(body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :], signature)
    for place in range(len(signature)):
        with pytest.raises(AcknowledgementInvalid):
            verified(body, signature[:place] + bytes([signature[place] ^ 1]) + signature[place + 1 :])


def test_an_oversized_answer_is_refused_before_it_is_read():
    body, signature = sign(ACCEPTED, KEY, DOMAIN)
    for large in ((b" " * (LARGEST + 1), signature), (body, b" " * (LARGEST + 1))):
        with pytest.raises(AcknowledgementInvalid, match="too large"):
            UnverifiedAcknowledgement.parse(*large)


@pytest.mark.parametrize("signature", [b"", b"-----BEGIN SSH SIGNATURE-----\n", b"\xff" * 300])
def test_an_unsigned_answer_is_none(signature):
    with pytest.raises(AcknowledgementInvalid, match="not signed"):
        UnverifiedAcknowledgement.parse(ACCEPTED.encode(), signature)


@pytest.mark.parametrize("change", [
    {"type": "handoff-acknowledgement/v2"}, {"remarks": "fine"}, {"disposition": "maybe"}, {"rows": -1}, {"rows": "7"},
    {"rows": True}, {"rows": 1 << 60}, {"rows": None}, {"manifest": None}, {"manifest": "none"}, {"code": "container"},
    {"disposition": "rejected"}, {"recipient": "Youth Support"}, {"recipient": ["a"]}, {"at": "now"}, {"at": 7},
    {"transfer": "T"}, {"envelope": "0" * 63}, {"checkpoint": "\x00"}, {"checkpoint": 7},
])  # fmt: skip
def test_a_signed_page_of_another_shape_is_no_answer(change):
    page = json.loads(ACCEPTED.encode()) | change
    body = json.dumps(page, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    with pytest.raises(AcknowledgementInvalid):
        verified(body, KEY.sign(body, f"acknowledge@{DOMAIN}").encode())


@pytest.mark.parametrize("change", [
    {"code": None}, {"code": "because"}, {"rows": 7}, {"manifest": "0" * 64}, {"disposition": "accepted"},
])  # fmt: skip
def test_a_rejection_has_a_code_of_the_closed_list_and_no_content(change):
    page = json.loads(REJECTED.encode()) | change
    body = json.dumps(page, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    with pytest.raises(FormatInvalid):
        Acknowledgement.parse(body)


@pytest.mark.parametrize("name", json.loads(ACCEPTED.encode()))
def test_an_answer_lacks_no_member(name):
    page = {key: value for key, value in json.loads(ACCEPTED.encode()).items() if key != name}
    with pytest.raises(FormatInvalid):
        Acknowledgement.parse(json.dumps(page, sort_keys=True, separators=(",", ":")).encode() + b"\n")


@pytest.mark.parametrize(("change", "why"), [
    ({"transfer": OTHER}, "another parcel"), ({"envelope": Digest.of(b"")}, "another parcel"),
    ({"recipient": "somebody-else"}, "another recipient"), ({"manifest": Digest.of(b"")}, "other content"),
    ({"rows": 8}, "other content"),
])  # fmt: skip
def test_an_answer_about_something_else_does_not_count(change, why):
    with pytest.raises(AcknowledgementInvalid, match=why):
        replace(ACCEPTED, **change).check(AWAITED)


def test_an_answer_that_contradicts_itself_is_not_signed():
    with pytest.raises(FormatInvalid):
        sign(replace(ACCEPTED, rows=None), KEY, DOMAIN)
