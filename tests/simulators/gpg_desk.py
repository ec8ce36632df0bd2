"""A partner with gpg, OpenSSH and coreutils, who types the blocks of docs/PARTNERS.md."""

import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

from gateway.demo.council import DOMAIN, SENDER
from gateway.partner.kit import steps
from gateway.seal.manifest import Manifest
from gateway.vocabulary.parcel import acknowledgement_names, names_of

ME = "youth-support"


@dataclass
class Desk:
    """A folder in which blocks are typed, one shell each."""

    folder: Path
    gpg: object
    names: str = f"COUNCIL={SENDER}\nDOMAIN={DOMAIN}\nME={ME}\n"

    def type_in(self, block: str, *, fails: bool = False) -> str:
        done = subprocess.run(
            ["sh"], cwd=self.folder, input=self.names + block, capture_output=True, text=True, check=False,
            timeout=60, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "GNUPGHOME": str(self.gpg.home)},
        )  # fmt: skip
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stdout

    def take(self, world, transfer, into: str | None = None) -> "Desk":
        """A copy of its own, as it lies in the inbox."""
        folder = self.folder / (into or transfer)
        folder.mkdir()
        for name in names_of(transfer, "openpgp"):
            (folder / name).write_bytes((world.partners["yss"].files / "inbox" / name).read_bytes())
        for name in ("council.asc", "council.signers"):
            (folder / name).write_bytes((self.folder / name).read_bytes())
        return replace(self, folder=folder, names=f"{self.names}TRANSFER={transfer}\n")

    def open(self) -> tuple[Manifest, bytes]:
        self.type_in(steps.CHECK_GPG)
        self.type_in(steps.OPEN_GPG)
        manifest = Manifest.parse((self.folder / "parcel" / "manifest.json").read_bytes())
        return manifest, (self.folder / "parcel" / manifest.file.name).read_bytes()

    def answer(self, world) -> None:
        self.type_in(steps.ANSWER_GPG)
        self.put(world)

    def put(self, world) -> None:
        transfer = self.names.rpartition("TRANSFER=")[2].strip()
        for name in acknowledgement_names(transfer):
            (world.partners["yss"].files / "acknowledgements" / name).write_bytes((self.folder / name).read_bytes())
