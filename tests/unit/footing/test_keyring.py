"""Private keys: ours alone, by role, or not at all."""

import os

import pytest

from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.keyring import LARGEST_KEY, Keyring
from gateway.vocabulary.errors import KeyUnavailable, StorageError
from tests.descriptors import nothing_stays_open


@pytest.fixture
def ring(tmp_path):
    (tmp_path / "private").mkdir(mode=0o700)
    return Keyring(folder=tmp_path / "private", credentials=tmp_path / "credentials")


def put(folder, role, data, mode=0o600):
    folder.mkdir(exist_ok=True)
    path = folder / f"{role}.key"
    path.touch(mode)
    path.chmod(mode)
    path.write_bytes(data)
    return path


def unavailable(ring, role="log"):
    with pytest.raises(KeyUnavailable) as caught:
        ring.private_bytes(role)
    assert role in caught.value.message
    assert caught.value.remedy
    return caught.value.message


def test_a_key_that_was_made_is_found_by_its_role_alone(ring):
    key = ring.create_signing("log")
    assert ring.signing_key("log").fingerprint == key.fingerprint
    assert (ring.has("log"), ring.has("signing")) == (True, False)
    assert "is not there" not in unavailable(ring, "signing")


def test_a_secret_is_made_of_the_chance_that_is_given(ring):
    ring.create_secret("digest", lambda count: bytes(range(count)))
    assert ring.secret("digest") == bytes(range(32))


def test_a_key_is_private_under_any_umask(ring, any_umask):
    ring.create_signing("log")
    ring.create_secret("digest")
    assert [path.stat().st_mode & 0o777 for path in ring.folder.iterdir()] == [0o600, 0o600]


@pytest.mark.parametrize("create", [Keyring.create_signing, Keyring.create_secret])
def test_a_key_is_never_made_over_another(ring, create):
    put(ring.folder, "log", b"the old one")
    with pytest.raises(StorageError):
        create(ring, "log")
    assert ring.private_bytes("log") == b"the old one"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o602, 0o610, 0o601, 0o777])
def test_a_key_that_others_could_reach_is_refused(ring, mode):
    put(ring.folder, "log", b"x", mode)
    assert "others" in unavailable(ring)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_of_another_user_is_refused(ring):
    os.chown(put(ring.folder, "log", b"x"), 4321, -1)
    assert "another user" in unavailable(ring)


def link(path):
    put(path.parent, "elsewhere", b"x")
    path.symlink_to("elsewhere.key")


def dangling(path):
    path.symlink_to("nowhere")


@pytest.mark.parametrize("trap", [link, dangling, os.mkfifo, os.mkdir])
@pytest.mark.parametrize("place", ["folder", "credentials"])
def test_what_is_not_a_regular_file_is_no_key(ring, trap, place):
    put(ring.folder, "log", b"x").unlink()
    folder = getattr(ring, place)
    folder.mkdir(exist_ok=True)
    trap(folder / "log.key")
    with nothing_stays_open():
        unavailable(ring)


def test_the_credentials_folder_wins(ring):
    put(ring.folder, "log", b"of the folder")
    put(ring.credentials, "log", b"of systemd", 0o440)
    assert ring.private_bytes("log") == b"of systemd"


def test_a_credential_that_leads_nowhere_is_refused_and_not_passed_over(ring):
    put(ring.folder, "log", b"of the folder")
    ring.credentials.mkdir()
    (ring.credentials / "log.key").symlink_to("nowhere")
    assert ring.has("log")
    unavailable(ring)


def test_what_is_no_credential_is_read_from_the_folder(ring):
    put(ring.folder, "log", b"of the folder")
    put(ring.credentials, "signing", b"of systemd", 0o440)
    assert ring.private_bytes("log") == b"of the folder"


def test_a_key_is_no_larger_than_any_key(ring):
    put(ring.folder, "log", bytes(LARGEST_KEY))
    assert len(ring.private_bytes("log")) == LARGEST_KEY
    put(ring.folder, "log", bytes(LARGEST_KEY + 1))
    assert "larger" in unavailable(ring)


@pytest.mark.parametrize("data", [b"", b"\n", b"ab" * 31, b"ab" * 33, b"zz" * 32, b"\xff" * 64, b"ab" * 32 + b"\0"])
def test_a_secret_of_another_shape_is_refused_and_not_repeated(ring, data):
    put(ring.folder, "digest", data)
    with pytest.raises(KeyUnavailable, match="the key digest") as caught:
        ring.secret("digest")
    assert "ab" * 31 not in repr(caught.value)


def test_a_signing_key_that_cannot_be_used_is_named(ring):
    put(ring.folder, "observation", SigningKey.generate_ed25519().openssh_private()[:100])
    with pytest.raises(KeyUnavailable, match="the key observation: "):
        ring.signing_key("observation")


def test_a_ring_never_shows_a_key(ring):
    ring.create_secret("digest", lambda count: b"\xab" * count)
    assert "abab" not in repr(ring)


def test_a_secret_that_is_followed_keeps_all_that_were_before(ring):
    ring.create_secret("register", lambda count: b"\1" * count)
    ring.add_generation("register", lambda count: b"\2" * count)
    ring.add_generation("register", lambda count: b"\3" * count)
    assert ring.generations("register") == (b"\1" * 32, b"\2" * 32, b"\3" * 32)
    assert (ring.folder / "register.key").stat().st_mode & 0o777 == 0o600


def test_a_secret_with_several_generations_is_never_taken_for_one(ring):
    ring.create_secret("register")
    ring.add_generation("register")
    with pytest.raises(KeyUnavailable, match="the key register"):
        ring.secret("register")


@pytest.mark.parametrize("data", [b"", b"\n", b"ab" * 32 + b"\n" + b"ab" * 31, b"zz" * 32 + b"\n" + b"ab" * 32])
def test_generations_of_another_shape_are_refused_and_not_repeated(ring, data):
    put(ring.folder, "register", data)
    with pytest.raises(KeyUnavailable, match="the key register") as caught:
        ring.generations("register")
    assert "ab" * 31 not in repr(caught.value)
    with pytest.raises(KeyUnavailable):
        ring.add_generation("register")
    assert (ring.folder / "register.key").read_bytes() == data


def test_a_credential_is_known_to_be_one(tmp_path):
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / "register.key").write_text("ab" * 32)
    ring = Keyring(folder=tmp_path, credentials=tmp_path / "given")
    assert (ring.is_credential("register"), ring.is_credential("digest")) == (True, False)
