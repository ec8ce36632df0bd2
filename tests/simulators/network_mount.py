"""A drop folder that lies on another machine: sshfs over a pipe to an SFTP server of its own.

As on any share that is mounted from elsewhere, no event tells of what others write, a lease tells nothing of them, and
change times are what the server says. What is known of a file is not kept for a second, since tests turn the clock.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.required import missing

SFTP_SERVER = "/usr/lib/openssh/sftp-server"
PATIENCE = 60
"""Seconds to mount it in, on a busy machine."""


@contextmanager
def mounted(there: Path, here: Path) -> Iterator[None]:
    """`there`, as another machine has it, at the folder `here`."""
    if not shutil.which("sshfs") or not Path(SFTP_SERVER).exists():
        missing("sshfs or OpenSSH's sftp-server is not installed")
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        missing("this machine lets us mount nothing by FUSE")
    with subprocess.Popen([SFTP_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        sshfs = subprocess.Popen(
            ["sshfs", f":{there}", here, "-f", "-o", "passive,dir_cache=no,attr_timeout=0,entry_timeout=0"],
            stdin=server.stdout,
            stdout=server.stdin,
        )
        try:
            _wait_for(here, sshfs)
            yield
        finally:
            subprocess.run(["fusermount3", "-u", "-z", here], check=False, capture_output=True)
            sshfs.wait(10)
            server.kill()


def _wait_for(here: Path, sshfs: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while not os.path.ismount(here):
        if sshfs.poll() is not None:
            missing("this machine lets us mount nothing by FUSE")
        if time.monotonic() > end:
            raise TimeoutError("sshfs has mounted nothing")
        time.sleep(0.02)
