"""Keys and signatures that stock ssh-keygen made, and its verdict on ours."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

KINDS = {
    "ed25519": ("ed25519", "256"), "rsa3072": ("rsa", "3072"), "rsa2048": ("rsa", "2048"),
    "ecdsa256": ("ecdsa", "256"), "ecdsa384": ("ecdsa", "384"), "ecdsa521": ("ecdsa", "521"),
}  # fmt: skip
_made: dict[str, Path] = {}


@dataclass(frozen=True, slots=True)
class SshKeygen:
    tool: str
    scratch: Path

    def key(self, kind: str) -> Path:
        """Of each kind one is made, for all tests: RSA takes its time."""
        if kind not in _made:
            name, bits = KINDS[kind]
            path = self.scratch / f"{kind}.key"
            self._run("-q", "-t", name, "-b", bits, "-N", "", "-C", "somebody", "-f", str(path))
            _made[kind] = path
        return _made[kind]

    def public_line(self, kind: str) -> str:
        return self.key(kind).with_suffix(".key.pub").read_text().strip()

    def sign(self, key: Path, message: bytes, namespace: str, *options: str) -> bytes:
        return self._run("-Y", "sign", *options, "-n", namespace, "-f", str(key), stdin=message).stdout

    def accepts(self, signers: str, who: str, message: bytes, signature: bytes, namespace: str, *options: str) -> bool:
        """Whether `-Y verify` says yes, by an allowed-signers file of this text."""
        (self.scratch / "signers").write_bytes(signers.encode())
        (self.scratch / "signature").write_bytes(signature)
        files = ("-f", str(self.scratch / "signers"), "-s", str(self.scratch / "signature"))
        arguments = ("-Y", "verify", *options, *files, "-I", who, "-n", namespace)
        return self._run(*arguments, stdin=message, check=False).returncode == 0

    def _run(self, *arguments: str, stdin: bytes = b"", check: bool = True) -> subprocess.CompletedProcess:
        return subprocess.run([self.tool, *arguments], input=stdin, capture_output=True, check=check)


@pytest.fixture
def ssh_keygen(stock_tool, tmp_path_factory) -> SshKeygen:
    return SshKeygen(stock_tool("ssh-keygen"), tmp_path_factory.mktemp("ssh-keygen"))
