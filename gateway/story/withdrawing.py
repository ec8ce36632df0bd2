"""Takes back what partners hold: prepares a removal for each of them, without a second approver.

    withdraw    one child, from every partner (or one route's) that was given anything about them
    take_back_everybody   whom one transfer released (`recalling`)
    take_back   by itself, when decisions are recorded: of what the partner may hold (`given`), what they leave
                closed; the whole child after an objection. Many at once are left to the next full parcel
    take_back_held   by itself, when a hold is added: the whole child, where consent decides; a return
                that was sent stays sent

What decisions and holds ask for is reckoned from the ledger, by the verb or by a round (`removals_due`).

Taking back can do no harm that waiting for another person would not make worse. A removal
names references and what to remove, and never why; the partner answers for it like for any
parcel. Whether something was given is told by disclosures alone: that a partner was told to
remove a child before changes nothing, since removing twice is removing.

Crash point. (W1) the list is written, the receipt is not: the folder belongs to no transfer,
and goes with what else is old among the arrivals. Nothing was promised yet.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Protocol

from gateway.contract.policy import Policy
from gateway.footing import durable
from gateway.footing.ledger import transfers
from gateway.footing.ledger.store import Transaction
from gateway.footing.ledger.subjects import Aliases, links, same_child
from gateway.footing.ledger.transfers import TransferRow
from gateway.minimise.consent import CLOSING, NEUTRAL, NONE, Opened, Standing
from gateway.minimise.disclosed import disclosed, everybody, released_to
from gateway.minimise.identifiers import reference
from gateway.minimise.openings import fields_of, optional_fields
from gateway.minimise.references import read_references
from gateway.receipts.receipt import Receipt
from gateway.story.disclosed import OF_SUBJECTS, Reach, reach_of, subjects_of
from gateway.story.disclosure_files import proved_file, proved_files
from gateway.story.gate import Gate, Gateway
from gateway.story.given import Given, may_be_held
from gateway.story.reaching import Unreached, beyond_reach
from gateway.story.register.showing import standing_of
from gateway.story.sequence import ON_ITS_WAY
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.transfer import Stage, TransferId

LIST = "removal"
HEADER = b"Reference,Remove\n"
WHOLE = "whole"
SCOPE = "removal"
FEW = 5
"""So many at once are never too many."""
Stays = frozenset[str] | None
"""The fields beside the floor that a partner may go on holding; None: the whole child is to go."""
Settle = Callable[[Transaction], object]
"""Part of the commit that records a removal; whatever it raises, the removal is none."""
Asked = Callable[[bytes, frozenset[str]], Stays]
"""What stays of a child, of whom these fields beside the floor were given."""


class Decided(Protocol):
    """A line of the register, as it was recorded."""

    @property
    def subject(self) -> bytes: ...
    @property
    def purpose(self) -> str: ...
    @property
    def decision(self) -> str: ...
    @property
    def tiers(self) -> frozenset[str]: ...
    @property
    def fields(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One removal that leaves at the next round."""

    transfer: TransferId
    route: str
    partner: str
    children: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """Who was given something about the child: told of it by a removal, or out of reach."""

    prepared: tuple[Prepared, ...]
    unreached: tuple[Unreached, ...]


def withdraw(
    gateway: Gateway,
    gates: Mapping[str, Gate],
    child: Mapping[str, str],
    *,
    consented_only: bool,
    uid: int,
    only: str | None = None,
) -> Withdrawn:
    """A removal for each partner who was given anything about the child. `only`: by this route.

    Raises:
        RegisterInvalid: nothing that was given identifies a child.
        StorageError, LogBroken: the disclosures cannot be read, or are not those that were receipted.
    """
    subjects = subjects_of(gateway, child)
    gateway.log.append(Receipt(kind="look-up", at=gateway.clock(), facts=Facts(uid=uid, kind="withdrawal")))
    given: dict[tuple[str, str], set[bytes]] = {}
    for row in disclosed(proved_files(gateway), subjects):
        known = gateway.log.transfer(TransferId(row.transfer))
        if row.released and only in (None, known.route) and _may_have(gateway, known.id):
            given.setdefault((known.route, known.partner), set()).add(row.subject)
    prepared, unreached = [], []
    for (name, partner), known_by in sorted(given.items()):
        gate = gates.get(name)
        why = beyond_reach(gate, partner)
        if gate is None or why:
            unreached.append(Unreached(route=name, partner=partner, why=why))
        elif not consented_only or optional_fields(gate.route.policy):
            what = _fields(gate.route.policy) if consented_only else WHOLE
            prepared.append(_prepare(gate, dict.fromkeys(known_by, what), uid=uid))
    return Withdrawn(prepared=tuple(prepared), unreached=tuple(unreached))


def _may_have(gateway: Gateway, transfer: TransferId) -> bool:
    """Or will have: nothing stops a parcel on its way on account of this, and the removal goes behind it."""
    return gateway.log.stage(transfer) in ON_ITS_WAY or reach_of(gateway, transfer) is not Reach.NOT


def take_back_everybody(gate: Gate, transfer: TransferId, *, uid: int, settle: Settle = bool) -> Prepared:
    """Whom this transfer released, from the partner that was given them.

    Raises:
        StorageError, LogBroken: its disclosures have expired, or are not those that were receipted.
    """
    subjects = everybody(proved_file(gate.gateway, transfer))
    return _prepare(gate, dict.fromkeys(subjects, WHOLE), uid=uid, supersedes=transfer, settle=settle)


def asked_to_remove(gateway: Gateway, transfer: TransferId) -> list[str]:
    """A removal's lines, reference and what is to go, for a person who tells the partner; empty once its list is gone."""
    path = gateway.workspace.arrival(transfer) / LIST
    lines = path.read_text("ascii").splitlines()[1:] if path.exists() else []
    return [line.replace(",", "  ") for line in lines]


def is_removal(gateway: Gateway, transfer: TransferId) -> bool:
    with gateway.ledger.reading() as tx:
        row = transfers.get(tx, transfer)
    return row is not None and row.scope == SCOPE


def take_back(gate: Gate, decided: Iterable[Decided], *, uid: int, settle: Settle = bool) -> Prepared | None:
    """A removal for the route's partner of what these decisions leave closed, where it was given that.

    Raises:
        StorageError, LogBroken: the disclosures cannot be read, or are not those that were receipted.
    """
    said: dict[bytes, list[Decided]] = {}
    for one in decided:
        if one.purpose == gate.route.policy.purpose and one.decision not in NEUTRAL:
            said.setdefault(one.subject, []).append(one)
    return _take_back(gate, said, _after(gate, said), uid=uid, settle=settle)


def take_back_held(
    gate: Gate, identifiers: Iterable[tuple[str, bytes]], *, uid: int, settle: Settle = bool
) -> Prepared | None:
    """Found by UPN, former UPN, or the name of a child without one: partners' parcels are remembered by no other.

    Raises:
        StorageError, LogBroken: as above.
    """
    if gate.route.policy.kind != "consent":
        return None
    with gate.gateway.ledger.reading() as tx:
        subjects = same_child(tx, frozenset(pseudonym for kind, pseudonym in identifiers if kind in OF_SUBJECTS))
    return _take_back(gate, subjects, lambda _subject, _given: None, uid=uid, settle=settle)


def still_open(gate: Gate, subject: bytes, day: date) -> Stays:
    """What the register opens of a child on this route, at some age: it knows no date of birth."""
    policy = gate.route.policy
    found = standing_of(gate.gateway, frozenset({subject}), day)
    now = next((shown.standing for shown in found if shown.purpose == policy.purpose), Standing())
    return None if now.objected else fields_of(now.minor, policy) | fields_of(now.own, policy)


def _after(gate: Gate, said: Mapping[bytes, Sequence[Decided]]) -> Asked:
    """What decisions leave open. The register is asked only where they open less than was given: they may be very many."""

    @lru_cache(256)
    def opens(tiers: frozenset[str], fields: frozenset[str]) -> frozenset[str]:
        return fields_of(Opened(tiers=tiers, fields=fields), gate.route.policy)

    def asked(subject: bytes, given: frozenset[str]) -> Stays:
        decided = {one.decision for one in said[subject]}
        if decided <= CLOSING:
            return None if "object" in decided else NONE
        if all(given <= opens(one.tiers, one.fields) for one in said[subject]):
            return given
        return still_open(gate, subject, london_day(gate.gateway.clock()))

    return asked


def _take_back(gate: Gate, subjects: Collection[bytes], asked: Asked, *, uid: int, settle: Settle) -> Prepared | None:
    return prepare_few(gate, may_be_held(gate), subjects, asked, uid=uid, settle=settle) if subjects else None


def prepare_few(
    gate: Gate, held: Sequence[Given], subjects: Iterable[bytes], asked: Asked, *, uid: int, settle: Settle = bool
) -> Prepared | None:
    """Of what these parcels gave; nothing, if they are so many that a person should look first."""
    most = max((one.released for one in held), default=0)
    many = max(FEW, gate.route.policy.limits.removals_percent * most // 100)
    known_by, removals = _known_by(gate.gateway, subjects), dict[bytes, str]()
    for one in held:
        # not one more is looked for than tells that they are too many
        for subject, what in islice(_removals(gate, one.transfer, known_by, asked), many + 1):
            removals[subject] = _together(removals.get(subject, what), what)
    return _prepare(gate, removals, uid=uid, settle=settle) if removals and len(removals) <= many else None


def _together(one: str, other: str) -> str:
    return WHOLE if WHOLE in (one, other) else " ".join(dict.fromkeys(f"{one} {other}".split()))


def _removals(
    gate: Gate, transfer: TransferId, known_by: Mapping[bytes, Collection[bytes]], asked: Asked
) -> Iterator[tuple[bytes, str]]:
    """Of whom something is to go, and what."""
    policy = gate.route.policy
    optional = frozenset(optional_fields(policy))
    for subject, fields in released_to(proved_file(gate.gateway, transfer), sorted(known_by)).items():
        given = staying = optional.intersection(fields)
        for stays in [asked(one, given) for one in sorted(known_by[subject])]:
            if stays is None:
                yield subject, WHOLE
                break
            staying &= stays
        else:
            if staying != given:
                yield subject, _fields(policy, but=staying)


def _known_by(gateway: Gateway, subjects: Iterable[bytes]) -> dict[bytes, set[bytes]]:
    """All by which the children may be known, each with the subjects that were asked for: a parcel may be older than a link."""
    with gateway.ledger.reading() as tx:
        aliases = Aliases(links(tx))
    known_by: dict[bytes, set[bytes]] = {}
    for subject in subjects:
        for one in aliases.of(subject):
            known_by.setdefault(one, set()).add(subject)
    return known_by


def listed(path: Path) -> tuple[bytes, int]:
    """The list as it was written, and how many children stand in it."""
    data = path.read_bytes()
    return data, data.count(b"\n") - 1


def _fields(policy: Policy, *, but: frozenset[str] = NONE) -> str:
    """The output's headers of everything that only consent releases, but for these fields."""
    staying = {"reference", *policy.floor.fields, *but}
    headers = [column.header for column in policy.output if column.field not in staying]
    if not headers or any(" " in header for header in headers):
        raise UsageError(
            "this route's partner cannot be told to remove single columns", remedy="withdraw the whole child"
        )
    return " ".join(headers)


def _prepare(
    gate: Gate,
    removals: Mapping[bytes, str],
    *,
    uid: int,
    supersedes: TransferId | None = None,
    settle: Settle = bool,
) -> Prepared:
    """`removals`: by subject, what is to go."""
    gateway, at = gate.gateway, gate.gateway.clock()
    partner = gate.route.partner.partner
    transfer = TransferId.new(at, gateway.random)
    data = HEADER + b"".join(_lines(gate, removals))
    durable.write_new(durable.private_folder(gateway.workspace.arrival(transfer)) / LIST, data)  # (W1)
    row = TransferRow(
        id=transfer, route=gate.name, partner=partner, scope=SCOPE, extract_digest=gateway.keyed(Digest.of(data)),
        statement_digest=None, created=at,
    )  # fmt: skip
    kind = WHOLE if WHOLE in removals.values() else "fields"
    facts = Facts(partner=partner, count=len(removals), uid=uid, kind=kind)
    facts = facts | Facts(supersedes=supersedes) if supersedes else facts
    with gateway.ledger.writing() as tx:
        settle(tx)
        transfers.insert_transfer(tx, row)
        gateway.log.append_in(
            tx, Receipt.of_stage(Stage.WITHDRAWN, transfer=transfer, route=gate.name, at=at, facts=facts)
        )
    return Prepared(transfer=transfer, route=gate.name, partner=partner, children=len(removals))


def _lines(gate: Gate, removals: Mapping[bytes, str]) -> Iterator[bytes]:
    """Each by the reference that the partner has: from before a key was rotated, or under the key in force."""
    partner = gate.route.partner.partner
    key, path = gate.gateway.reference_key(partner), gate.gateway.kept_references(partner)
    kept = read_references(path) if path else {}
    for subject in sorted(removals):
        yield f"{kept.get(subject) or reference(subject, key=key)},{removals[subject]}\n".encode()
