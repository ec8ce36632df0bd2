"""A real OpenSSH server on the loopback interface, from a folder of its own, as whoever runs the tests."""

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.contract.partner import Endpoint
from tests.required import missing
from tests.simulators.inetd import serving

_CONFIG = """
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorised
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
LogLevel QUIET
Subsystem sftp internal-sftp
ForceCommand internal-sftp {options} -d {files}
{extra}
"""
_BLOCK = 512


@dataclass(slots=True, kw_only=True)
class Sshd:
    endpoint: Endpoint
    files: Path
    largest_file: int | None = None
    """Bytes; on connections opened from now on every write beyond it fails, as on a full disk."""


@contextmanager
def sshd(folder: Path, authorised: str, *, options: str = "", extra: str = "") -> Iterator[Sshd]:
    """Serve `folder/files` to the holder of `authorised`, and stop whatever happens.

    `options` go to internal-sftp, `extra` into the configuration.
    """
    program = _program()
    files = folder / "files"
    for name in ("inbox", "acknowledgements"):
        (files / name).mkdir(parents=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "host_key"], check=True)
    (folder / "authorised").write_text(authorised + "\n")
    (folder / "config").write_text(_CONFIG.format(folder=folder, files=files, options=options, extra=extra))
    host_key = " ".join((folder / "host_key.pub").read_text().split()[:2])
    user = pwd.getpwuid(os.geteuid()).pw_name
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        endpoint = Endpoint(host="127.0.0.1", port=port, username=user, host_keys=(host_key,))
        server = Sshd(endpoint=endpoint, files=files)
        with serving(listener, lambda: _command(program, folder / "config", server.largest_file)):
            yield server


def _program() -> str:
    program = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/sbin")
    if program is None:
        missing("sshd is not installed")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # as root it refuses to start without
    return program


def _command(program: str, config: Path, largest_file: int | None) -> list[str]:
    server = [program, "-i", "-f", str(config)]
    if largest_file is None:
        return server
    # the signal is ignored, so that a write too far is an error and no death
    return ["sh", "-c", f"trap '' XFSZ; ulimit -f {largest_file // _BLOCK}; exec \"$@\"", "sh", *server]
