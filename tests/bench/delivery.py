"""Parcels put to a real sshd, against OpenSSH's own `sftp` with the same cipher and its best flags, in the same run.

Ours does more for it: it reads small files back, asks for every size, makes files durable, never
overwrites. Whole processes are compared, ours from the start of its interpreter on (`put_parcels`).
"""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from gateway.contract.partner import Endpoint
from gateway.footing import mailbox
from gateway.footing.mailbox import Order
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.parcel import Parcel, SealedFile, names_of
from gateway.vocabulary.transfer import TransferId
from tests.bench.measure import MB, Figures, Step, in_pairs, measured, median_of
from tests.bench.put_parcels import AT
from tests.bench.table import Row
from tests.simulators.distance import Distance
from tests.simulators.sshd import sshd

CIPHER = "aes256-gcm@openssh.com"
BEST_FLAGS = ("-c", CIPHER, "-B", "261120", "-R", "256")
DURABLE = ("-f",)
"""Each file is flushed to the disk once it is there, as ours always are."""
SMALL = (20_000, 317, 911)
MEMORY = Path("/dev/shm")  # noqa: S108 - memory is meant, and the folder in it is private
LONG_LINE = 0.040
MOST_MEMORY = 100 * MB


def delivery(size: int, parcels: int, pairs: int, kept: Path, tell: Callable[[str], None]) -> list[Row]:
    """A large parcel near and far, and many small ones on a disk and in memory."""
    tell(f"  ours, each time: {_start(pairs, kept):.2f} s to start Python, which the service does once; every size asked for, "
         "small files read back, all made durable, no name overwritten; sftp does the last, and in the last row the one before")  # fmt: skip
    rows = []
    told = f"{size / 1e9:g} GB"
    for what, place, sizes, count, far, longest, flags in (
        (f"put {told}", MEMORY, (size, *SMALL[1:]), 1, False, 1.25, ()),
        (f"put {told} / 5, 40 ms away", MEMORY, (size // 5, *SMALL[1:]), 1, True, 0.5, ()),
        (f"put {parcels} × 20 kB, tmpfs", MEMORY, SMALL, parcels, False, 0.25, ()),
        (f"put {parcels} × 20 kB, disk", kept, SMALL, parcels, False, 0.83, ()),
        (f"put {parcels} × 20 kB, disk, both durable", kept, SMALL, parcels, False, 0.83, DURABLE),
    ):
        place.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="handoff-bench-", dir=place) as name, ground(Path(name), far) as there:
            lay_out(there.to_deliver, sizes, count)
            done = in_pairs(pairs, lambda watched, there=there, flags=flags: there.pair(flags, watched=watched))
            tell(f"  {what}: " + ", ".join(f"{ours.seconds / theirs.seconds:.2f}" for ours, theirs in done))
            rows.append(_row(what, done, longest, flags))
    return rows


def _start(pairs: int, kept: Path) -> float:
    """Seconds, of each of our figures: the interpreter, and what it imports."""
    kept.mkdir(exist_ok=True)
    start = Step("start", [sys.executable, "-c", "import tests.bench.put_parcels"])
    return median_of([measured([start], kept) for _ in range(pairs)]).seconds


class Ground:
    """A server, and both ways to reach it."""

    def __init__(self, folder: Path, endpoint: Endpoint, files: Path) -> None:
        self.folder, self.endpoint, self.files = folder, endpoint, files
        self.to_deliver = folder / "to-deliver"
        self.to_deliver.mkdir()
        known = f"[{endpoint.host}]:{endpoint.port} {endpoint.host_keys[0]}\n"
        (folder / "known_hosts").write_text(known)

    def pair(self, flags: tuple[str, ...], *, watched: bool) -> tuple[Figures, Figures]:
        ours = measured([Step("ours", self._ours())], self.folder, watched=watched)
        self._empty()
        theirs = measured([Step("sftp", self._sftp(flags))], self.folder, watched=watched)
        self._empty()
        return ours, theirs

    def _ours(self) -> list[str]:
        end = self.endpoint
        return [sys.executable, "-m", "tests.bench.put_parcels", end.host, str(end.port), end.username,
                end.host_keys[0], str(self.folder / "key"), str(self.to_deliver)]  # fmt: skip

    def _sftp(self, flags: tuple[str, ...]) -> list[str]:
        batch = self.folder / "batch"
        batch.write_text("\n".join(_lines(self.to_deliver)) + "\n")
        options = ("BatchMode=yes", "IdentitiesOnly=yes", "StrictHostKeyChecking=yes",
                   f"UserKnownHostsFile={self.folder / 'known_hosts'}")  # fmt: skip
        stock = [word for option in options for word in ("-o", option)]
        end = self.endpoint
        return ["sftp", "-q", "-F", "none", *BEST_FLAGS, *flags, "-b", str(batch), "-i", str(self.folder / "key"),
                "-P", str(end.port), *stock, f"{end.username}@{end.host}"]  # fmt: skip

    def _empty(self) -> None:
        for path in (self.files / "inbox").iterdir():
            path.unlink()


def _lines(to_deliver: Path) -> Iterator[str]:
    """The same puts, and the same renames once the three of a parcel are there."""
    for folder in sorted(to_deliver.iterdir()):
        names = names_of(TransferId(folder.name))
        yield from (f"put {folder / name} inbox/.{name}.part" for name in names)
        yield from (f"rename inbox/.{name}.part inbox/{name}" for name in names)


@contextmanager
def ground(folder: Path, far: bool) -> Iterator[Ground]:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
    with ExitStack() as stack:
        running = stack.enter_context(sshd(folder / "partner", (folder / "key.pub").read_text().strip()))
        endpoint = running.endpoint
        if far:
            port = stack.enter_context(Distance(endpoint.port, LONG_LINE)).port
            endpoint = endpoint.model_copy(update={"port": port})
        yield Ground(folder, endpoint, running.files)


def lay_out(to_deliver: Path, sizes: tuple[int, ...], count: int) -> None:
    for number in range(count):
        transfer = TransferId.new(AT, number.to_bytes)
        draft = to_deliver / transfer
        draft.mkdir()
        files = []
        for name, size in zip(names_of(transfer), sizes, strict=True):
            with (draft / name).open("wb") as out:
                for start in range(0, size, MB):
                    out.write(os.urandom(min(MB, size - start)))
            with (draft / name).open("rb") as back:
                files.append(SealedFile(name=name, path=draft / name, size=size, digest=Digest.of_stream(back)))
        parcel = Parcel(transfer=transfer, release_by=AT + timedelta(hours=4), files=tuple(files))
        (draft / mailbox.ORDER).write_bytes(Order(route="yss", partner="yss", parcel=parcel).encode())


def _row(what: str, pairs: list[tuple[Figures, Figures]], longest: float, flags: tuple[str, ...]) -> Row:
    return Row(
        what=what,
        ours=median_of([ours for ours, _ in pairs]),
        comparator=median_of([theirs for _, theirs in pairs]),
        by=" ".join(("sftp", *flags, "-b")),
        ratio=statistics.median(ours.seconds / theirs.seconds for ours, theirs in pairs),
        longest=longest,
        most_memory=MOST_MEMORY,
    )
