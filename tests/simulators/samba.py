"""A share that the gateway's own machine serves: Samba's smbd on the loopback interface, and `smbclient` as staff's machine.

The share is the one that OPERATING.md has an operator write. What is ours in it is the path, and the accounts, which
this machine does not have: whoever connects is a guest, and all is done as whoever runs the tests.
"""

import grp
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.required import missing

OPERATING = Path(__file__).resolve().parent.parent.parent / "docs" / "OPERATING.md"
PATIENCE = 60
"""Seconds for anything that takes a moment, on a busy machine."""
PIECE = 8192
"""Bytes that a client writes at a time: given so many of a small file, it has written half of it, and waits for the rest."""
FOLDERS = ("lock", "state", "cache", "private", "pid", "ncalrpc")
_SERVER = """
[global]
    lock directory = {folder}/lock
    state directory = {folder}/state
    cache directory = {folder}/cache
    private dir = {folder}/private
    pid directory = {folder}/pid
    ncalrpc dir = {folder}/ncalrpc
    log file = {folder}/log
    interfaces = 127.0.0.1
    bind interfaces only = yes
    smb ports = {port}
    disable netbios = yes
    rpc start on demand helpers = no
    load printers = no
    printing = bsd
    printcap name = /dev/null
    disable spoolss = yes
    server role = standalone server
    map to guest = bad user
    guest account = nobody
    smb2 max write = {piece}

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """As somebody at another machine has it."""

    command: tuple[str, ...]

    def does(self, command: str) -> bool:
        """One of smbclient's own commands, and not `allinfo`, which never fails."""
        return self._typed(command).returncode == 0

    def put(self, source: Path, name: str) -> None:
        self._typed(f'put "{source}" "{name}"').check_returncode()

    def get(self, name: str) -> bytes:
        answer = self._typed(f'get "{name}" -')
        answer.check_returncode()
        return answer.stdout

    @contextmanager
    def putting(self, name: str) -> Iterator[subprocess.Popen]:
        """A client that puts what it is given on its standard input; killed at the end if it is not done by then."""
        with subprocess.Popen(
            [*self.command, "--command", f'put - "{name}"'], stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as client:
            try:
                yield client
            finally:
                client.kill()

    def _typed(self, command: str) -> subprocess.CompletedProcess:
        argv = [*self.command, "--command", command]
        return subprocess.run(argv, check=False, capture_output=True, timeout=PATIENCE)


@contextmanager
def sharing(
    path: Path, *, account: pwd.struct_passwd | None = None, group: grp.struct_group | None = None, without: str = ""
) -> Iterator[Share]:
    """`path`, served by an smbd of its own that ends with the block; `without` names a setting that is left out.

    What staff do is done as `account` and `group`: whoever runs the tests, if none are given.
    """
    smbd, smbclient = _program("smbd"), _program("smbclient")
    account = account or pwd.getpwuid(os.geteuid())
    share = _section(path, account, group or grp.getgrgid(account.pw_gid), without)
    folder = Path(tempfile.mkdtemp(prefix="samba-"))  # pytest's own is too long for the sockets in it
    try:
        folder.chmod(0o755)
        with _reserved() as port:
            configuration = _configure(folder, port, share)
            with _serving([smbd, "--foreground", "--no-process-group", f"--configfile={configuration}"], port, folder):
                there = ("--no-pass", f"--port={port}", "//127.0.0.1/outbox")
                yield Share(command=(smbclient, f"--configfile={configuration}", *there))
    finally:
        shutil.rmtree(folder)


def put_half(client: subprocess.Popen, here: Path, content: bytes) -> None:
    """And the client has more to come."""
    client.stdin.write(content[:PIECE])
    client.stdin.flush()
    until(lambda: here.exists() and here.stat().st_size == PIECE)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("it has not come to pass")
        time.sleep(0.01)


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    return found or missing(f"{name} is not installed")


def _section(path: Path, account: pwd.struct_passwd, group: grp.struct_group, without: str) -> str:
    """The handbook's, with what no two machines have in common put in its place."""
    block = re.search(r"^```\n\[outbox\]\n(.*?)^```", OPERATING.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    settings = dict(re.findall(r"^ +([a-z ]+?) = ?(.*)$", block[1] if block else "", re.MULTILINE))
    ours = {"path": str(path), "valid users": "nobody", "force user": account.pw_name, "force group": group.gr_name}
    settings = {name: ours.get(name, value) for name, value in settings.items()} | {"guest ok": "yes"}
    return "[outbox]\n" + "".join(f"    {name} = {value}\n" for name, value in settings.items() if name != without)


@contextmanager
def _reserved() -> Iterator[int]:
    """A port that nobody else is given, and that smbd may listen at all the same, since we only hold it."""
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def _configure(folder: Path, port: int, share: str) -> Path:
    for name in FOLDERS:
        (folder / name).mkdir()
    path = folder / "smb.conf"
    path.write_text(_SERVER.format(folder=folder, port=port, piece=PIECE) + share, "utf-8")
    return path


@contextmanager
def _serving(command: list[str], port: int, folder: Path) -> Iterator[None]:
    server = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    try:
        until(lambda: server.poll() is not None or _listens(port))
        if server.poll() is not None:
            raise RuntimeError(f"smbd does not run: {(folder / 'log').read_text('utf-8', 'replace')}")
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)  # one process for each client, and two of its own
        server.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True
