"""A receiver's page: closed, and its errors never show a value."""

import os
import re

import pytest

from gateway.crypto.log_succession import LogKeys
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.keyring import Keyring
from gateway.partner.onboarding import make_receiver
from gateway.partner.settings import load_receiver
from gateway.vocabulary.errors import ConfigError, GatewayError, KeyUnavailable, SignersInvalid, StorageError
from tests.simulators.council import DOMAIN, ME, SENDER, Council


def changed(partnership, pattern, by):
    page = partnership.home / "receiver.toml"
    page.write_text(re.sub(pattern, by, page.read_text(), flags=re.MULTILINE))


def test_what_was_made_can_be_loaded(partnership):
    receiver = load_receiver(partnership.home)
    assert (receiver.reader.id, receiver.sender.id, receiver.sender.domain) == (ME, SENDER, DOMAIN)
    assert receiver.key.public.blob == partnership.key.blob
    assert receiver.log == LogKeys.of(partnership.council.log.public)


def test_nothing_that_is_there_is_overwritten(partnership):
    before = {path: path.read_bytes() for path in partnership.home.rglob("*") if path.is_file()}
    council = Council("")
    with pytest.raises(StorageError):
        make_receiver(
            partnership.home, me=ME, sender=SENDER, domain=DOMAIN, sender_key=council.key.public,
            log_key=council.log.public,
        )  # fmt: skip
    assert {path: path.read_bytes() for path in partnership.home.rglob("*") if path.is_file()} == before


def test_what_others_see_can_lie_apart(tmp_path):
    council = Council("")
    details = make_receiver(
        tmp_path / "home", me=ME, sender=SENDER, domain=DOMAIN, sender_key=council.key.public,
        log_key=council.log.public, exchange=tmp_path / "sftp",
    )  # fmt: skip
    assert load_receiver(tmp_path / "home").inbox == details.inbox == tmp_path / "sftp" / "inbox"
    assert {path.name for path in (tmp_path / "sftp").iterdir()} == {"inbox", "acknowledgements"}


@pytest.mark.parametrize(("pattern", "by", "says"), [
    ("^me = .*", "me = 'Wilf Tarn'", "me: "), ("^me = .*\n", "", "me: missing"),
    ("^domain = .*", "domain = 'Not A Domain'", "domain"), ("^log_key = .*", "log_key = 'x+y'", "log_key"),
    (r"\Z", "secret = 'canary'\n", "not known"), (r"\Z", "first = { yss = 0 }\n", "first.yss"),
    (r"\Z", "openpgp_key = 'canary'\n", "openpgp_key"), (r"\Z", "passphrase = 'canary'\n", "passphrase"),
    (r"\Z", "identity = 'id.txt'\n", "identity"), (r"\A", "= canary", "not TOML"),
    ("^me = .*", "me = ' canary'", "me: begins or ends with a blank"),
    ("^inbox = .*", "inbox = 'canary\u200b'", "inbox: has a character that nobody sees"),
    (r"\Z", "signers = 'keys/missing'\n", "signers"), (r"\Z", 'inbox = "twice"\n', "not TOML"),
])  # fmt: skip
def test_a_page_with_something_wrong_is_named_by_its_key_and_never_by_its_value(partnership, pattern, by, says):
    changed(partnership, pattern, by)
    with pytest.raises(ConfigError) as failed:
        load_receiver(partnership.home)
    told = f"{failed.value.message} {failed.value.remedy}"
    assert says in told
    assert "canary" not in told
    assert "Wilf" not in told


def test_a_folder_without_a_page_is_no_receivers(tmp_path):
    with pytest.raises(ConfigError, match=r"receiver\.toml"):
        load_receiver(tmp_path)


@pytest.mark.parametrize("name", ["identity.key", "acknowledge.key"])
@pytest.mark.parametrize("spoil", [
    lambda path: path.unlink(), lambda path: path.chmod(0o640), lambda path: path.write_bytes(b""),
    lambda path: path.write_bytes(b"canary"),
])  # fmt: skip
def test_a_key_that_is_missing_unsafe_or_no_key_is_not_used(partnership, name, spoil):
    spoil(partnership.home / "keys" / name)
    with pytest.raises(KeyUnavailable) as failed:
        load_receiver(partnership.home)
    assert "canary" not in str(failed.value)


def test_an_identity_file_as_age_keygen_writes_it_is_read(partnership):
    path = partnership.home / "keys" / "identity.key"
    path.write_text(f"# created: 2026-11-24T09:30:00Z\n# public key: age1…\n{path.read_text()}", encoding="utf-8")
    assert len(load_receiver(partnership.home).reader.identities) == 1


def test_an_older_identity_beside_the_new_one_still_opens(partnership):
    path = partnership.home / "keys" / "identity.key"
    partnership.send()
    make_receiver(
        partnership.home / "other", me=ME, sender=SENDER, domain=DOMAIN, sender_key=partnership.council.key.public,
        log_key=partnership.council.log.public,
    )  # fmt: skip
    path.write_text((partnership.home / "other" / "keys" / "identity.key").read_text() + path.read_text())
    assert partnership.received().result == "accepted"


def test_a_signers_file_that_is_too_generous_is_refused(partnership):
    signers = partnership.home / "keys" / "sender"
    signers.write_text(signers.read_text().replace("content@council.example", "*"))
    with pytest.raises(SignersInvalid):
        load_receiver(partnership.home)


def test_every_failure_is_one_of_ours(partnership):
    os.truncate(partnership.home / "receiver.toml", 0)
    with pytest.raises(GatewayError):
        load_receiver(partnership.home)
    assert Keyring(folder=partnership.home / "keys").has("identity")


def test_an_ssh_key_may_be_the_identity_and_its_fingerprint_is_ssh_keygens(partnership):
    key = SigningKey.generate_ed25519()
    (partnership.home / "keys" / "identity.key").write_bytes(key.openssh_private())
    assert load_receiver(partnership.home).reader.keys == {key.fingerprint}


@pytest.mark.parametrize("text", ["", "# nothing\n", "AGE-SECRET-KEY-1QQQ\n", "-----BEGIN AGE ENCRYPTED FILE-----\n"])
def test_an_identity_file_that_cannot_be_used_is_no_reader(partnership, text):
    (partnership.home / "keys" / "identity.key").write_text(text)
    with pytest.raises(KeyUnavailable):
        load_receiver(partnership.home)
