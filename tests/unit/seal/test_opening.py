"""A sound parcel opens; a parcel with anything wrong is refused by the step that is there for it."""

import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.crypto.signers import Signers
from gateway.crypto.ssh_keys import SigningKey
from gateway.seal.heading import Party
from gateway.seal.opening import DATA
from gateway.seal.rejections import REJECTIONS
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import ParcelInvalid
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import TransferId
from tests.simulators.council import AT, CSV, DOMAIN, ME, SENDER, Council, stranger


def test_a_sealed_parcel_opens_to_the_same_bytes(council, desk, sent):
    sealed = council.seal(sent)
    opened = desk.open(sealed.parcel.transfer, sent)
    assert opened.data.read_bytes() == CSV
    assert opened.data.stat().st_mode & 0o777 == 0o600
    assert Digest.of(opened.manifest_page) == sealed.manifest == opened.envelope.manifest
    assert (opened.manifest.file.rows, opened.manifest.agreement) == (2, "DSA-7")


def test_a_forged_parcel_with_nothing_wrong_opens(council, desk, sent):
    assert desk.open(council.pieces().write(sent), sent).data.read_bytes() == CSV


def test_an_empty_file_can_be_handed_over(council, desk, sent):
    sealed = council.seal(sent, [], rows=0)
    assert desk.open(sealed.parcel.transfer, sent).data.read_bytes() == b""


def spoiled(council, sent, **pieces):
    made = council.pieces()
    for name, value in pieces.items():
        setattr(made, name, value)
    return made.write(sent)


# 1: the envelope's signature


def test_an_envelope_signed_by_a_stranger_is_not_the_senders(council, desk, sent):
    transfer = spoiled(council, sent, envelope_key=SigningKey.generate_ed25519())
    assert desk.refusal(transfer, sent) == "envelope-signature"


def test_a_parcel_stripped_and_signed_anew_by_a_stranger_is_not_the_senders(council, desk, sent):
    thief = Council(council.recipient)
    transfer = thief.pieces().write(sent)
    assert desk.refusal(transfer, sent) == "envelope-signature"


@pytest.mark.parametrize("act", ["content", "acknowledge", "approve.yss", "observation"])
def test_a_signature_made_for_another_act_does_not_serve_as_an_envelopes(council, desk, sent, act):
    assert desk.refusal(spoiled(council, sent, envelope_act=act), sent) == "envelope-signature"


def test_a_signature_made_for_another_gateway_does_not_serve_here(council, desk, sent):
    assert desk.refusal(spoiled(council, sent, domain="elsewhere.example"), sent) == "envelope-signature"


def test_an_envelope_that_names_another_sender_than_its_signer_is_refused(council, desk, sent):
    made = council.pieces()
    for sender in (Party("impostor.example", council.key.fingerprint), Party(SENDER, "SHA256:" + "A" * 43)):
        made.heading = replace(made.heading, sender=sender)
        assert desk.refusal(made.write(sent), sent) == "envelope-signature"


def test_somebody_else_who_may_sign_is_still_not_the_sender(council, desk, sent):
    """Two gateways may stand in one signers file; neither speaks for the other."""
    other = SigningKey.generate_ed25519()
    acts = f"content@{DOMAIN},envelope@{DOMAIN}"
    lines = f'{SENDER} namespaces="{acts}" {council.key.public_line()}\n'
    lines += f'other.example namespaces="{acts}" {other.public_line()}\n'
    sender = replace(desk.sender(), signers=Signers.parse(lines, source="the signers file"))
    desk.sender = lambda: sender
    made = council.pieces()
    made.envelope_key = made.content_key = other
    made.heading = replace(made.heading, sender=Party(SENDER, other.fingerprint))
    made.manifest = replace(made.manifest, heading=made.heading)
    assert desk.refusal(made.write(sent), sent) == "envelope-signature"


def test_an_envelope_under_another_transfers_names_is_refused(council, desk, sent):
    first, second = (council.pieces().write(sent) for _ in range(2))
    for here, there in zip(names_of(first), names_of(second), strict=True):
        (sent / here).replace(sent / there)
    assert desk.refusal(second, sent) == "envelope-signature"


@pytest.mark.parametrize("change", [
    {"type": "handoff-envelope/v2"}, {"extra": 1}, {"sequence": None}, {"sequence": 0}, {"sequence": True},
    {"sequence": "1"}, {"recipients": []}, {"manifest": "00"}, {"route": "../yss"}, {"expires": "2026-11-23T09:30:00Z"},
    {"ciphertext": {"size": -1, "sha256": "0" * 64}}, {"ciphertext": {"size": 1, "sha256": "0" * 64, "md5": "0"}},
    {"log": None}, {"sender": {"id": SENDER}}, {"transfer": "not-one"},
])  # fmt: skip
def test_a_signed_page_of_another_shape_is_no_envelope(council, desk, sent, change):
    transfer = council.pieces().write(sent)
    _, signature, envelope = (sent / name for name in names_of(transfer))
    page = json.loads(envelope.read_bytes()) | change
    body = json.dumps(page, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    envelope.write_bytes(body)
    signature.write_text(council.key.sign(body, "envelope@council.example"))
    assert desk.refusal(transfer, sent) == "envelope-malformed"


def test_an_envelope_spelled_in_a_second_way_is_none(council, desk, sent):
    transfer = council.pieces().write(sent)
    _, signature, envelope = (sent / name for name in names_of(transfer))
    body = json.dumps(json.loads(envelope.read_bytes()), indent=1).encode()
    envelope.write_bytes(body)
    signature.write_text(council.key.sign(body, "envelope@council.example"))
    assert desk.refusal(transfer, sent) == "envelope-malformed"


# 2 to 6: before anything is decrypted


def test_a_ciphertext_of_another_transfer_is_refused(council, desk, sent):
    first, second = (council.seal(sent).parcel.transfer for _ in range(2))
    (sent / names_of(second)[0]).replace(sent / names_of(first)[0])
    assert desk.refusal(first, sent) == "ciphertext-hash"


@pytest.mark.parametrize("cut", [0, 1, 100, 4000])
def test_a_ciphertext_cut_short_is_refused(council, desk, sent, cut):
    transfer = council.seal(sent).parcel.transfer
    sealed = sent / names_of(transfer)[0]
    sealed.write_bytes(sealed.read_bytes()[: -cut or None] + b"x" * (not cut))
    assert desk.refusal(transfer, sent) == "ciphertext-hash"


def test_an_endless_ciphertext_is_not_copied_beyond_its_size(council, desk, sent):
    transfer = council.seal(sent).parcel.transfer
    with (sent / names_of(transfer)[0]).open("ab") as sealed:
        sealed.truncate(1 << 30)
    assert desk.refusal(transfer, sent) == "ciphertext-hash"
    assert list(desk.folder.iterdir()) == []


def test_a_parcel_forwarded_to_another_recipient_is_not_addressed_to_them(council, desk, sent):
    transfer = council.seal(sent).parcel.transfer
    desk.me = "somebody-else"
    assert desk.refusal(transfer, sent) == "not-addressed"


def test_a_parcel_to_another_key_of_ours_is_not_addressed_to_us(council, desk, sent):
    made = council.pieces()
    made.heading = replace(made.heading, recipients=(Party(ME, "SHA256:" + "A" * 43),))
    assert desk.refusal(made.write(sent), sent) == "not-addressed"


@pytest.mark.parametrize(("after", "code"), [
    (timedelta(minutes=-6), "not-yet-valid"), (timedelta(days=30), "expired"), (timedelta(days=400), "expired"),
])  # fmt: skip
def test_a_parcel_outside_its_time_is_refused(council, desk, sent, after, code):
    transfer = council.seal(sent).parcel.transfer
    desk.at = AT + after
    assert desk.refusal(transfer, sent) == code


@pytest.mark.parametrize("after", [timedelta(minutes=-5), timedelta(0), timedelta(days=30, seconds=-1)])
def test_a_parcel_within_its_time_is_taken(council, desk, sent, after):
    transfer = council.seal(sent).parcel.transfer
    desk.at = AT + after
    assert desk.open(transfer, sent)


@pytest.mark.parametrize(("expected", "code"), [(1, "sequence-gap"), (6, "sequence-old"), (99, "sequence-old")])
def test_a_number_out_of_turn_is_refused(council, desk, sent, expected, code):
    transfer = council.seal(sent, sequence=5).parcel.transfer
    desk.expected = lambda route: expected
    assert desk.refusal(transfer, sent) == code


def test_a_parcel_that_was_answered_is_a_replay(council, desk, sent):
    transfer = council.seal(sent, sequence=5).parcel.transfer
    desk.expected, desk.seen = (lambda route: 6), {transfer}
    assert desk.refusal(transfer, sent) == "replayed"


def test_each_route_is_counted_by_itself(council, desk, sent):
    desk.expected = {"yss": 4, "dfe-school-census": 1}.__getitem__
    assert desk.open(council.seal(sent, route="yss", sequence=4).parcel.transfer, sent)
    assert desk.open(council.seal(sent, route="dfe-school-census", sequence=1).parcel.transfer, sent)


# 7: decryption


def test_a_file_sealed_to_somebody_else_cannot_be_opened(council, desk, sent):
    assert desk.refusal(spoiled(council, sent, recipient=stranger()), sent) == "undecryptable"


@pytest.mark.parametrize("spoil", [
    lambda sealed: sealed[:-1], lambda sealed: sealed[:200], lambda sealed: sealed + b"x", lambda sealed: b"",
    lambda sealed: sealed[:-8000] + b"y" + sealed[-7999:], lambda sealed: sealed.replace(b"X25519", b"X25518"),
])  # fmt: skip
def test_a_spoiled_age_file_is_refused_though_the_envelope_names_it(council, desk, sent, spoil):
    assert desk.refusal(spoiled(council, sent, ciphertext=spoil), sent) == "undecryptable"
    assert {path.name for path in desk.folder.iterdir()} <= {"ciphertext"}


# 9 to 13: the content


def test_content_signed_by_a_stranger_is_refused(council, desk, sent):
    assert desk.refusal(spoiled(council, sent, content_key=SigningKey.generate_ed25519()), sent) == "content-signature"


@pytest.mark.parametrize("act", ["envelope", "acknowledge", "route.yss"])
def test_a_signature_made_for_another_act_does_not_serve_as_the_contents(council, desk, sent, act):
    assert desk.refusal(spoiled(council, sent, content_act=act), sent) == "content-signature"


def test_content_and_envelope_must_be_signed_with_one_key(council, desk, sent):
    second = SigningKey.generate_ed25519()
    transfer = spoiled(council, sent, content_key=second)
    lines = "".join(
        f'{SENDER} namespaces="content@council.example,envelope@council.example" {key.public_line()}\n'
        for key in (council.key, second)
    )
    sender = desk.sender()
    desk.sender = lambda: replace(sender, signers=Signers.parse(lines, source="the signers file"))
    assert desk.refusal(transfer, sent) == "content-signature"


def test_another_manifest_than_the_envelopes_is_refused(council, desk, sent):
    assert desk.refusal(spoiled(council, sent, envelope={"manifest": Digest.of(b"")}), sent) == "manifest-hash"


@pytest.mark.parametrize("change", [
    {"sequence": 2}, {"route": "other"}, {"expires": AT + timedelta(days=60)}, {"created": AT - timedelta(days=1)},
    {"release_by": AT + timedelta(hours=5)}, {"transfer": TransferId("0" * 26)},
    {"recipients": (Party(ME, "SHA256:" + "A" * 43), Party("also", "SHA256:" + "B" * 43))},
])  # fmt: skip
def test_a_manifest_that_contradicts_the_envelope_is_refused(council, desk, sent, change):
    made = council.pieces()
    made.manifest = replace(made.manifest, heading=replace(made.heading, **change))
    assert desk.refusal(made.write(sent), sent) == "members-differ"


@pytest.mark.parametrize("change", [
    {"digest": Digest.of(b"")}, {"size": len(CSV) + 1}, {"size": len(CSV) - 1}, {"name": "other.csv"},
])  # fmt: skip
def test_another_data_file_than_the_manifests_is_refused(council, desk, sent, change):
    made = council.pieces()
    made.manifest = replace(made.manifest, file=replace(made.manifest.file, **change))
    assert desk.refusal(made.write(sent), sent) == "file-hash"
    assert not (desk.folder / DATA).exists()


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_another_number_of_rows_than_the_manifests_is_refused(council, desk, sent, rows):
    assert desk.refusal(council.seal(sent, rows=rows).parcel.transfer, sent) == "rows-differ"
    assert not (desk.folder / DATA).exists()


def test_rows_are_not_counted_in_what_is_no_csv(council, desk, sent):
    assert desk.open(council.seal(sent, file_name="census.xml", rows=7).parcel.transfer, sent)


@pytest.mark.parametrize("change", [
    {"scope": "some"}, {"retention": ""}, {"agreement": "see file"}, {"basis": ("",)}, {"salt": b"short"},
])  # fmt: skip
def test_a_signed_manifest_of_another_shape_is_none(council, desk, sent, change):
    made = council.pieces()
    made.manifest = replace(made.manifest, **change)
    assert desk.refusal(made.write(sent), sent) == "manifest-malformed"


# every byte


def test_no_byte_of_envelope_or_signature_can_change(council, desk, sent):
    transfer = council.seal(sent).parcel.transfer
    for name in names_of(transfer)[1:]:
        whole = (sent / name).read_bytes()
        for place in range(len(whole)):
            (sent / name).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            with pytest.raises(ParcelInvalid) as refused:
                desk.verified(transfer, sent)
            assert refused.value.code == "envelope-signature"
        (sent / name).write_bytes(whole)
    assert desk.open(transfer, sent)


def test_no_byte_of_the_ciphertext_can_change(council, desk, sent):
    transfer = council.seal(sent).parcel.transfer
    whole = (sent / names_of(transfer)[0]).read_bytes()
    parcel, reader, answered = desk.verified(transfer, sent), desk.reader(), desk.answered()
    for place in range(len(whole)):
        changed = io.BytesIO(whole[:place] + bytes([whole[place] ^ 0x80]) + whole[place + 1 :])
        with pytest.raises(ParcelInvalid) as refused:
            parcel.open([changed], desk.emptied(), reader, answered, AT)
        assert refused.value.code == "ciphertext-hash"
    assert parcel.open([io.BytesIO(whole)], desk.emptied(), reader, answered, AT)


def test_no_byte_of_the_ciphertext_can_change_even_if_the_envelope_names_the_change(council, desk, sent):
    made = council.pieces()
    for place in range(0, 8300, 83):
        made.ciphertext = lambda sealed, at=place: sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        assert desk.refusal(made.write(sent), sent) == "undecryptable"


def test_the_error_says_the_sentence_of_its_code(council, desk, sent):
    transfer = council.seal(sent).parcel.transfer
    (sent / names_of(transfer)[0]).write_bytes(b"")
    with pytest.raises(ParcelInvalid, match="is not the one that the envelope describes") as refused:
        desk.open(transfer, sent)
    assert str(refused.value) == REJECTIONS["ciphertext-hash"]
