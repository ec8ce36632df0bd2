"""`gateway partner serve`: it says what a page needs, serves one key, misbehaves when told to, and ends when told to."""

import signal
import subprocess
import sys
import tomllib
from contextlib import contextmanager

import pytest

from gateway.contract.partner import Endpoint
from gateway.crypto.ssh_keys import SigningKey
from gateway.partner.standin.faults import MENU
from gateway.vocabulary.errors import AuthenticationRefused
from tests.contracts.reaching import reaching
from tests.contracts.stories import Story, contents, sealed

KEY = SigningKey.generate_ed25519()


def command(folder, *words):
    (folder / "login.pub").write_text(KEY.public_line() + "\n")
    return [sys.executable, "-m", "gateway", "partner", "serve", str(folder / "partner"),
            "--key", str(folder / "login.pub"), *words]  # fmt: skip


@contextmanager
def serving(folder, *words):
    process = subprocess.Popen(command(folder, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        page = "".join(process.stdout.readline() for _ in range(5))
        yield Endpoint.model_validate(tomllib.loads(page)["endpoint"])
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        assert process.returncode == 130
        assert "not for production" in said


def test_what_it_says_is_the_page_and_a_parcel_can_be_put_there(tmp_path):
    parcel = sealed(tmp_path, 1)
    with serving(tmp_path) as endpoint, reaching(endpoint, KEY) as destination:
        destination.put(parcel, Story().attempt)
    inbox = tmp_path / "partner" / "files" / "inbox"
    assert {path.name: path.read_bytes() for path in inbox.iterdir()} == contents(parcel)


def test_it_misbehaves_when_it_is_told_to_and_shows_the_same_host_key_again(tmp_path):
    with serving(tmp_path) as endpoint:
        first = endpoint.host_keys
    with serving(tmp_path, "--fault", "refuses-authentication") as endpoint, reaching(endpoint, KEY) as destination:
        assert endpoint.host_keys == first
        with pytest.raises(AuthenticationRefused):
            destination.put(sealed(tmp_path, 1), Story().attempt)


@pytest.mark.parametrize(("words", "code"), [(["--fault", "sings"], 2), (["--port", "70000"], 2)])
def test_what_is_not_on_the_menu_is_refused(tmp_path, words, code):
    refused = subprocess.run(command(tmp_path, *words), capture_output=True, text=True, check=False, timeout=60)
    assert refused.returncode == code
    assert "sings" not in refused.stderr


def test_the_help_has_the_whole_menu_and_says_what_it_is_not_for():
    said = subprocess.run(
        [sys.executable, "-m", "gateway", "partner", "serve", "--help"], capture_output=True, text=True, check=True
    ).stdout
    plain = "".join(said.split())
    assert "NOTFORPRODUCTION" in plain
    assert all(fault.replace(" ", "") in plain for fault in MENU)
