"""A drop folder full of extracts that were stated and wait, laid out as the gateway itself would have left it."""

import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from gateway.approval.desk import statement_name
from gateway.approval.statement import Ceilings, Statement
from gateway.config.load import load
from gateway.footing.ledger import Transaction, transfers
from gateway.footing.ledger.transfers import TransferRow
from gateway.footing.telemetry import Telemetry
from gateway.receipts.receipt import Receipt
from gateway.service.wiring import gates_of, opened
from gateway.story.gate import Gate
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId
from tests.bench.council import ROUTE

BATCH = 1000


@contextmanager
def gate_of(home: Path) -> Iterator[Gate]:
    """The route's gate, opened by hand."""
    configuration = load(home, {})
    with opened(configuration, clock=_now, telemetry=Telemetry(io.StringIO(), _now)) as gateway:
        gateway.workspace.make_prepare_folders((ROUTE,))
        yield gates_of(gateway, configuration, _now())[ROUTE]


def lay_out(gate: Gate, extracts: Iterable[bytes], children: int) -> list[Path]:
    """Each with a statement over `children`, whose two signatures are wanted; oldest first."""
    folder, made, left = gate.gateway.workspace.drop_folder(ROUTE), list[Path](), iter(extracts)
    while batch := list(islice(left, BATCH)):
        with gate.gateway.ledger.writing() as tx:
            for content in batch:
                made.append(folder / f"children-{len(made):06}.csv")
                _lay_out_one(gate, tx, made[-1], content, children)
    return made


def _lay_out_one(gate: Gate, tx: Transaction, path: Path, content: bytes, children: int) -> None:
    at = _now()
    path.write_bytes(content)
    statement = _statement(gate, Digest.of(content), children, at)
    path.with_name(statement_name(path.name)).write_bytes(statement.encode())
    row = _row(gate, content, statement, at)
    transfers.insert_transfer(tx, row)
    facts = Facts(partner=row.partner, extract=row.extract_digest, statement=str(row.statement_digest))
    gate.gateway.log.append_in(
        tx, Receipt.of_stage(Stage.WAITING, transfer=row.id, route=gate.name, at=at, facts=facts)
    )


def _statement(gate: Gate, extract: Digest, children: int, at: datetime) -> Statement:
    expected, policy = gate.expected(), gate.route.policy
    optional = policy.consented.fields if policy.consented else ()
    return Statement(
        gateway=expected.gateway, route=expected.route, partner=expected.partner, partner_key=expected.partner_key,
        extract=extract, remarks=None, salt=gate.gateway.random(32), route_digest=expected.route_digest,
        ceilings=Ceilings.over(rows=children, children=children, fields=dict.fromkeys(optional, children)),
        since_last="first", beyond=(), expires=(at + timedelta(days=6)).replace(microsecond=0),
    )  # fmt: skip


def _row(gate: Gate, content: bytes, statement: Statement, at: datetime) -> TransferRow:
    return TransferRow(
        id=TransferId.new(at, gate.gateway.random), route=gate.name, partner=gate.route.partner.partner, scope="full",
        extract_digest=gate.gateway.keyed(Digest.of(content)), statement_digest=str(Digest.of(statement.encode())),
        created=at,
    )  # fmt: skip


def _now() -> datetime:
    return datetime.now(UTC)
