"""An outbox full of extracts that wait for signatures: one look at all of them, by a process that has seen none before.

That is what a start costs, and what follows when events were lost: files, statements and the
ledger are compared with each other, each extract is hashed. They are laid out as the gateway
would have left them; only the look is timed. Run as a module it looks once at the outbox of HOME:

    python -m tests.bench.reconcile HOME
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from gateway.story.looking import look
from gateway.story.seen import Memory
from tests.bench.council import council
from tests.bench.ground import server
from tests.bench.measure import Figures, WentWrong
from tests.bench.table import Row
from tests.bench.waiting import gate_of, lay_out

CHILDREN = 4
SECONDS = 10.0


def reconcile(files: int, kept: Path, tell: Callable[[str], None]) -> Row:
    kept.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="handoff-bench-", dir=kept) as name:
        folder = Path(name)
        with server(folder) as partner:
            home = council(folder, partner, None).home
            tell(f"  {files:,} files: laid out, each with a statement that waits for signatures")
            with gate_of(home) as gate:
                lay_out(gate, map(_extract, range(files)), CHILDREN)
            figures = _looked(home)
        tell(f"  {files:,} files: {figures.seconds:.1f} s")
    return Row(
        what=f"look at {files:,} files", ours=figures, comparator=Figures(SECONDS, 0, ()), by="bar of 10 s",
        ratio=figures.seconds / SECONDS, longest=1.0, most_memory=None,
    )  # fmt: skip


def _extract(number: int) -> bytes:
    return b"upn,forename,surname\r\nX%011d,Ann,Bell\r\n" % number * CHILDREN


def _looked(home: Path) -> Figures:
    command = [sys.executable, "-m", "tests.bench.reconcile", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WentWrong(f"the look ended with {done.returncode}: {done.stderr.strip()}")
    cold, _, peak = (float(word) for word in done.stdout.split())
    return Figures(cold, int(peak), ())


def main(home: Path) -> None:
    """Seconds of the first look, of the one that follows, and the highest memory."""
    memory, seconds = Memory(), []
    with gate_of(home) as gate:
        before = gate.gateway.log.latest().checkpoint.size
        for _ in range(2):
            began = time.perf_counter()
            look(gate, memory, datetime.now(UTC))
            seconds.append(time.perf_counter() - began)
        if gate.gateway.log.latest().checkpoint.size != before:
            raise WentWrong("a look at files that wait has written receipts")
    sys.stdout.write(" ".join([*map(str, seconds), str(_peak())]) + "\n")


def _peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
