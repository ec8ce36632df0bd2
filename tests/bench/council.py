"""Our side: a home folder with a signed route and a full register, and one extract dropped and signed at a time.

All of the set-up is done with the command as people type it. Only `steps` is timed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase

from gateway.config.load import load
from gateway.config.starter import write
from gateway.contract.route import Route
from gateway.crypto.ssh_keys import SigningKey
from gateway.demo.names import TOWN
from gateway.vocabulary.namespaces import of_act, of_route
from tests.bench.ground import Server
from tests.bench.measure import Step, WentWrong

ROUTE, PARTNER = "yss", "youth-support"
ONE_ROUTE = {ROUTE: PARTNER}
DOMAIN = "handoff.bench.example"
ROLES = ("prepare", "approve", "route", "partner")
GATEWAY = str(Path(sys.executable).with_name("gateway"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Council:
    home: Path
    keys: Mapping[str, Path]
    """The private key of whoever acts in a role."""
    inbox: Path

    @property
    def route(self) -> Route:
        return load(self.home, {}).route(ROUTE)

    def command(self, *words: str | Path) -> list[str]:
        return [GATEWAY, "--home", str(self.home), *map(str, words)]

    def drop(self, extract: Path, number: int) -> None:
        """Copied as staff would, stated, and signed by two people. `number` makes it another file than the last."""
        dropped = self.home / "outbox" / ROUTE / "children.csv"
        shutil.copyfile(extract, dropped)
        _tell_apart(dropped, number)
        _do(self.command("release", dropped, "--route", ROUTE))
        for role in ("prepare", "approve"):
            _do(self.command("approve", dropped, "--route", ROUTE, "--role", role, "--key", self.keys[role], "--yes"))

    def steps(self) -> list[Step]:
        return [Step("run --once", self.command("run", "--once"))]

    def must_have_delivered(self, arrived: list[str]) -> None:
        """WentWrong unless one parcel, all three files of it, is at the partner."""
        if sorted(Path(name).suffixes[-1] for name in arrived) != [".age", ".json", ".sig"]:
            raise WentWrong(f"{len(arrived)} files arrived at the partner, not the three of a parcel")


def council(
    folder: Path, server: Server, register: Path | None, *, routes: Mapping[str, str] = ONE_ROUTE, **settings: str
) -> Council:
    """A new home in `folder`, its routes signed, the register imported. `routes`: of each the partner."""
    home, people = folder / "home", {role: SigningKey.generate_ed25519() for role in ROLES}
    starter = write(
        home, domain=DOMAIN, sender="bench", partners=dict.fromkeys(routes.values(), server.details()),
        settings={"settle_seconds": 0, "clock": "host", **settings},
        signers={role: _line(role, key, routes) for role, key in people.items()} | {"register": _for_the_register(people)},
    )  # fmt: skip
    for page in (home / "config" / "routes").glob("*.toml"):
        if page.stem not in routes:
            page.unlink()
    made = Council(home=home, keys=_files(folder, people), inbox=server.inbox)
    for route in routes:
        server.let_in(starter.public_keys[f"sftp-{route}"])
        for role in ("route", "partner"):
            _do(made.command("route", "sign", route, "--as", role, "--key", made.keys[role], "--yes"))
    if register:
        decisions = (
            folder / "decisions.csv"
        )  # what is signed lies beside the file, and the other is kept for later benches
        shutil.copyfile(register, decisions)
        words = made.command("consent", "import", decisions, "--as", "changes", "--yes", "--key")
        _do([*words, str(made.keys["prepare"])], ends_with=3)  # it waits for another person
        _do([*words, str(made.keys["approve"])])
    return made


def _tell_apart(dropped: Path, number: int) -> None:
    """The same file is never sent twice: a letter in the name of the last child's town is another each time."""
    town, end = TOWN.encode(), min(4096, dropped.stat().st_size)
    with dropped.open("r+b") as file:
        file.seek(-end, os.SEEK_END)
        place = file.read().rindex(town) - end + len(town) - 1
        file.seek(place, os.SEEK_END)
        file.write(ascii_lowercase[number : number + 1].encode())


def _line(role: str, key: SigningKey, routes: Iterable[str]) -> str:
    namespaces = ",".join(of_route(role, route, DOMAIN) for route in routes)
    return f'{role}@{DOMAIN} namespaces="{namespaces}" {key.public_line()}\n'


def _for_the_register(people: Mapping[str, SigningKey]) -> str:
    namespace = of_act("register.import", DOMAIN)
    return "".join(f'{role}@{DOMAIN} namespaces="{namespace}" {key.public_line()}\n' for role, key in people.items())


def _files(folder: Path, people: Mapping[str, SigningKey]) -> dict[str, Path]:
    files = {role: folder / f"{role}-key" for role in people}
    for role, path in files.items():
        path.touch(mode=0o600)
        path.write_bytes(people[role].openssh_private())
    return files


def _do(command: list[str], *, ends_with: int = 0) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != ends_with:
        raise WentWrong(f"gateway {command[3]} ended with {done.returncode}: {done.stderr.strip()}")
