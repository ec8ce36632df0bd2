"""A machine of its own under real systemd: this one's files, an overlay over them, a container that boots. Root only.

What is written inside is in memory and ends with the container. Where this machine lets nobody
mount or boot, the tests say so in one line, even where everything is required: it is the
machine's limit, and no tool is missing.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.required import missing

PATIENCE_SECONDS = 60
_BOOT = """
set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/lower" "$1/upper" "$1/work" "$1/top"
mount --bind / "$1/lower"
mount -t overlay overlay -o "lowerdir=$1/lower,upperdir=$1/upper,workdir=$1/work" "$1/top"
rm -f "$1/top/etc/machine-id"
echo 0123456789abcdef0123456789abcdef > "$1/top/etc/machine-id"
cp "$2" "$1/top/tmp/package.deb"
mount -t proc proc "$1/top/proc"
chroot "$1/top" dpkg --install --force-depends /tmp/package.deb
umount "$1/top/proc"
mkdir -p "$1/top/etc/systemd/system/handoff-prepare.service.d"
printf '[Service]\\nExecStartPre=\\n' > "$1/top/etc/systemd/system/handoff-prepare.service.d/clock.conf"
SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 exec systemd-nspawn -D "$1/top" --register=no --keep-unit --boot \\
    --private-network --console=pipe -- --unit=basic.target
"""
"""The clock of a container is its host's: nothing there says whether anybody keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    init: int

    def run(self, *command: str | Path, given: str | None = None) -> subprocess.CompletedProcess:
        enter = ["nsenter", "-t", str(self.init), "-m", "-p", "-u", "-i", "-n", "--"]
        return subprocess.run(
            [*enter, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", *map(str, command)],
            check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS * 5, input=given,
        )  # fmt: skip


@contextmanager
def booted(package: Path) -> Iterator[Machine]:
    if os.geteuid() != 0:
        missing("booting a machine needs root")
    if shutil.which("systemd-nspawn") is None:
        missing("systemd-nspawn is not installed (systemd-container)")
    place = Path(tempfile.mkdtemp(prefix="handoff-boot-"))
    log = (place.parent / f"{place.name}.log").open("w+b")
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _BOOT, "sh", place, package]
    container = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    machine = None
    try:
        machine = _up(container)
        if machine is None:
            pytest.skip("a machine could not be booted here: the real boot test was not run")
        yield machine
    finally:
        if machine is not None:
            os.kill(machine.init, signal.SIGRTMIN + 4)  # its own shutdown
        _gone(container)
        log.close()
        Path(log.name).unlink()
        place.rmdir()


def _up(container: subprocess.Popen) -> Machine | None:
    """Once the container's own systemd answers; None if it never does."""
    pause = threading.Event()
    for _ in range(PATIENCE_SECONDS * 5):
        if container.poll() is not None:
            return None
        children = Path(f"/proc/{container.pid}/task/{container.pid}/children").read_text().split()
        for child in children:
            machine = Machine(init=int(child))
            if _is_init(machine) and machine.run("systemctl", "is-system-running").stdout.strip() in (
                "running",
                "degraded",
            ):
                return machine
        pause.wait(0.2)
    return None


def _is_init(machine: Machine) -> bool:
    try:
        return b"systemd\0--unit=basic.target" in Path(f"/proc/{machine.init}/cmdline").read_bytes()
    except OSError:
        return False


def _gone(container: subprocess.Popen) -> None:
    try:
        container.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        container.kill()
        container.wait()
    for left in (*Path("/sys/fs/cgroup").glob("*/payload"), *Path("/sys/fs/cgroup").glob("*/supervisor")):
        with suppress(OSError):  # another container's is not empty
            left.rmdir()
