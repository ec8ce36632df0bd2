"""A council without partners, prepare's desk at it, and whoever the test says has come to it."""

import io
import shutil
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.cli.at_desk import answering
from gateway.cli.main import run
from gateway.cli.session import Session
from gateway.cli.voice import Voice
from gateway.config.load import load
from gateway.config.starter import write
from gateway.crypto.ssh_keys import SigningKey
from gateway.footing.telemetry import Telemetry
from gateway.service.desk.listening import Desk, bound, connected
from gateway.service.desk.peers import Peer
from gateway.service.wiring import opened
from gateway.vocabulary.namespaces import REGISTER_ACTS, of_act

DOMAIN = "handoff.northmere.example"
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
DPO = Peer(uid=4711, roles=frozenset({"dpo"}))
CHILD = "upn: A123456789012\n"


@dataclass(frozen=True)
class Spoken:
    code: int
    out: str
    err: str


@dataclass
class Council:
    home: Path
    folder: Path
    log: io.StringIO = field(default_factory=io.StringIO)

    @property
    def configuration(self):
        return load(self.home, {})

    @property
    def socket(self) -> Path:
        return self.configuration.workspace.desk

    def answer(self):
        voice = Voice(out=io.StringIO(), err=io.StringIO())
        return answering(Session(environ={}, voice=voice, stdin=io.StringIO(), clock=lambda: AT, given_home=self.home))

    @contextmanager
    def attended(self, peer: Peer = DPO, answer=None):
        """The desk is there, and takes everybody who comes for `peer`: the kernel's part has tests of its own."""
        telemetry = Telemetry(self.log, lambda: AT)
        with bound(self.socket, 0o600) as listener:
            desk = Desk(answer=answer or self.answer(), telemetry=telemetry)
            with desk.open_at(listener, lambda listener: (listener.accept()[0], peer)):
                yield

    def type_in(self, *words, stdin: str = "", home: Path | None = None) -> Spoken:
        out, err = io.StringIO(), io.StringIO()
        given = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
        code = run(["--home", str(home or self.home), *map(str, words)], {}, out, err, stdin=given, clock=lambda: AT)
        return Spoken(code, out.getvalue(), err.getvalue())

    def receipts(self, *kinds: str):
        with opened(self.configuration, clock=lambda: AT, telemetry=Telemetry(io.StringIO(), lambda: AT)) as gateway:
            return [entry.receipt for entry in gateway.log.entries(kinds=kinds)]

    def keep(self, name: str, *acts: str) -> Path:
        """A person's key, who may sign for these acts of the register."""
        key, path = SigningKey.generate_ed25519(), self.folder / f"{name}.key"
        path.touch(mode=0o600)
        path.write_bytes(key.openssh_private())
        namespaces = ",".join(of_act(act, DOMAIN) for act in acts or REGISTER_ACTS)
        with self.configuration.workspace.signers("register").open("a") as signers:
            signers.write(f'{name}@{DOMAIN} namespaces="{namespaces}" {key.public_line()}\n')
        return path


@pytest.fixture(scope="module")
def founded(tmp_path_factory):
    home = tmp_path_factory.mktemp("founded") / "home"
    write(home, domain=DOMAIN, sender="northmere", settings={"demo": True, "settle_seconds": 0})
    return home


@pytest.fixture
def council(tmp_path, monkeypatch, founded):
    (tmp_path / "office").mkdir()
    monkeypatch.chdir(tmp_path / "office")
    shutil.copytree(founded, tmp_path / "home")
    return Council(home=tmp_path / "home", folder=tmp_path / "office")


@pytest.fixture
def knock(council):
    """A connection to the desk, to be spoken to by hand."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(connected(council.socket))
