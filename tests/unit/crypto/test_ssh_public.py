"""Public keys: one key has one spelling, and nothing else passes for it."""

import base64
import struct

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.ssh_keys import SigningKey
from gateway.crypto.ssh_public import PublicKey
from gateway.crypto.ssh_wire import Reader, mpint, string
from gateway.vocabulary.errors import FormatInvalid, KeyUnavailable
from tests.simulators.security_key import SecurityKey

ED25519 = SigningKey.generate_ed25519().public
POINT = ec.generate_private_key(ec.SECP256R1()).public_key()
FULL = POINT.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
COMPRESSED = POINT.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
BIG = (1 << 3071) + 1


def wire(*parts: bytes) -> bytes:
    return b"".join(string(part) for part in parts)


ECDSA = PublicKey(wire(b"ecdsa-sha2-nistp256", b"nistp256", FULL))
RSA = PublicKey(string(b"ssh-rsa") + mpint(65537) + mpint(BIG))
SK, SK_ECDSA = SecurityKey().public, SecurityKey.ecdsa().public
ALL = [ED25519, ECDSA, RSA, SK, SK_ECDSA]


@pytest.mark.parametrize("key", ALL, ids=lambda key: key.key_type)
def test_a_key_reads_back_as_it_is_spelled(key):
    assert PublicKey.parse(key.line("somebody's laptop")) == PublicKey.parse(key.line() + "\r\n") == key


@pytest.mark.parametrize("key", ALL, ids=lambda key: key.key_type)
def test_no_beginning_of_a_key_is_a_key(key):
    for length in range(len(key.blob)):
        with pytest.raises(FormatInvalid):
            PublicKey(key.blob[:length])


@pytest.mark.parametrize("key", ALL, ids=lambda key: key.key_type)
def test_nothing_follows_a_key(key):
    for rest in (b"\0", string(b""), key.blob):
        with pytest.raises(FormatInvalid):
            PublicKey(key.blob + rest)


def test_the_stock_tool_gives_the_same_fingerprint(ssh_keygen):
    for kind in ("ed25519", "rsa3072", "ecdsa256", "ecdsa384", "ecdsa521"):
        key = PublicKey.parse(ssh_keygen.public_line(kind))
        shown = ssh_keygen._run("-l", "-f", str(ssh_keygen.key(kind))).stdout.decode()
        assert key.fingerprint in shown.split()


@pytest.mark.parametrize(
    "blob",
    [
        wire(b"ssh-ed25519", bytes(31)),
        wire(b"ssh-ed25519", bytes(33)),
        wire(b"ssh-dss", bytes(32)),
        wire(b"ssh-ed25519-cert-v01@openssh.com", bytes(32), bytes(32)),
        wire(b"nistp256", b"nistp256", FULL),
        wire(b"ecdsa-sha2-", b"", FULL),
        wire(b"ecdsa-sha2-nistp256", b"nistp384", FULL),
        wire(b"ecdsa-sha2-nistp384", b"nistp384", FULL),
        wire(b"ecdsa-sha2-nistp256", b"nistp256", COMPRESSED),
        wire(b"ecdsa-sha2-nistp256", b"nistp256", b"\x06" + FULL[1:]),
        wire(b"ecdsa-sha2-nistp256", b"nistp256", b"\0"),
        wire(b"sk-ssh-ed25519@openssh.com", bytes(32)),
        wire(b"sk-ecdsa-sha2-nistp384@openssh.com", b"nistp384", FULL, b"ssh:"),
        wire(b"ssh-rsa", b"\x01\x00\x01", b"\0" + b"\x7f" * 384),
        wire(b"ssh-rsa", b"\0\x01\x00\x01", b"\0" + b"\xff" * 384),
        wire(b"ssh-rsa", b"\x01\x00\x01", b"\xff" * 384),
        wire(b"ssh-rsa", b"\0", b"\0" + b"\xff" * 384),
        struct.pack(">I", 0xFFFFFFFF) + b"ssh-ed25519",
        string(b"\xff\xfe"),
        b"",
    ],
)
def test_what_is_not_spelled_as_ssh_spells_it_is_no_key(blob):
    with pytest.raises(FormatInvalid):
        PublicKey(blob)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 !!!!",
        "ssh-ed25519 ÄÄÄÄ",
        ED25519.line().replace("ssh-ed25519", "ssh-rsa"),
        ED25519.line() + "=",
        ED25519.line().split()[1],
        "restrict " + ED25519.line(),
        ED25519.line() + "\n" + SK.line(),
        ECDSA.line()[:-4],
        "ssh-ed25519 " + base64.b64encode(ED25519.blob + b"\0").decode(),
    ],
)
def test_a_line_that_is_not_type_and_key_is_refused(line):
    with pytest.raises(FormatInvalid):
        PublicKey.parse(line)


@pytest.mark.parametrize("comment", ["a\nssh-ed25519 AAAA", "a\r", "\x1b[2J", "\u2028", "\0"])
def test_a_comment_cannot_begin_another_line(comment):
    with pytest.raises(FormatInvalid):
        ED25519.line(comment)


@pytest.mark.parametrize(
    ("bits", "good"), [(1024, False), (2048, False), (3071, False), (3072, True), (16384, True), (16385, False)]
)
def test_an_rsa_key_is_neither_weak_nor_endless(bits, good):
    key = PublicKey(string(b"ssh-rsa") + mpint(65537) + mpint((1 << bits - 1) + 1))
    if good:
        key.check_strength()
        return
    with pytest.raises(KeyUnavailable, match="RSA"):
        key.check_strength()


def test_a_key_that_is_not_ed25519_has_no_raw_form():
    assert len(ED25519.raw_ed25519()) == 32
    for key in (ECDSA, RSA, SK):
        with pytest.raises(KeyUnavailable, match="Ed25519"):
            key.raw_ed25519()


def test_a_security_key_says_whom_it_signs_for():
    keys = (SK, SK_ECDSA, SecurityKey(b"portal.example").public, ED25519)
    assert [key.application for key in keys] == ["ssh:", "ssh:", "portal.example", None]


@given(st.integers(0, 1 << 600))
def test_a_number_has_one_spelling(number):
    reader = Reader(mpint(number), "it")
    assert reader.mpint() == number
    reader.end()


@given(st.binary(max_size=40))
def test_a_spelling_that_is_read_is_the_one_that_is_written(data):
    reader = Reader(string(data), "it")
    try:
        number = reader.mpint()
    except FormatInvalid:
        return
    assert mpint(number) == string(data)


@pytest.mark.parametrize("take", [Reader.uint32, Reader.string, Reader.mpint, lambda reader: reader.take(4)])
def test_what_ends_too_soon_is_said_by_name(take):
    with pytest.raises(FormatInvalid, match="the thing ends too soon"):
        take(Reader(b"\0\0\0", "the thing"))
