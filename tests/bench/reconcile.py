"""An outbox full of extracts that wait for signatures: one look at all of them, by a process that has seen none before.

That is what a start costs, and what follows when events were lost: files, statements and the
ledger are compared with each other, each extract is hashed. They are laid out as the gateway
would have left them; only the look is timed. Run as a module it looks once at the outbox of HOME:

    python -m tests.bench.reconcile HOME
"""

import io
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gateway.approval.desk import statement_name
from gateway.approval.statement import Ceilings, Statement
from gateway.config.load import load
from gateway.footing.ledger import transfers
from gateway.footing.ledger.transfers import TransferRow
from gateway.footing.telemetry import Telemetry
from gateway.receipts.receipt import Receipt
from gateway.service.wiring import gates_of, opened
from gateway.story.gate import Gate
from gateway.story.looking import Memory, look
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId
from tests.bench.council import ROUTE, council
from tests.bench.ground import server
from tests.bench.measure import Figures, WentWrong
from tests.bench.table import Row

BATCH = 1000
SECONDS = 10.0


def reconcile(files: int, kept: Path, tell: Callable[[str], None]) -> Row:
    with tempfile.TemporaryDirectory(prefix="handoff-bench-", dir=_made(kept)) as name:
        folder = Path(name)
        with server(folder) as partner:
            home = council(folder, partner, None).home
            tell(f"  {files:,} files: laid out, each with a statement that waits for signatures")
            with _gateway(home) as gate:
                _lay_out(gate, files)
            figures = _looked(home, folder)
        tell(f"  {files:,} files: {figures.seconds:.1f} s")
    return Row(
        what=f"look at {files:,} files", ours=figures, comparator=Figures(SECONDS, 0, ()), by="bar of 10 s",
        ratio=figures.seconds / SECONDS, longest=1.0, most_memory=None,
    )  # fmt: skip


def _made(kept: Path) -> Path:
    kept.mkdir(exist_ok=True)
    return kept


class _gateway:  # noqa: N801 - a block
    """The route's gate, opened by hand."""

    def __init__(self, home: Path) -> None:
        configuration = load(home, {})
        self._opened = opened(configuration, clock=_now, telemetry=Telemetry(io.StringIO(), _now))
        self._configuration = configuration

    def __enter__(self) -> Gate:
        gateway = self._opened.__enter__()
        gateway.workspace.make_prepare_folders((ROUTE,))
        return gates_of(gateway, self._configuration, _now())[ROUTE]

    def __exit__(self, *how: object) -> None:
        self._opened.__exit__(None, None, None)


def _lay_out(gate: Gate, files: int) -> None:
    at, folder = _now(), gate.gateway.workspace.drop_folder(ROUTE)
    for first in range(0, files, BATCH):
        with gate.gateway.ledger.writing() as tx:
            for number in range(first, min(first + BATCH, files)):
                content = b"upn,forename,surname\r\nX%011d,Ann,Bell\r\n" % number * 4
                (folder / f"children-{number}.csv").write_bytes(content)
                statement = _statement(gate, Digest.of(content), at)
                (folder / statement_name(f"children-{number}.csv")).write_bytes(statement.encode())
                row = _row(gate, content, statement, at)
                transfers.insert_transfer(tx, row)
                facts = Facts(partner=row.partner, extract=row.extract_digest, statement=str(row.statement_digest))
                gate.gateway.log.append_in(
                    tx, Receipt.of_stage(Stage.WAITING, transfer=row.id, route=gate.name, at=at, facts=facts)
                )


def _statement(gate: Gate, extract: Digest, at: datetime) -> Statement:
    expected = gate.expected()
    return Statement(
        gateway=expected.gateway, route=expected.route, partner=expected.partner, partner_key=expected.partner_key,
        extract=extract, remarks=None, salt=gate.gateway.random(32), route_digest=expected.route_digest,
        ceilings=Ceilings.over(rows=4, children=4, fields={}), since_last="first", beyond=(),
        expires=(at + timedelta(days=6)).replace(microsecond=0),
    )  # fmt: skip


def _row(gate: Gate, content: bytes, statement: Statement, at: datetime) -> TransferRow:
    return TransferRow(
        id=TransferId.new(at, gate.gateway.random), route=gate.name, partner=gate.route.partner.partner, scope="full",
        extract_digest=gate.gateway.keyed(Digest.of(content)), statement_digest=str(Digest.of(statement.encode())),
        created=at,
    )  # fmt: skip


def _looked(home: Path, folder: Path) -> Figures:
    command = [sys.executable, "-m", "tests.bench.reconcile", str(home)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise WentWrong(f"the look ended with {done.returncode}: {done.stderr.strip()}")
    cold, _, peak = (float(word) for word in done.stdout.split())
    return Figures(cold, int(peak), ())


def _now() -> datetime:
    return datetime.now(UTC)


def main(home: Path) -> None:
    """Seconds of the first look, of the one that follows, and the highest memory."""
    memory, seconds = Memory(), []
    with _gateway(home) as gate:
        before = gate.gateway.log.latest().checkpoint.size
        for _ in range(2):
            began = time.perf_counter()
            look(gate, memory, _now())
            seconds.append(time.perf_counter() - began)
        if gate.gateway.log.latest().checkpoint.size != before:
            raise WentWrong("a look at files that wait has written receipts")
    sys.stdout.write(" ".join([*map(str, seconds), str(_peak())]) + "\n")


def _peak() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
