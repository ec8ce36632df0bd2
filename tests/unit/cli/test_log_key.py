"""`gateway keys rotate log`, as people type it and as a crash leaves it."""

import json
import shutil
from pathlib import Path

import pytest

from gateway.config.log_key import PUBLISHED
from gateway.crypto.log_succession import LogKeys
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.keyring import Keyring
from gateway.receipts.succession import FILE

DOMAIN = "handoff.northmere.test"


@pytest.fixture
def home(gateway, tmp_path) -> Path:
    assert gateway("init", tmp_path / "home", "--domain", DOMAIN).code == 0
    return tmp_path / "home"


@pytest.fixture
def run(gateway, home):
    return lambda *words: gateway("--home", home, *words)


@pytest.fixture
def made(run):
    """The key that follows, told to partners and not in use."""
    assert run("keys", "new", "log").code == 0
    return run


def private(home):
    return home / "state" / "prepare" / "private"


def whole(run):
    spoken = run("receipts", "verify", "--every", "--json")
    assert spoken.code == 0, spoken.err
    return json.loads(spoken.out)["size"]


def test_the_log_goes_on_under_the_new_key_and_verifies_from_its_first_leaf(run, home, made):
    old = (home / "keys" / "public" / "log.pub").read_text()
    rotated = run("keys", "rotate", "log")
    assert (rotated.code, "every partner" in rotated.out) == (0, True)
    assert (home / "keys" / "public" / "log.pub").read_text().split()[1] != old.split()[1]
    assert whole(run) == 2
    assert run("keys", "new", "signing").code == 0
    assert whole(run) == 3
    assert "log until 2026-11-24T09:30:00Z" in run("keys", "show", "log").out


def test_the_chain_is_published_and_lies_beside_what_is_exported(run, home, made, tmp_path):
    run("keys", "rotate", "log")
    assert run("receipts", "export", tmp_path / "log").code == 0
    chain = (home / "keys" / "public" / PUBLISHED).read_bytes()
    assert (tmp_path / "log" / FILE).read_bytes() == chain
    notes = [json.loads(line).encode() for line in chain.splitlines()]
    log = Keyring(folder=private(home)).signing_key("log")
    keys = LogKeys.of(_named(notes, log), notes)
    assert (keys.in_force.public, keys.ends) == (log.public_raw, (1,))


def _named(notes, key):
    from gateway.crypto.checkpoint import log_key

    return log_key(notes[0].decode().split("\n")[0], key.public_raw)


@pytest.mark.parametrize("step", ["handed over", "replaced", "published"])
def test_a_rotation_that_was_broken_off_stops_the_log_until_it_is_ended(run, home, made, tmp_path, step):
    """What a crash leaves: the ledger after it, and the files as each step finds them."""
    keys, public = private(home), home / "keys" / "public"
    saved = {path: path.read_bytes() for path in [*keys.glob("log*"), *public.glob("log*")]}
    assert run("keys", "rotate", "log").code == 0
    for path in (*keys.glob("log*"), *public.glob("log*")):
        path.unlink()
    for path, content in saved.items():
        path.write_bytes(content)
        path.chmod(0o600 if path.suffix == ".key" else 0o644)
    if step != "handed over":
        shutil.copy(keys / "log.next.key", keys / "log.key")
    if step == "published":
        shutil.copy(public / "log.next.pub", public / "log.pub")
    if step == "handed over":
        stopped = run("keys", "new", "signing")
        assert (stopped.code, "rotate log ends a rotation" in stopped.err) == (66, True)
    refused = run("keys", "retire", "log")
    assert (refused.code, "signs the log already" in refused.err) == (2, True)
    assert run("keys", "rotate", "log").code == 0
    assert whole(run) == 2
    assert not (keys / "log.next.key").exists()
    assert (public / PUBLISHED).exists()
    assert run("keys", "new", "observation").code == 0


def test_an_old_log_key_from_a_backup_signs_nothing(run, home, made):
    old = (private(home) / "log.key").read_bytes()
    run("keys", "rotate", "log")
    (private(home) / "log.key").write_bytes(old)
    stopped = run("keys", "new", "signing")
    assert (stopped.code, "restore the newest log.key" in stopped.err) == (66, True)


def test_a_key_that_follows_the_log_s_may_be_retired_while_it_is_not_in_force(run, home, made):
    assert run("keys", "retire", "log").code == 0
    assert not (private(home) / "log.next.key").exists()
    assert run("keys", "rotate", "log").code == 2
    assert whole(run) == 2


def test_a_key_that_was_put_in_place_by_hand_is_not_the_log_s(run, home):
    run("keys", "new", "observation")
    (private(home) / "log.key").write_bytes(SigningKey.generate_ed25519().openssh_private("log"))
    stopped = run("keys", "new", "signing")
    assert (stopped.code, "is not ours" in stopped.err) == (70, True)
