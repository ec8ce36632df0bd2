"""A real ProFTPD with mod_sftp on the loopback interface: another hand's SFTP server, with a hash of its own."""

import grp
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
ModulePath /usr/lib/proftpd
LoadModule mod_sftp.c
ServerName partner
ServerType inetd
DefaultServer on
Port 0
UseIPv6 off
UseReverseDNS off
WtmpLog off
AuthPAM off
AuthOrder mod_auth_file.c
AuthUserFile {folder}/passwd
AuthGroupFile {folder}/group
RequireValidShell off
RootLogin on
UseFtpUsers off
User {user}
Group {group}
PidFile {folder}/pid
ScoreboardFile {folder}/scoreboard
SystemLog none
TransferLog none
DefaultChdir ~
AllowOverwrite on
SFTPEngine on
SFTPLog none
SFTPHostKey {folder}/host_key
SFTPAuthMethods publickey
SFTPAuthorizedUserKeys file:{folder}/authorised
"""


@dataclass(slots=True, kw_only=True)
class Proftpd:
    endpoint: Endpoint
    files: Path
    largest_file: int | None = None
    """Bytes; on connections opened from now on every write beyond it fails, as on a full disk."""


@contextmanager
def proftpd(folder: Path, authorised: str) -> Iterator[Proftpd]:
    """Serve `folder/files` to the holder of `authorised`, and stop whatever happens."""
    program = shutil.which("proftpd") or shutil.which("proftpd", path="/usr/sbin:/sbin")
    if program is None:
        missing("proftpd is not installed")
    files = folder / "files"
    for name in ("inbox", "acknowledgements"):
        (files / name).mkdir(parents=True)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "host_key"], check=True)
    host_key = " ".join((folder / "host_key.pub").read_text().split()[:2])
    user = _write_accounts(folder, files, authorised)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        endpoint = Endpoint(
            host="127.0.0.1", port=listener.getsockname()[1], username=user.pw_name, host_keys=(host_key,)
        )
        server = Proftpd(endpoint=endpoint, files=files)
        with serving(listener, lambda: [program, "-c", str(_config(folder, user, server.largest_file))]):
            yield server


def _config(folder: Path, user: pwd.struct_passwd, largest_file: int | None) -> Path:
    """One for each limit, never rewritten: a server that reads half of one would begin a life of its own."""
    path, group = folder / f"config-{largest_file}", grp.getgrgid(user.pw_gid).gr_name
    if not path.exists():
        limit = "" if largest_file is None else f"MaxStoreFileSize {largest_file} B\n"
        draft = path.with_suffix(".part")
        draft.write_text(_CONFIG.format(folder=folder, user=user.pw_name, group=group) + limit)
        draft.rename(path)
    return path


def _write_accounts(folder: Path, files: Path, authorised: str) -> pwd.struct_passwd:
    user = pwd.getpwuid(os.geteuid())
    (folder / "passwd").write_text(f"{user.pw_name}:*:{user.pw_uid}:{user.pw_gid}::{files}:/bin/false\n")
    (folder / "group").write_text(f"partner:*:{user.pw_gid}:\n")
    for name in ("passwd", "group"):
        (folder / name).chmod(0o600)
    (folder / "line").write_text(authorised + "\n")
    standard = subprocess.run(["ssh-keygen", "-e", "-f", folder / "line"], check=True, capture_output=True, text=True)
    (folder / "authorised").write_text(standard.stdout)
    return user
