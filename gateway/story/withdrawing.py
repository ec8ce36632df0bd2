"""Takes back what partners hold: prepares a removal for each of them, without a second approver.

    withdraw   one child, from every partner (or one route's) that was given anything about them
    recall     everybody whom one transfer released

Taking back can do no harm that waiting for another person would not make worse. A removal
names references and what to remove, and never why; the partner answers for it like for any
parcel. Whether something was given is told by disclosures alone: that a partner was told to
remove a child before changes nothing, since removing twice is removing.

Crash point. (W1) the list is written, the receipt is not: the folder belongs to no transfer,
and goes with what else is old among the arrivals. Nothing was promised yet.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from gateway.contract.policy import Policy
from gateway.footing import durable
from gateway.footing.ledger import transfers
from gateway.footing.ledger.transfers import TransferRow
from gateway.minimise.disclosed import disclosed, everybody
from gateway.minimise.identifiers import reference
from gateway.receipts.receipt import Receipt
from gateway.story.disclosed import Reach, reach_of, subjects_of
from gateway.story.disclosure_files import proved_file, proved_files
from gateway.story.gate import Gate, Gateway
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

LIST = "removal"
HEADER = b"Reference,Remove\n"
WHOLE = "whole"
SCOPE = "removal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One removal that leaves at the next round."""

    transfer: TransferId
    route: str
    partner: str
    children: int


def withdraw(
    gateway: Gateway, gates: Mapping[str, Gate], child: Mapping[str, str], *, consented_only: bool, uid: int
) -> list[Prepared]:
    """One for each of these routes whose partner was given anything about the child; none, if nobody was.

    Raises:
        RegisterInvalid: nothing that was given identifies a child.
        StorageError, LogBroken: the disclosures cannot be read, or are not those that were receipted.
    """
    subjects = subjects_of(gateway, child)
    gateway.log.append(Receipt(kind="look-up", at=gateway.clock(), facts=Facts(uid=uid, kind="withdrawal")))
    given: dict[str, set[bytes]] = {}
    for row in disclosed(proved_files(gateway), subjects):
        transfer = TransferId(row.transfer)
        if row.released and reach_of(gateway, transfer) is not Reach.NOT:
            given.setdefault(gateway.log.transfer(transfer).route, set()).add(row.subject)
    return [
        _prepare(gate, given[name], _fields(gate.route.policy) if consented_only else WHOLE, uid=uid)
        for name, gate in gates.items()
        if name in given
    ]


def recall(gateway: Gateway, gates: Mapping[str, Gate], transfer: TransferId, *, reason: str, uid: int) -> Prepared:
    """Everybody whom this transfer released, from the partner that was given them.

    Raises:
        UsageError: it has not left, it is a removal, or its route is out of service.
        StorageError: there is no such transfer, or its disclosures have expired.
    """
    known = gateway.log.transfer(transfer)
    gate = gates.get(known.route)
    if gate is None:
        raise UsageError(
            f"the route {known.route} is out of service", remedy="'gateway doctor' says why; mend it first"
        )
    if reach_of(gateway, transfer) is Reach.NOT:
        raise UsageError(
            f"transfer {transfer} has not left: it stands at {known.stage}",
            remedy="add a hold, or suspend the route, and it is taken back before it leaves",
        )
    subjects = everybody(proved_file(gateway, transfer))
    facts = Facts(reason=reason, uid=uid)
    gateway.log.append(
        Receipt(kind="recalled", transfer=transfer, route=known.route, at=gateway.clock(), facts=facts)
    )  # fmt: skip
    return _prepare(gate, subjects, WHOLE, uid=uid, supersedes=transfer)


def listed(path: Path) -> tuple[bytes, int]:
    """The list as it was written, and how many children stand in it."""
    data = path.read_bytes()
    return data, data.count(b"\n") - 1


def _fields(policy: Policy) -> str:
    """The output's headers of everything that only consent releases."""
    floor = {"reference", *policy.floor.fields}
    headers = [column.header for column in policy.output if column.field not in floor]
    if not headers or any(" " in header for header in headers):
        raise UsageError(
            "this route's partner cannot be told to remove single columns", remedy="withdraw the whole child"
        )
    return " ".join(headers)


def _prepare(
    gate: Gate, subjects: Collection[bytes], remove: str, *, uid: int, supersedes: TransferId | None = None
) -> Prepared:
    gateway, at = gate.gateway, gate.gateway.clock()
    partner = gate.route.partner.partner
    transfer = TransferId.new(at, gateway.random)
    data = HEADER + b"".join(f"{line},{remove}\n".encode() for line in _references(gate, sorted(subjects)))
    durable.write_new(durable.private_folder(gateway.workspace.arrival(transfer)) / LIST, data)  # (W1)
    row = TransferRow(
        id=transfer, route=gate.name, partner=partner, scope=SCOPE, extract_digest=gateway.keyed(Digest.of(data)),
        statement_digest=None, created=at,
    )  # fmt: skip
    facts = Facts(partner=partner, count=len(subjects), uid=uid, kind="whole" if remove == WHOLE else "fields")
    facts = facts | Facts(supersedes=supersedes) if supersedes else facts
    with gateway.ledger.writing() as tx:
        transfers.insert_transfer(tx, row)
        gateway.log.append_in(
            tx, Receipt.of_stage(Stage.WITHDRAWN, transfer=transfer, route=gate.name, at=at, facts=facts)
        )
    return Prepared(transfer=transfer, route=gate.name, partner=partner, children=len(subjects))


def _references(gate: Gate, subjects: Sequence[bytes]) -> list[str]:
    key = gate.gateway.keys.secret(f"reference-{gate.route.partner.partner}")
    return [reference(subject, key=key) for subject in subjects]
