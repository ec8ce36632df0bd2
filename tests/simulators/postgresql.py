"""A real PostgreSQL for a test: a cluster of its own in a folder of its own, reached by a socket, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.required import missing

DEBIAN = Path("/usr/lib/postgresql")
NOBODY = 65534
"""PostgreSQL does not run as root: then it runs as nobody."""


def _program(name: str) -> str:
    found = shutil.which(name) or next(map(str, sorted(DEBIAN.glob(f"*/bin/{name}"), reverse=True)), None)
    if found is None:
        missing(f"{name} is not installed")
    return os.path.realpath(found)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database while the block lasts."""
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    user = NOBODY if os.geteuid() == 0 else None
    if user is not None:
        os.chown(folder, user, user)

    def run(*argv: str) -> None:
        subprocess.run(
            argv, cwd=folder, check=True, user=user, group=user, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=60, env={"LC_ALL": "C", "PATH": os.environ["PATH"]},
        )  # fmt: skip

    data = str(folder / "data")
    try:
        run(initdb, "-D", data, "-U", "partner", "--auth=trust", "--no-sync", "-E", "UTF8")
        settings = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"
        run(pg_ctl, "-D", data, "-o", settings, "-w", "-l", str(folder / "log"), "start")
        try:
            yield f"postgresql+psycopg://partner@/postgres?host={folder}"
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)
