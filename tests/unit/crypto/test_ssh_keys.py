"""Private keys: made, loaded, used to sign, and never shown."""

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.vocabulary.errors import KeyUnavailable

OURS = ["ed25519", "rsa3072", "ecdsa256", "ecdsa384", "ecdsa521"]


@pytest.mark.parametrize("kind", OURS)
def test_a_stock_key_loads_and_is_the_same_key(kind, ssh_keygen):
    key = SigningKey.load(ssh_keygen.key(kind).read_bytes())
    assert key.public_line("somebody") == ssh_keygen.public_line(kind)


@pytest.mark.parametrize("comment", ["", "signing", "a longer comment, ä"])
def test_the_stock_tool_reads_the_key_that_we_write(comment, ssh_keygen, tmp_path):
    key, path = SigningKey.generate_ed25519(), tmp_path / "key"
    path.touch(0o600)
    path.write_bytes(key.openssh_private(comment))
    shown = ssh_keygen._run("-y", "-P", "", "-f", str(path)).stdout.decode()
    assert shown.strip() == key.public_line(comment)
    assert SigningKey.load(path.read_bytes()).fingerprint == key.fingerprint


def test_a_key_with_a_passphrase_needs_the_right_one(ssh_keygen, tmp_path):
    path = tmp_path / "key"
    ssh_keygen._run("-q", "-t", "ed25519", "-N", "open sesame", "-f", str(path))
    data = path.read_bytes()
    assert SigningKey.load(data, b"open sesame").public.key_type == "ssh-ed25519"
    with pytest.raises(KeyUnavailable, match="protected by a passphrase"):
        SigningKey.load(data)
    with pytest.raises(KeyUnavailable):
        SigningKey.load(data, b"open barley")


def test_a_passphrase_for_a_key_without_one_is_refused():
    with pytest.raises(KeyUnavailable, match="has no passphrase"):
        SigningKey.load(SigningKey.generate_ed25519().openssh_private(), b"open sesame")


@pytest.mark.parametrize("cut", [0, 1, 40, 100, 200, 300])
def test_a_damaged_key_is_unavailable(cut):
    with pytest.raises(KeyUnavailable) as caught:
        SigningKey.load(SigningKey.generate_ed25519().openssh_private()[:cut])
    assert caught.value.remedy


def test_a_key_of_another_format_is_unavailable(ssh_keygen, tmp_path):
    path = tmp_path / "key"
    ssh_keygen._run("-q", "-t", "rsa", "-b", "3072", "-m", "PEM", "-N", "", "-f", str(path))
    with pytest.raises(KeyUnavailable):
        SigningKey.load(path.read_bytes())


def test_a_weak_rsa_key_is_unavailable(ssh_keygen):
    with pytest.raises(KeyUnavailable, match="3072"):
        SigningKey.load(ssh_keygen.key("rsa2048").read_bytes())


def test_only_ed25519_signs_notes_and_is_written_again(ssh_keygen):
    key = SigningKey.load(ssh_keygen.key("ecdsa256").read_bytes())
    for use in (lambda: key.sign_raw(b"x"), key.openssh_private, lambda: key.public_raw):
        with pytest.raises(KeyUnavailable, match="Ed25519"):
            use()


def test_a_private_key_is_never_shown():
    key = SigningKey.generate_ed25519()
    private = key.openssh_private().decode().split("\n")[-3]
    shown = repr(key) + str(key) + f"{key}"
    assert key.fingerprint in shown
    assert private not in shown
    assert not hasattr(key, "__dict__")
