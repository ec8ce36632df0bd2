"""`gateway keys` as people type it."""

import json
import subprocess
from pathlib import Path

import pytest

from gateway.cli.keys_words import read_aloud
from gateway.crypto.age import parse_recipient
from gateway.crypto.age.identity_file import read_identities
from gateway.footing.lock import held

DOMAIN = "handoff.northmere.test"


@pytest.fixture
def home(gateway, tmp_path) -> Path:
    assert gateway("init", tmp_path / "home", "--domain", DOMAIN).code == 0
    return tmp_path / "home"


@pytest.fixture
def keys(gateway, home):
    return lambda *words: gateway("--home", home, "keys", *words)


def listed(keys):
    return {key["key"]: key for key in json.loads(keys("show", "--json").out)}


def receipts(gateway, home):
    return gateway("--home", home, "receipts", "verify").out


def test_a_key_is_made_shown_rotated_and_receipted(gateway, home, keys):
    before = listed(keys)["signing"]["fingerprint"]
    assert keys("new", "signing").code == 0
    following = listed(keys)["signing"]["following"]
    assert keys("rotate", "signing").code == 0
    assert listed(keys)["signing"]["fingerprint"] == following
    assert f"signing until 2026-11-24T09:30:00Z: {before}" in keys("show", "signing").out
    assert "2 receipts" in receipts(gateway, home)


def test_a_key_that_shall_not_follow_is_retired(keys):
    keys("new", "observation")
    assert keys("retire", "observation").code == 0
    assert listed(keys)["observation"]["following"] is None


def test_no_partner_is_to_be_told_of_a_key_that_no_partner_sees(keys):
    told = [keys(*words, "observation") for words in (("rotate",), ("retire",), ("new",), ("new",))]
    assert [spoken.code for spoken in told] == [2, 2, 0, 2]
    assert not [spoken for spoken in told if "partner" in spoken.out + spoken.err or "give" in spoken.out]
    assert "gateway keys new observation, then: gateway keys rotate observation" in told[0].err
    assert "tell the partners of it" in keys("rotate", "signing").err


@pytest.mark.parametrize(("words", "sentence"), [
    (("rotate", "signing"), "no key follows signing"), (("rotate", "log"), "no key follows log"),
    (("retire", "signing"), "is in use"), (("show", "sining"), "did you mean"), (("new", "register"), "is there already"),
    (("new", "recipient"), "--out"), (("new", "signing", "--post-quantum"), "recipient"),
])  # fmt: skip
def test_what_cannot_be_done_is_said_and_not_done(keys, words, sentence):
    before = listed(keys)
    spoken = keys(*words)
    assert (spoken.code, spoken.out) == (2, "")
    assert sentence in spoken.err
    assert listed(keys) == before


def test_nothing_is_rotated_while_a_half_is_running(home, keys):
    keys("new", "signing")
    before = listed(keys)
    with held(home / "state" / "prepare" / "lock", "the prepare half"):
        assert keys("rotate", "signing").code == 2
    assert listed(keys) == before


def test_no_private_half_is_ever_shown(home, keys):
    spoken = keys("show", "signing").out + keys("new", "signing").out + keys("show", "--json").out
    assert "PRIVATE" not in spoken
    assert (home / "state" / "prepare" / "private" / "register.key").read_text().strip() not in spoken


@pytest.mark.parametrize("options", [(), ("--post-quantum",)])
def test_a_partner_s_recipient_is_made_for_them_to_keep(keys, tmp_path, options):
    file = tmp_path / "identity.key"
    spoken = keys("new", "recipient", "--out", str(file), *options)
    recipient = parse_recipient(spoken.out.strip())
    assert recipient.post_quantum == bool(options)
    (identity,) = read_identities(file.read_bytes())
    assert identity.recipient().spelled() == spoken.out.strip()
    assert file.stat().st_mode & 0o777 == 0o600
    assert identity.spelled() not in spoken.out + spoken.err


def test_stock_age_reads_the_identity_file(keys, tmp_path, stock_tool):
    file = tmp_path / "identity.key"
    recipient = keys("new", "recipient", "--out", str(file)).out.strip()
    age = stock_tool("age")
    sealed = subprocess.run([age, "-r", recipient], input=b"x", capture_output=True, check=True).stdout
    assert subprocess.run([age, "-d", "-i", file], input=sealed, capture_output=True, check=True).stdout == b"x"


def test_an_identity_file_that_is_there_is_never_overwritten(keys, tmp_path):
    file = tmp_path / "identity.key"
    file.write_text("precious")
    assert keys("new", "recipient", "--out", str(file)).code == 2
    assert file.read_text() == "precious"


def test_a_passphrase_is_asked_for_at_a_terminal_alone(keys, tmp_path):
    assert keys("new", "recipient", "--out", str(tmp_path / "identity.key"), "--passphrase").code == 2
    assert not (tmp_path / "identity.key").exists()


def test_a_fingerprint_read_aloud_says_every_character_once():
    spoken = list(read_aloud("SHA256:aZ0+/b"))
    assert spoken == ["  aZ0+/b  alfa, CAPITAL ZULU, 0, plus, slash, bravo"]
    assert len(list(read_aloud("SHA256:" + "A" * 43))) == 8


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text("spoiled")])
def test_a_public_half_that_is_lost_is_shown_from_the_private_one(home, keys, spoil):
    path = home / "keys" / "public" / "signing.pub"
    line = path.read_text().strip()
    spoil(path)
    assert line in keys("show", "signing").out


def test_a_key_of_which_nothing_is_left_is_shown_as_missing(home, keys):
    (home / "keys" / "public" / "signing.pub").unlink()
    (home / "state" / "prepare" / "private" / "signing.key").unlink()
    assert "missing" in keys("show", "signing").out
