"""One approved arrival: minimised, sealed, receipted, handed to deliver. The heart of prepare.

    minimise ══stream══▶ seal ─▶ checked against the statement's ceilings ─▶ receipt `sealed` ─▶ to-deliver/

Minimised plaintext exists only in the stream. Whatever is wrong (a refusal, a run that does
not balance, a broken ceiling, a dead worker) leaves the sealer by exception: no final chunk,
no parcel, no receipt that says otherwise.

Crash points. (C1) approved, nothing sealed: what was half written is thrown away and done
again. (C2) sealed and receipted, not posted: the same parcel is posted. (C3) posted: deliver
has it; doing it again changes nothing.
"""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from gateway.approval.statement import Statement
from gateway.footing import durable, mailbox
from gateway.footing.mailbox import Order
from gateway.minimise.engine import Job, Outcome, Run
from gateway.minimise.source import SMALL
from gateway.seal.sealing import Draft, SealedParcel, Settled, Witness
from gateway.story import duplicates, sequence
from gateway.story.addressing import addressees, seal_for
from gateway.story.brake import Brake, brake
from gateway.story.gate import Gate, Gateway
from gateway.story.minimising import InForce, count, job, reasons_against, rules_in_force
from gateway.story.recalled import is_recalled
from gateway.story.refusing import Refusal
from gateway.story.register.approving import approved
from gateway.story.sealed import record_sealed, upcoming_sequence
from gateway.story.subjects import learn
from gateway.vocabulary.errors import GatewayError
from gateway.vocabulary.moment import london_day, next_london_midnight
from gateway.vocabulary.transfer import Stage, TransferId

EXTRACT, STATEMENT = "extract", "statement"
EXPIRES = timedelta(days=30)
"""How long a partner may open a parcel; it is released within hours, so this bounds replays only."""
SALT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrun:
    """More would leave than the statement allows, or by other rules or elsewhere: paused for a second look, not refused."""

    ceilings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    parcel: SealedParcel
    outcome: Outcome


class _NotReleased(Exception):
    """No error, but control flow in this file: leaves the sealer by exception, so that nothing valid was written."""

    def __init__(self, answer: Refusal | Overrun) -> None:
        super().__init__()
        self.answer = answer


class _Twice(Exception):
    """Children who stand in the file more than once: known at its end, when some of their rows have passed."""

    def __init__(self, subjects: frozenset[bytes]) -> None:
        super().__init__()
        self.subjects = subjects


class _OneChild(Exception):
    """The file tells, at its end, that pseudonyms are one child: all is judged anew, as what was decided under each."""


def carry(gate: Gate, transfer: TransferId, at: datetime) -> Carried | Refusal | Overrun | None:
    """From an approved arrival to an order for deliver; safe to run again from any point.

    None if a hold or a decision came while it was judged, and another while it was judged anew: the next round goes on.
    """
    return _carried(gate, transfer, at) or _carried(gate, transfer, at)


def _carried(gate: Gate, transfer: TransferId, at: datetime) -> Carried | Refusal | Overrun | None:
    try:
        return _carry(gate, transfer, at)
    except _OneChild:  # each time fewer are left to be linked
        return _carried(gate, transfer, at)


def _carry(gate: Gate, transfer: TransferId, at: datetime) -> Carried | Refusal | Overrun | None:
    arrival = gate.gateway.workspace.arrival(transfer)
    statement = Statement.parse((arrival / STATEMENT).read_bytes())
    if not _is_as_signed(gate, transfer, statement):
        return Overrun(ceilings=("route-changed",))
    asked = _asked(gate, transfer, at)
    if asked is None:
        return Overrun(ceilings=("hold-approval",))
    work, in_force = asked
    draft = draft_of(gate, transfer, at, file_name=_file_name(gate, arrival / EXTRACT, at))
    try:
        carried = _seal_minimised(gate, work, draft, statement)
    except _NotReleased as stopped:
        _forget(gate, work)
        return stopped.answer
    return carried if hand_on(gate, draft, carried.parcel, carried.outcome, in_force, at=at) else None


def _is_as_signed(gate: Gate, transfer: TransferId, statement: Statement) -> bool:
    """Whether the same may leave to the same partner's key as when people signed; how it is reached may have changed."""
    expected, approval = gate.expected(), gate.gateway.log.last(transfer, Stage.APPROVED)
    if statement.route_digest == expected.route_digest:
        return True
    is_theirs = (statement.partner, statement.partner_key) == (expected.partner, expected.partner_key)
    return is_theirs and approval is not None and approval.receipt.facts.get("rules") == str(gate.route.rules())


def begin_ahead(gate: Gate, transfer: TransferId, at: datetime) -> None:
    """Have an extract that takes one processor judged beside the one before it. What goes wrong is met again at its turn."""
    with suppress(GatewayError, OSError):
        if (gate.gateway.workspace.arrival(transfer) / EXTRACT).stat().st_size < SMALL and (
            asked := _asked(gate, transfer, at)
        ):
            gate.gateway.judging.begin(asked[0])


def _asked(gate: Gate, transfer: TransferId, at: datetime) -> tuple[Job, InForce] | None:
    """What is asked of a worker by the rules of now; None while the hold officer has not answered."""
    disclosures = gate.gateway.workspace.disclosures(f"{transfer}.parquet")
    work, in_force = job(gate, gate.gateway.workspace.arrival(transfer) / EXTRACT, at, disclosures=disclosures)
    if gate.route.policy.by_field:
        fields = approved(gate, transfer, in_force.holds)
        if fields is None:
            return None
        work = replace(work, approved=fields)
    known = duplicates.remembered(gate, transfer)
    return replace(work, exclude=known.tags, counted=known.day == london_day(at)), in_force


def hand_on(
    gate: Gate, draft: Draft, parcel: SealedParcel, outcome: Outcome, in_force: InForce, *, at: datetime
) -> bool:  # fmt: skip
    """A sealed parcel: receipted, then deliver's to take. False, and neither, if it is judged by rules that are over."""
    after = sequence.before(gate, draft.sequence)
    order = Order(route=gate.name, partner=gate.route.partner.partner, parcel=parcel.parcel, after=after)
    durable.write_new(gate.gateway.workspace.sealing(draft.transfer) / mailbox.ORDER, order.encode())
    while not record_sealed(gate, draft, parcel, outcome, in_force):  # (C2)
        _, now, _ = rules_in_force(gate, at)
        if (now.register, now.holds) != (in_force.register, in_force.holds):
            return False
        in_force = now  # what was decided is about another purpose
    post(gate, draft.transfer)  # (C3)
    return True


def post(gate: Gate, transfer: TransferId) -> None:
    """Hand the sealed draft to deliver, once our log still is what partners have cosigned; unless it was taken back, or recalled.

    Whoever takes it back writes a receipt first, and then looks for the order: either they find it, or we their receipt.
    """
    workspace, log = gate.gateway.workspace, gate.gateway.log
    log.check_witnesses()
    draft = workspace.sealing(transfer)
    with gate.gateway.ledger.writing():
        if log.stage(transfer) is Stage.SEALED and not is_recalled(gate.gateway, transfer):
            mailbox.post_order(draft, workspace.to_deliver, mailbox.read_order(draft))


def _seal_minimised(gate: Gate, work: Job, draft: Draft, statement: Statement) -> Carried:
    try:
        return _seal_once(gate, work, draft, statement)
    except _Twice as found:
        return _seal_once(gate, replace(work, exclude=found.subjects), draft, statement)


def _seal_once(gate: Gate, work: Job, draft: Draft, statement: Statement) -> Carried:
    held = brake(gate)
    folder = empty_folder(gate.gateway, draft.transfer)
    _forget(gate, work)
    with gate.gateway.judging.run(work) as run:
        parcel = seal_for(
            gate.gateway,
            draft,
            folder,
            run.chunks(),
            lambda: _settle(gate, run, work, statement, held),
        )
        return Carried(parcel=parcel, outcome=run.outcome())


def _forget(gate: Gate, work: Job) -> None:
    """The disclosures that an earlier try wrote; a successor's are evidence."""
    if work.disclosures:
        gate.gateway.check_turn()
        durable.remove(work.disclosures)


def _settle(gate: Gate, run: Run, work: Job, statement: Statement, held: Brake) -> Settled:
    """The data has ended: what left the worker is counted, and may only now become a parcel."""
    outcome = run.outcome()
    if learn(gate.gateway, outcome.pairs, work.at, key=work.register_key):
        raise _OneChild
    if outcome.duplicates - work.exclude:
        raise _Twice(outcome.duplicates | work.exclude)
    if reasons := reasons_against(outcome):
        raise _NotReleased(Refusal(reasons=reasons, places=outcome.places))
    broken = statement.ceilings.exceeded_by(rows=outcome.rows_in, children=outcome.rows_out, fields=outcome.fields)
    broken += tuple(f"limit-{limit}" for limit in held.beyond(outcome) if limit not in statement.beyond)
    if broken:
        raise _NotReleased(Overrun(ceilings=broken))
    return Settled(rows=outcome.rows_out)


def _file_name(gate: Gate, extract: Path, at: datetime) -> str:
    """Ours, or the one that a return's own header makes: the container names its file before it holds any of it."""
    if gate.route.policy.output_format == "csv":
        return f"{gate.name}.csv"
    outcome, _ = count(gate, extract, at)
    return outcome.file_name or f"{gate.name}.xml"


def draft_of(gate: Gate, transfer: TransferId, at: datetime, *, file_name: str) -> Draft:
    gateway, route = gate.gateway, gate.route
    created = at.replace(microsecond=0)
    return Draft(
        transfer=transfer,
        route=route.name,
        scope=route.page.scope,
        sequence=upcoming_sequence(gate, transfer),
        sender=gateway.sender,
        recipients=addressees(gateway, route.partner),
        created=created,
        release_by=min(created + route.page.release_within, next_london_midnight(created)),
        expires=created + EXPIRES,
        salt=gateway.random(SALT),
        file_name=file_name,
        agreement=route.policy.agreement.reference,
        basis=_bases(gate),
        retention=route.policy.retention,
        domain=gateway.domain,
        witness=_witness(gate),
        format=route.partner.format,
        version=route.partner.parcel_version,
    )


def _bases(gate: Gate) -> tuple[str, ...]:
    policy = gate.route.policy
    bases = (policy.floor.basis, policy.consented.basis if policy.consented else "", policy.special_basis)
    return tuple(basis for basis in bases if basis)


def _witness(gate: Gate) -> Witness:
    """Our log as it stands, and the proof that it extends what this partner has cosigned."""
    log, partner = gate.gateway.log, gate.route.partner.partner
    latest, since = log.latest(), log.last_cosigned(partner) or 0
    return Witness(note=latest.note, since=since, proof=tuple(log.consistency(since, latest.checkpoint.size)))


def empty_folder(gateway: Gateway, transfer: TransferId) -> Path:
    """For the parcel, whatever an earlier try left of it; a successor's stays, if this machine is overtaken here."""
    folder = gateway.workspace.sealing(transfer)
    durable.discard_folder(folder, gateway.check_turn)
    return durable.private_folder(folder)
