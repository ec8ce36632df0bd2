"""A real PostgreSQL for a test: a cluster of its own in a folder of its own, reached by a socket, gone afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.required import missing

DEBIAN = Path("/usr/lib/postgresql")
NOBODY = 65534
"""PostgreSQL does not run as root: then it runs as nobody."""


@dataclass(frozen=True)
class Server:
    """Its administrator is `partner`; whoever says who he is, is believed."""

    folder: Path

    def url(self, database: str = "postgres", user: str = "partner") -> str:
        return f"postgresql+psycopg://{user}@/{database}?host={self.folder}"

    def tell(self, statement: str, database: str = "postgres") -> list[tuple]:
        """What its administrator says, statement by statement, and the rows of the answer."""
        import psycopg

        with psycopg.connect(host=str(self.folder), user="partner", dbname=database, autocommit=True) as connection:
            answer = connection.execute(statement)
            return answer.fetchall() if answer.description else []

    def renew(self, database: str, template: str) -> None:
        """As `template` is, whatever was there, and whoever was connected to it."""
        self.tell(f"drop database if exists {database} with (force)")
        self.tell(f"create database {database} template {template}")

    def run(self, tool: str, *arguments: str, **options) -> subprocess.CompletedProcess:
        """A tool of PostgreSQL's own, as an administrator types it."""
        argv = [program(tool), "--host", str(self.folder), "--username", "partner", *arguments]
        return subprocess.run(argv, check=True, capture_output=True, timeout=60, **options)


def program(name: str) -> str:
    found = next(map(str, sorted(DEBIAN.glob(f"*/bin/{name}"), reverse=True)), None) or shutil.which(name)
    if found is None:
        missing(f"{name} is not installed")
    return os.path.realpath(found)


@contextmanager
def server(*, locale: str = "C", **settings: str) -> Iterator[Server]:
    """It syncs nothing unless told to: no test pulls the plug."""
    initdb, pg_ctl = program("initdb"), program("pg_ctl")
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
    told = {"listen_addresses": "", "unix_socket_directories": str(folder), "fsync": "off"} | settings
    try:
        run(initdb, "-D", data, "-U", "partner", "--auth=trust", "--no-sync", "-E", "UTF8", f"--locale={locale}")
        options = " ".join(f"-c {name}={value}" for name, value in told.items())
        run(pg_ctl, "-D", data, "-o", options, "-w", "-l", str(folder / "log"), "start")
        try:
            yield Server(folder)
        finally:
            run(pg_ctl, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder)


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database while the block lasts."""
    with server() as running:
        yield running.url()
