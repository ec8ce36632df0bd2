"""A council's office: people with keys of their own, the files they bring, and what they type."""

import io
import json
from dataclasses import dataclass
from pathlib import Path

from gateway.cli.main import run
from gateway.crypto.ssh_keys import SigningKey
from gateway.demo.council import DOMAIN
from gateway.vocabulary.namespaces import of_act

PURPOSE = "youth-support"
SHORT = "upn,purpose,decided_by,decision,tiers,given,expires,notice,evidence"
NAMES = ("purpose", "decided_by", "decision", "tiers", "given", "expires", "notice", "evidence")


@dataclass(frozen=True)
class Spoken:
    code: int
    out: str
    err: str


class Office:
    """A world, people with keys, and what they type."""

    def __init__(self, world, folder):
        self.world, self.folder = world, folder
        self.keys = {role: self.keep(role, key) for role, key in world.council.people.items()}

    def keep(self, name: str, key: SigningKey) -> Path:
        path = self.folder / f"{name}.key"
        path.touch(mode=0o600)
        path.write_bytes(key.openssh_private())
        return path

    def somebody(self, name: str, *acts: str) -> Path:
        """A new person, who may sign for these acts."""
        key = SigningKey.generate_ed25519()
        namespaces = ",".join(of_act(act, DOMAIN) for act in acts)
        if acts:
            with self.world.council.configuration.workspace.signers("register").open("a") as signers:
                signers.write(f'{name}@{DOMAIN} namespaces="{namespaces}" {key.public_line()}\n')
        return self.keep(name, key)

    def type_in(self, *words, stdin: str = "") -> Spoken:
        out, err = io.StringIO(), io.StringIO()
        code = run(
            ["--home", str(self.world.council.home), *map(str, words)], {}, out, err,
            stdin=io.StringIO(stdin), clock=self.world.clock,
        )  # fmt: skip
        return Spoken(code, out.getvalue(), err.getvalue())

    def file(self, *rows: dict[str, str], name: str = "decisions-of-november.csv") -> Path:
        lines = [",".join([row["upn"], *({"purpose": PURPOSE, **row}.get(cell, "") for cell in NAMES)]) for row in rows]
        (self.folder / name).write_text("\n".join([SHORT, *lines]) + "\n")
        return self.folder / name

    def bring(self, path: Path, *words, stdin: str = "") -> Spoken:
        return self.type_in("consent", "import", path, *(words or ("--as", "changes")), stdin=stdin)

    def shown(self, child: str) -> dict:
        found = json.loads(self.type_in("consent", "show", "--json", stdin=f"upn: {child}\n").out)
        return found[0] if found else {}

    def receipts(self, *kinds: str):
        with self.world.opened() as gateway:
            return [entry.receipt for entry in gateway.log.entries(kinds=kinds)]

    def child(self, situation: str) -> str:
        return self.world.people.in_situation(situation).fields["upn"]
