"""A council on a server: one user a half, folders as systemd's own tools make them from our files; root only.

Each command runs as one of the users, with no capability, and without a network if the machine
lets us take it away. Where other users cannot reach the interpreter (a checkout in somebody's
own folder), the way there is opened in a mount namespace of that command alone.
"""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.required import missing

TOP = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
TOOLS = ("systemd-sysusers", "systemd-tmpfiles", "setpriv")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    root: Path
    """What would be / of the machine; only what is ours is in it."""
    unshare: tuple[str, ...] | None
    """How to take the network away and to mount, if this machine lets us."""

    @property
    def home(self) -> Path:
        return self.root / "etc" / "handoff"

    @property
    def state(self) -> Path:
        return self.root / "var" / "lib" / "handoff"

    @property
    def outbox(self) -> Path:
        return self.root / "srv" / "handoff" / "outbox"

    def make_folders(self) -> None:
        subprocess.run(
            ["systemd-tmpfiles", f"--root={self.root}", "--create", TOP / "systemd" / "handoff.tmpfiles"], check=True
        )

    def hand_over(self) -> None:
        """What OPERATING.md has an operator type after `gateway init`."""
        for user, folder in (("handoff-prepare", self.state / "prepare"), ("handoff-deliver", self.state / "deliver")):
            uid, gid = self.ids(user)
            subprocess.run(["chown", "--recursive", f"{uid}:{gid}", folder], check=True)
        owner = f"{self.ids('handoff-prepare')[0]}:{self.group('handoff-staff')}"
        subprocess.run(["chown", "--recursive", owner, self.outbox], check=True)
        self.make_folders()

    def ids(self, user: str) -> tuple[int, int]:
        for line in (self.root / "etc" / "passwd").read_text().splitlines():
            name, _, uid, gid, *_ = line.split(":")
            if name == user:
                return int(uid), int(gid)
        raise LookupError(user)

    def group(self, name: str) -> int:
        return next(gid for group, gid, _ in self._groups() if group == name)

    def person(self, name: str, uid: int, *groups: str) -> None:
        """Somebody with an account, in these groups of ours."""
        with (self.root / "etc" / "passwd").open("a") as passwd:
            passwd.write(f"{name}:x:{uid}:{uid}::/:/bin/sh\n")
        lines = [
            f"{group}:x:{gid}:{','.join(filter(None, [*members, *([name] if group in groups else [])]))}\n"
            for group, gid, members in self._groups()
        ]
        (self.root / "etc" / "group").write_text("".join([*lines, f"{name}:x:{uid}:\n"]))

    def run(
        self, user: str, *command: str | Path, network: bool = False, given: str | None = None, cwd: Path = Path("/")
    ) -> subprocess.CompletedProcess:
        """As this user, with the groups that sysusers gave it."""
        return subprocess.run(
            self._as(user, command, network=network), check=False, capture_output=True, text=True, timeout=120,
            cwd=cwd, env=ENVIRONMENT, input=given,
        )  # fmt: skip

    def gateway(self, user: str, *arguments: str, **how) -> subprocess.CompletedProcess:
        return self.run(user, *self._gateway(*arguments), **how)

    @contextmanager
    def serving(self, user: str, *arguments: str, alone: bool = False) -> Iterator[subprocess.Popen]:
        """A service of this user's, until the block ends. `alone`: no other user exists for it (PrivateUsers=yes)."""
        inside = ("unshare", "--user", "--map-current-user", "--") if alone else ()
        command = self._as(user, [*inside, *self._gateway(*arguments)])
        with (self.root / f"{user}.log").open("w") as log:
            service = subprocess.Popen(command, cwd="/", env=ENVIRONMENT, stdout=log, stderr=log)
        try:
            yield service
        finally:
            service.terminate()
            service.wait(60)

    def _gateway(self, *arguments: str) -> list[str | Path]:
        return [sys.executable, "-m", "gateway", "--home", self.home, *arguments]

    def _as(self, user: str, command: Sequence[str | Path], *, network: bool = False) -> list[str]:
        uid, gid = self.ids(user)
        groups = ",".join(str(number) for _, number, members in self._groups() if user in members) or str(gid)
        as_user = ["setpriv", f"--reuid={uid}", f"--regid={gid}", f"--groups={groups}", "--no-new-privs",
                   "--bounding-set=-all", "--inh-caps=-all", "--", *map(str, command)]  # fmt: skip
        return self._in_a_namespace(as_user, network=network)

    def _groups(self) -> list[tuple[str, int, list[str]]]:
        lines = (self.root / "etc" / "group").read_text().splitlines()
        parts = [line.split(":") for line in lines]
        return [(name, int(gid), members.split(",")) for name, _, gid, members in parts]

    def _in_a_namespace(self, command: list[str], *, network: bool) -> list[str]:
        if self.unshare is None:
            return command
        known = [f"mount --bind '{self.root}/etc/{name}' /etc/{name}" for name in ("passwd", "group")]
        opening = "; ".join(["set -e", *_opening(self.root / "held"), *known, 'exec "$@"'])
        unshare = [word for word in self.unshare if not (network and word == "--net")]
        return [*unshare, "sh", "-c", opening, "sh", *command]


def _closed_to_others(path: Path) -> Path | None:
    """The first folder on the way that others may not pass through."""
    for folder in (*reversed(path.parents), path):
        if not stat.S_IMODE(folder.stat().st_mode) & stat.S_IXOTH:
            return folder
    return None


def _needed() -> list[Path]:
    return [path for path in (Path(sys.base_prefix), Path(sys.prefix), TOP) if _closed_to_others(path)]


def _opening(held: Path) -> Iterator[str]:
    """Shell lines: what is needed is put aside, what closes the way is covered, what is needed is put back."""
    needed = _needed()
    for number, path in enumerate(needed):
        yield f"mkdir -p '{held}/{number}'"
        yield f"mount --bind '{path}' '{held}/{number}'"
    for closed in {_closed_to_others(path) for path in needed}:
        yield f"mount -t tmpfs -o mode=755 tmpfs '{closed}'"
    for number, path in enumerate(needed):
        yield f"mkdir -p '{path}'"
        yield f"mount --bind '{held}/{number}' '{path}'"


def _unsharing() -> tuple[str, ...] | None:
    words = ("unshare", "--mount", "--net")
    allowed = subprocess.run([*words, "true"], check=False, capture_output=True).returncode == 0
    return words if allowed else None


@contextmanager
def server() -> Iterator[Server]:
    if os.geteuid() != 0:
        missing("two system users need root")
    for tool in TOOLS:
        if shutil.which(tool) is None:
            missing(f"{tool} is not installed")
    unshare = _unsharing()
    if unshare is None and _needed():
        missing("other users cannot reach the interpreter, and this machine lets nobody mount")
    root = Path(tempfile.mkdtemp(prefix="handoff-server-"))
    try:
        root.chmod(0o755)
        (root / "etc").mkdir()
        (root / "etc" / "passwd").write_text("root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
        (root / "etc" / "group").write_text("root:x:0:\n")
        sysusers = ["systemd-sysusers", f"--root={root}", TOP / "systemd" / "handoff.sysusers"]
        subprocess.run(sysusers, check=True, capture_output=True)
        made = Server(root=root, unshare=unshare)
        made.make_folders()
        yield made
    finally:
        shutil.rmtree(root)
