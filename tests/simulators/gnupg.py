"""A partner's stock gpg, with a keyring of its own; its agent is gone with the block."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.required import missing


@dataclass(frozen=True)
class Gpg:
    home: Path
    """Short: its sockets lie in it."""

    def run(self, *words: str, stdin: bytes = b"", fails: bool = False, passphrase: str = "") -> str:
        """What it says on standard output and of its status."""
        done = subprocess.run(
            ["gpg", "--homedir", self.home, "--batch", "--yes", "--quiet", "--no-auto-check-trustdb",
             "--pinentry-mode", "loopback", "--passphrase", passphrase, "--status-fd", "1", *words],
            input=stdin, capture_output=True, check=False, timeout=60,
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stderr.decode("utf-8", "replace")
        return done.stdout.decode("utf-8", "replace")

    def quietly(self) -> None:
        """For lines that are typed as they stand in a document: nobody is asked for a passphrase."""
        (self.home / "gpg.conf").write_text("batch\nyes\nquiet\npinentry-mode loopback\npassphrase-file /dev/null\n")

    def packets(self, armored: str) -> bytes:
        return self._piped("--dearmor", armored.encode())

    def armored(self, packets: bytes) -> str:
        return self._piped("--enarmor", packets).decode().replace("ARMORED FILE", "PUBLIC KEY BLOCK")

    def subkey_start(self, packets: bytes) -> int:
        """Where the first subkey's packet begins."""
        listed = self._piped("--list-packets", packets).decode()
        return int(re.search(r"# off=(\d+) [^\n]*\n:public sub key", listed)[1])

    def _piped(self, word: str, data: bytes) -> bytes:
        command = ["gpg", "--homedir", self.home, "--batch", word]
        return subprocess.run(command, input=data, capture_output=True, check=True, timeout=60).stdout

    def make(self, user_id: str, *words: str, expires: str = "never") -> None:
        """Curve25519: gpg 2.2 makes RSA by default, and is busy with that for seconds."""
        self.run(*words, "--quick-gen-key", user_id, "future-default", "default", expires)

    def make_kind(self, user_id: str, kind: str, *, passphrase: str = "") -> None:
        """A key that signs and one that encrypts, of this kind; gpg makes both at once of its default kinds alone."""
        both = kind in ("default", "future-default")
        self.run("--quick-gen-key", user_id, kind, "default" if both else "sign", "never", passphrase=passphrase)
        if not both:
            self.run("--quick-add-key", self.fingerprint(user_id), kind, "encr", "never", passphrase=passphrase)

    def exported(self, user_id: str, *words: str, passphrase: str = "", whole: bool = False) -> bytes:
        """The secret subkeys, or the `whole` key, as for `gateway receive`."""
        plain = ["gpg", "--homedir", self.home, "--batch", "--pinentry-mode", "loopback", "--passphrase", passphrase]
        what = "--export-secret-keys" if whole else "--export-secret-subkeys"
        command = [*plain, *words, what, f"={user_id}"]
        return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout

    def certificate(self, user_id: str) -> str:
        plain = ["gpg", "--homedir", self.home, "--batch", "--armor", "--export", f"={user_id}"]
        return subprocess.run(plain, capture_output=True, check=True, timeout=60).stdout.decode("ascii")

    def fingerprint(self, user_id: str) -> str:
        listed = self.run("--with-colons", "--fingerprint", f"={user_id}")
        return next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))

    def open(self, message: Path, target: Path, *, fails: bool = False) -> str:
        return self.run("--output", str(target), "--decrypt", str(message), fails=fails)


@contextmanager
def gnupg() -> Iterator[Gpg]:
    for tool in ("gpg", "gpgconf"):
        if shutil.which(tool) is None:
            missing(f"{tool} is not installed")
    home = Path(tempfile.mkdtemp(prefix="gpg-"))
    # else the agent first measures, for seconds, how often this machine can hash a passphrase
    (home / "gpg-agent.conf").write_text("s2k-count 65536\n")
    try:
        yield Gpg(home)
    finally:
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, timeout=60)
        shutil.rmtree(home, ignore_errors=True)
