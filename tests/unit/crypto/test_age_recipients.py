"""age's other recipients: SSH keys and passphrases, the stock tool both ways, and what is refused."""

import base64
import io
import os
import subprocess

import pytest

from gateway.crypto.age import (
    SshIdentity,
    SshRecipient,
    decrypting,
    encrypting,
    generate_hybrid_identity,
    generate_identity,
    parse_recipient,
    recipient_fingerprint,
)
from gateway.crypto.age.armor import dearmor
from gateway.crypto.age.header import Stanza, base64_encode
from gateway.crypto.age.identity_file import read_identities, seal_identities
from gateway.crypto.age.passphrase import PassphraseIdentity, PassphraseRecipient
from gateway.crypto.ssh_keys import SigningKey
from gateway.crypto.ssh_wire import string
from gateway.vocabulary.errors import AgeHeaderInvalid, AgeNoMatch, KeyUnavailable

QUICK = 10
"""A work factor for tests: nothing is protected by it."""
KEY = SigningKey.generate_ed25519()
SSH = SshIdentity(KEY)
P = 2**255 - 19


def sealed(data, *recipients):
    sink = io.BytesIO()
    with encrypting(sink, recipients) as writer:
        writer.write(data)
    return sink.getvalue()


def opened(data, *identities):
    return b"".join(decrypting(io.BytesIO(data), identities))


def ssh_line(raw):
    return f"ssh-ed25519 {base64.b64encode(string(b'ssh-ed25519') + string(raw)).decode()}"


# SSH-Ed25519


def test_who_holds_the_ssh_key_opens_and_nobody_else():
    data = sealed(b"x", parse_recipient(KEY.public_line("somebody@example")))
    assert opened(data, SSH) == b"x"
    with pytest.raises(AgeNoMatch):
        opened(data, SshIdentity(SigningKey.generate_ed25519()), generate_identity())


def test_ssh_and_age_recipients_may_stand_together():
    identity = generate_identity()
    data = sealed(b"x", SSH.recipient(), identity.recipient())
    assert opened(data, SSH) == opened(data, identity) == b"x"


def test_an_ssh_key_is_classical_and_never_stands_beside_a_post_quantum_one():
    with pytest.raises(KeyUnavailable):
        sealed(b"x", SSH.recipient(), generate_hybrid_identity().recipient())


@pytest.mark.parametrize("size", [0, 1, 65536, 70000])
def test_stock_age_opens_what_is_sealed_to_an_ssh_key(size, ssh_keygen, tmp_path, stock_tool):
    key, data = ssh_keygen.key("ed25519"), os.urandom(size)
    command = [stock_tool("age"), "-d", "-i", str(key)]
    ours = sealed(data, parse_recipient(ssh_keygen.public_line("ed25519")))
    assert subprocess.run(command, input=ours, capture_output=True, check=True).stdout == data


@pytest.mark.parametrize("size", [0, 1, 65536, 70000])
def test_we_open_what_stock_age_seals_to_an_ssh_key(size, ssh_keygen, stock_tool):
    data = os.urandom(size)
    command = [stock_tool("age"), "-r", ssh_keygen.public_line("ed25519")]
    theirs = subprocess.run(command, input=data, capture_output=True, check=True).stdout
    assert opened(theirs, *read_identities(ssh_keygen.key("ed25519").read_bytes())) == data


def test_an_ssh_recipients_fingerprint_is_ssh_keygens_whatever_the_comment():
    assert recipient_fingerprint(KEY.public_line("a")) == recipient_fingerprint(KEY.public_line("b")) == KEY.fingerprint


@pytest.mark.parametrize("raw", [
    (1).to_bytes(32, "little"), (P - 1).to_bytes(32, "little"), bytes(32), P.to_bytes(32, "little"),
    (P + 1).to_bytes(32, "little"), (2).to_bytes(32, "little"), b"\xff" * 32,
])  # fmt: skip
def test_an_ssh_key_that_is_no_usable_point_is_no_recipient(raw):
    with pytest.raises(KeyUnavailable):
        sealed(b"x", parse_recipient(ssh_line(raw)))


@pytest.mark.parametrize("kind", ["rsa3072", "ecdsa256"])
def test_only_ed25519_among_ssh_keys_is_a_recipient(kind, ssh_keygen):
    with pytest.raises(KeyUnavailable):
        parse_recipient(ssh_keygen.public_line(kind))


@pytest.mark.parametrize("text", ["ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAA x", "ssh-ed25519 é", "ssh-"])
def test_what_is_no_ssh_key_is_no_recipient(text):
    with pytest.raises(KeyUnavailable):
        parse_recipient(text)


def stanza(*arguments, body=bytes(32)):
    return Stanza((b"ssh-ed25519", *arguments), body)


def test_a_broken_stanza_for_us_is_an_error_and_one_for_others_is_none():
    good = SSH.recipient().wrap(bytes(16), os.urandom)
    tag, share = good.arguments[1:]
    assert SSH.unwrap(good) == bytes(16)
    assert SSH.unwrap(stanza(base64_encode(b"else"), share)) is None
    assert SSH.unwrap(stanza(tag, share)) is None  # four bytes may agree by chance
    for broken in (
        stanza(tag), stanza(tag, share, share), stanza(tag, share, body=bytes(31)), stanza(tag, base64_encode(bytes(31))),
        stanza(base64_encode(b"abc"), share), stanza(tag, base64_encode(bytes(32))), stanza(tag + b"=", share),
    ):  # fmt: skip
        with pytest.raises(AgeHeaderInvalid):
            SSH.unwrap(broken)


def test_an_ssh_identity_shows_its_fingerprint_and_nothing_else():
    assert repr(SSH) == f"<SshIdentity {KEY.fingerprint}>"
    assert isinstance(SSH.recipient(), SshRecipient)


# passphrases


def test_a_passphrase_opens_what_it_sealed_and_no_other_does():
    data = sealed(b"x", PassphraseRecipient("correct horse", QUICK))
    assert opened(data, PassphraseIdentity("correct horse")) == b"x"
    with pytest.raises(AgeNoMatch):
        opened(data, PassphraseIdentity("correct  horse"))


@pytest.mark.parametrize("beside", [
    generate_identity().recipient(), generate_hybrid_identity().recipient(), SSH.recipient(),
    PassphraseRecipient("another", QUICK),
])  # fmt: skip
def test_a_passphrase_stands_alone(beside):
    with pytest.raises(KeyUnavailable):
        sealed(b"x", PassphraseRecipient("correct horse", QUICK), beside)


def test_an_empty_passphrase_protects_nothing():
    with pytest.raises(KeyUnavailable):
        PassphraseRecipient("")


def test_stock_age_opens_what_a_passphrase_sealed(tmp_path, stock_tool):
    stock_tool("age")
    (tmp_path / "sealed").write_bytes(sealed(b"x" * 1000, PassphraseRecipient("correct horse", QUICK)))
    # it asks a terminal for the passphrase, which `script` gives it
    command = [stock_tool("script"), "-qec", "age -d -o opened sealed", "/dev/null"]
    subprocess.run(command, input=b"correct horse\n", cwd=tmp_path, capture_output=True, check=True, timeout=60)
    assert (tmp_path / "opened").read_bytes() == b"x" * 1000


# identity files


def lines(*identities):
    return "".join(f"# somebody\n{identity.spelled()}\n\n" for identity in identities).encode()


def test_an_identity_file_may_hold_several_and_comments():
    first, second = generate_identity(), generate_hybrid_identity()
    read = read_identities(lines(first, second).replace(b"\n", b"\r\n"))
    assert [identity.spelled() for identity in read] == [first.spelled(), second.spelled()]


def test_an_identity_file_under_a_passphrase_is_armored_and_opens():
    identity = generate_identity()
    kept = seal_identities(lines(identity), "correct horse", os.urandom, QUICK)
    assert kept.startswith(b"-----BEGIN AGE")
    assert identity.spelled().encode() not in kept
    for spelled in (kept, dearmor(kept).read()):
        (read,) = read_identities(spelled, lambda: "correct horse")
        assert read.spelled() == identity.spelled()


def test_a_protected_identity_file_is_refused_without_its_passphrase():
    kept = seal_identities(lines(generate_identity()), "correct horse", os.urandom, QUICK)
    with pytest.raises(KeyUnavailable, match="protected by a passphrase"):
        read_identities(kept)
    for spoiled in (kept, kept[:-40], kept.replace(b"\n", b" ", 2)):
        with pytest.raises(KeyUnavailable, match="unlocked"):
            read_identities(spoiled, lambda: "wrong")


@pytest.mark.parametrize("data", [
    b"", b"# nothing\n", b"AGE-SECRET-KEY-1QQQQ\n", b"\xff\xfe", b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n",
    generate_identity().recipient().spelled().encode(),
])  # fmt: skip
def test_what_holds_no_identity_is_refused_and_never_repeated(data):
    with pytest.raises(KeyUnavailable) as refused:
        read_identities(data)
    assert "QQQQ" not in str(refused.value)


def test_a_protected_ssh_key_is_unlocked_with_its_passphrase(tmp_path, stock_tool):
    command = [stock_tool("ssh-keygen"), "-q", "-t", "ed25519", "-N", "correct horse", "-f", str(tmp_path / "key")]
    subprocess.run(command, check=True)
    data = (tmp_path / "key").read_bytes()
    (read,) = read_identities(data, lambda: "correct horse")
    assert opened(sealed(b"x", parse_recipient((tmp_path / "key.pub").read_text().strip())), read) == b"x"
    with pytest.raises(KeyUnavailable):
        read_identities(data, lambda: "wrong")
    with pytest.raises(KeyUnavailable):
        read_identities(data)
