"""Signed notes and checkpoints: what opens, and everything that must not."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.crypto.checkpoint import Checkpoint, log_key, open_checkpoint, witness_key
from gateway.crypto.merkle import EMPTY_ROOT
from gateway.crypto.note import Algorithm, Vkey, cosign, open_note, sign, unverified_text
from gateway.vocabulary.errors import NoteMalformed, SignatureInvalid
from gateway.vocabulary.facts import Facts

ORIGIN, WITNESS = "council.example/handoff", "yss.example"
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@dataclass
class Key:
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public_raw(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    def sign_raw(self, message: bytes) -> bytes:
        return self.private.sign(message)


LOG, PARTNER, STRANGER = Key(), Key(), Key()
LOG_KEY, PARTNER_KEY = log_key(ORIGIN, LOG.public_raw), witness_key(WITNESS, PARTNER.public_raw)
CHECKPOINT = Checkpoint(ORIGIN, 7, EMPTY_ROOT)
NOTE = sign(CHECKPOINT.text(), ORIGIN, LOG)
COSIGNED = cosign(NOTE, WITNESS, PARTNER, AT)


def line(name: str, raw: bytes) -> str:
    return f"\u2014 {name} {base64.b64encode(raw).decode()}\n"


def opens_cosigned(note: bytes) -> bool:
    """A line whose name or key id was changed is an unknown key's, and is ignored: then the cosignature is gone."""
    try:
        return bool(open_checkpoint(note, LOG_KEY, [PARTNER_KEY])[1])
    except (NoteMalformed, SignatureInvalid):
        return False


def test_a_note_opens_under_the_key_that_signed_it():
    opened = open_note(NOTE.encode(), [LOG_KEY])
    assert opened.text == CHECKPOINT.text()
    assert [(s.key, s.at) for s in opened.signatures] == [(LOG_KEY, None)]


def test_a_cosignature_tells_whose_it_is_and_when():
    checkpoint, cosignatures = open_checkpoint(COSIGNED.encode(), LOG_KEY, [PARTNER_KEY])
    assert checkpoint == CHECKPOINT
    assert [(c.witness, c.at) for c in cosignatures] == [(PARTNER_KEY, AT)]


def test_the_example_of_the_specification_has_the_key_id_it_shows():
    spelled = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    key = Vkey.parse(spelled)
    assert (key.name, key.algorithm, key.spelled) == ("sum.golang.org", Algorithm.ED25519, spelled)


@pytest.mark.parametrize("key", [LOG_KEY, PARTNER_KEY])
def test_a_verifier_key_reads_back_as_it_is_spelled(key):
    assert Vkey.parse(key.spelled) == key
    assert Facts(log_key=key.fingerprint)["log_key"] == key.fingerprint


def test_lines_of_unknown_keys_are_ignored():
    note = cosign(NOTE, "stranger.example", STRANGER, AT)
    note += line(ORIGIN, b"\0\0\0\0 same name, another key")
    assert open_checkpoint(note.encode(), LOG_KEY) == (CHECKPOINT, ())


def test_a_text_may_have_empty_lines_of_its_own():
    assert open_note(sign("a\n\nb\n", ORIGIN, LOG).encode(), [LOG_KEY]).text == "a\n\nb\n"


def test_any_changed_byte_of_a_cosigned_note_is_refused():
    data = COSIGNED.encode()
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        assert not opens_cosigned(changed), place


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n",
        b"text\n",
        b"text\n\n",
        b"\n\n" + line(ORIGIN, bytes(68)).encode(),
        NOTE.encode()[:-1],
        NOTE.encode() + b"\n",
        NOTE.encode().replace(b"\n\n", b"\n"),
        NOTE.encode().replace("\u2014".encode(), b"-"),
        NOTE.encode().replace("\u2014 ".encode(), "\u2014  ".encode()),
        NOTE.encode() + b"what is this\n",
        NOTE.encode() + line("", bytes(68)).encode(),
        NOTE.encode() + line("a+b", bytes(68)).encode(),
        NOTE.encode() + line("a\u00a0b", bytes(68)).encode(),
        NOTE.encode() + line("a", bytes(4)).encode(),
        NOTE.encode() + "\u2014 a !!!!\n".encode(),
        NOTE.encode() + "\u2014 a AAAAAAB=\n".encode(),
        NOTE.encode().replace(b"7", b"7\r"),
        NOTE.encode().replace(b"7", b"7\0"),
        b"\xff" + NOTE.encode(),
        NOTE.encode() + line("a", bytes(68)).encode() * 64,
        b"x" * 300_000 + NOTE.encode(),
    ],
)
def test_what_is_not_a_signed_note_is_malformed(data):
    with pytest.raises(NoteMalformed):
        open_note(data, [LOG_KEY])


def test_sixteen_strangers_are_no_hindrance():
    note = NOTE
    for number in range(16):
        note = cosign(note, f"witness-{number}.example", STRANGER, AT)
    assert open_checkpoint(note.encode(), LOG_KEY)[0] == CHECKPOINT


def test_a_note_nobody_known_has_signed_is_refused():
    with pytest.raises(SignatureInvalid, match="no key"):
        open_note(NOTE.encode(), [log_key(ORIGIN, STRANGER.public_raw)])
    with pytest.raises(SignatureInvalid, match="no key"):
        open_note(NOTE.encode(), [])


def test_one_bad_signature_of_a_known_key_refuses_the_whole_note():
    bad = NOTE + line(WITNESS, PARTNER_KEY.key_id + bytes(72))
    with pytest.raises(SignatureInvalid, match="not good"):
        open_note(bad.encode(), [LOG_KEY, PARTNER_KEY])


@pytest.mark.parametrize("length", [1, 8, 63, 65])
def test_a_signature_of_another_length_is_not_good(length):
    with pytest.raises(SignatureInvalid):
        open_note((CHECKPOINT.text() + "\n" + line(ORIGIN, LOG_KEY.key_id + bytes(length))).encode(), [LOG_KEY])


def test_a_cosignature_moved_to_another_time_is_not_good():
    raw = base64.b64decode(COSIGNED.splitlines()[-1].split(" ")[2])
    later = int((AT + timedelta(seconds=1)).timestamp()).to_bytes(8, "big")
    moved = NOTE + line(WITNESS, raw[:4] + later + raw[12:])
    with pytest.raises(SignatureInvalid):
        open_checkpoint(moved.encode(), LOG_KEY, [PARTNER_KEY])


def test_a_cosignature_at_no_real_moment_is_malformed():
    raw = base64.b64decode(COSIGNED.splitlines()[-1].split(" ")[2])
    never = NOTE + line(WITNESS, raw[:4] + b"\xff" * 8 + raw[12:])
    with pytest.raises(NoteMalformed, match="moment"):
        open_checkpoint(never.encode(), LOG_KEY, [PARTNER_KEY])


def test_a_plain_signature_never_passes_for_a_cosignature():
    plain = sign(CHECKPOINT.text(), WITNESS, PARTNER)
    assert open_checkpoint(NOTE.encode() + plain.splitlines()[-1].encode() + b"\n", LOG_KEY, [PARTNER_KEY])[1] == ()


def test_a_cosignature_alone_is_no_checkpoint_of_the_log():
    alone = CHECKPOINT.text() + "\n" + COSIGNED.splitlines()[-1] + "\n"
    with pytest.raises(SignatureInvalid, match="not signed by"):
        open_checkpoint(alone.encode(), LOG_KEY, [PARTNER_KEY])


def test_a_log_cannot_sign_for_another_log():
    other = sign(Checkpoint("other.example/log", 7, EMPTY_ROOT).text(), ORIGIN, LOG)
    with pytest.raises(SignatureInvalid, match="another log"):
        open_checkpoint(other.encode(), LOG_KEY)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n7\n",
        "\n7\n" + CHECKPOINT.text().split("\n")[2] + "\n",
        CHECKPOINT.text() + "an extension\n",
        CHECKPOINT.text().replace("7\n", "07\n"),
        CHECKPOINT.text().replace("7\n", "-7\n"),
        CHECKPOINT.text().replace("7\n", "7 \n"),
        CHECKPOINT.text().replace("7\n", "\u0667\n"),
        CHECKPOINT.text().replace("7\n", "9" * 30 + "\n"),
        CHECKPOINT.text().replace("=", ""),
        CHECKPOINT.text().replace("U=\n", "V=\n"),
        Checkpoint(ORIGIN, 7, bytes(31)).text(),
        Checkpoint(ORIGIN, 7, bytes(33)).text(),
        CHECKPOINT.text()[:-1],
    ],
)
def test_what_is_not_a_checkpoint_is_malformed(text):
    with pytest.raises(NoteMalformed):
        Checkpoint.parse(text)


@pytest.mark.parametrize(
    "spelled",
    [
        "",
        "name",
        "name+00000000",
        LOG_KEY.spelled.replace("council", "counsel"),
        LOG_KEY.spelled[:-4],
        LOG_KEY.spelled + "=",
        "+" + LOG_KEY.spelled.split("+", 1)[1],
        "a b+" + LOG_KEY.spelled.split("+", 1)[1],
        "a+00000000+",
        "a+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode(),
        "a+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(),
    ],
)
def test_a_verifier_key_that_is_not_one_is_malformed(spelled):
    with pytest.raises(NoteMalformed):
        Vkey.parse(spelled)


@pytest.mark.parametrize("text", ["", "no end", "tab\t\n", "nul\0\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text):
    with pytest.raises(NoteMalformed):
        sign(text, ORIGIN, LOG)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\nb"])
def test_a_name_that_no_note_can_hold_signs_nothing(name):
    with pytest.raises(NoteMalformed):
        sign(CHECKPOINT.text(), name, LOG)


def test_what_nobody_vouched_for_says_so_by_its_name():
    assert unverified_text(NOTE.encode()) == CHECKPOINT.text()
