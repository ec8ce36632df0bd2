"""A partner without our software: age, unzip, sha256sum and ssh-keygen verify and open a parcel.

These are the commands that the README shows partners, in its order. Nothing of ours reads
the parcel here; what we made is judged by tools that we did not write.
"""

import json
import subprocess
from pathlib import Path

import pytest

from gateway.crypto.age import generate_identity
from gateway.vocabulary.parcel import names_of
from tests.simulators.council import CSV, DOMAIN, SENDER, Council


class Partner:
    """A folder with the parcel's files, the sender's signers file, and our age identity."""

    def __init__(self, folder: Path, stock_tool) -> None:
        self.folder, self._tool = folder, stock_tool
        identity = generate_identity()
        self.council = Council(identity.recipient().spelled())
        (folder / "identity.txt").write_text(identity.spelled() + "\n")
        acts = f"content@{DOMAIN},envelope@{DOMAIN}"
        (folder / "signers").write_text(f'{SENDER} namespaces="{acts}" {self.council.key.public_line()}\n')
        self.sealed = self.council.seal(folder)
        self.ciphertext, self.signature, self.envelope = (
            folder / name for name in names_of(self.sealed.parcel.transfer)
        )

    def run(self, tool: str, *words: str, stdin: bytes = b"", fails: bool = False) -> bytes:
        command = [self._tool(tool), *words]
        done = subprocess.run(command, cwd=self.folder, input=stdin, capture_output=True, check=False, timeout=60)
        assert (done.returncode != 0) == fails, done.stderr
        return done.stdout

    def verify(self, act: str, signature: Path, message: bytes, *, fails: bool = False) -> bytes:
        words = ("-Y", "verify", "-f", "signers", "-I", SENDER, "-n", f"{act}@{DOMAIN}", "-s", str(signature))
        return self.run("ssh-keygen", *words, stdin=message, fails=fails)

    def unpack(self) -> None:
        self.run("age", "-d", "-i", "identity.txt", "-o", "parcel.zip", str(self.ciphertext))
        self.run("unzip", "-q", "parcel.zip", "-d", "opened")


@pytest.fixture
def partner(tmp_path, stock_tool):
    return Partner(tmp_path, stock_tool)


def test_stock_tools_verify_and_open_a_parcel(partner):
    assert b"Good" in partner.verify("envelope", partner.signature, partner.envelope.read_bytes())
    envelope = json.loads(partner.envelope.read_bytes())
    told = f"{envelope['ciphertext']['sha256']}  {partner.ciphertext.name}\n".encode()
    assert partner.run("sha256sum", "--check", stdin=told).endswith(b"OK\n")

    partner.unpack()
    opened = partner.folder / "opened"
    assert {path.name for path in opened.iterdir()} == {"yss.csv", "padding", "manifest.json", "manifest.json.sig"}
    page = (opened / "manifest.json").read_bytes()
    assert b"Good" in partner.verify("content", opened / "manifest.json.sig", page)
    told = f"{envelope['manifest']}  opened/manifest.json\n".encode()
    told += f"{json.loads(page)['file']['sha256']}  opened/yss.csv\n".encode()
    assert partner.run("sha256sum", "--check", stdin=told).count(b"OK\n") == 2
    assert (opened / "yss.csv").read_bytes() == CSV


def test_stock_unzip_finds_nothing_to_complain_of(partner):
    partner.unpack()
    listing = partner.run("unzip", "-t", "parcel.zip").decode()
    assert "No errors detected" in listing
    assert listing.count("OK") == 4


@pytest.mark.parametrize(
    ("act", "over"), [("content", "envelope"), ("envelope", "manifest"), ("acknowledge", "envelope")]
)
def test_stock_ssh_keygen_refuses_a_signature_for_another_act(partner, act, over):
    partner.unpack()
    opened = partner.folder / "opened"
    signature, message = {
        "envelope": (partner.signature, partner.envelope),
        "manifest": (opened / "manifest.json.sig", opened / "manifest.json"),
    }[over]
    partner.verify(act, signature, message.read_bytes(), fails=True)


def test_stock_ssh_keygen_refuses_a_changed_envelope(partner):
    partner.verify("envelope", partner.signature, partner.envelope.read_bytes() + b" ", fails=True)


def test_stock_age_refuses_a_parcel_cut_short(partner):
    partner.ciphertext.write_bytes(partner.ciphertext.read_bytes()[:-1])
    partner.run("age", "-d", "-i", "identity.txt", "-o", "parcel.zip", str(partner.ciphertext), fails=True)
