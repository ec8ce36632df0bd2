"""Joins a route, the register and the engine: one extract, judged at one moment.

The register is read as a snapshot, made when the register has changed or the London day has,
and kept by both; holds are read afresh each time, so that a hold counts from the moment it
is written. A hold on one of a child's pseudonyms holds the child: links say which others are the same.

A child who stands in the file twice is known only when the file has been read to its end:
then the file is judged again with all rows of those children withheld.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from gateway.approval.rules import Reason
from gateway.footing import durable
from gateway.footing.ledger import decisions, holds, subjects
from gateway.footing.ledger.store import Transaction
from gateway.footing.ledger.subjects import Link
from gateway.minimise.engine import Job, Outcome
from gateway.minimise.holding import SUBJECT
from gateway.minimise.judging import Judging
from gateway.minimise.snapshot import write_snapshot
from gateway.story.brake import disclosed_by, last_full
from gateway.story.collection_xsd import collection_xsd
from gateway.story.gate import Gate, Gateway
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.moment import london_day


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """What a release was judged by besides the route: a later register or hold overtakes it."""

    register: Digest
    """Of the decisions, and of the links that say whose they are."""
    holds: Digest
    version: int
    """Of the register and the holds, as the ledger counts their changes."""


def count(gate: Gate, extract: Path, at: datetime) -> tuple[Outcome, frozenset[bytes]]:
    """What would leave now, in numbers, and who stands twice in it; nothing is written anywhere."""
    outcome = count_once(gate, extract, at)
    if not outcome.duplicates:
        return outcome, frozenset()
    return count_once(gate, extract, at, exclude=outcome.duplicates), outcome.duplicates


def count_once(gate: Gate, extract: Path, at: datetime, *, exclude: frozenset[bytes] = frozenset()) -> Outcome:
    """In one reading; `exclude`: who stands twice in it, as an earlier one has found."""
    work, _ = job(gate, extract, at, disclosures=None, count_only=True)
    return counted(replace(work, exclude=exclude), gate.gateway.judging)


def counted(work: Job, judging: Judging) -> Outcome:
    """Of a job that puts nothing out."""
    with judging.run(work) as run:
        for _chunk in run.chunks():
            pass
        return run.outcome()


def reasons_against(outcome: Outcome) -> tuple[Reason, ...]:
    """Why this extract as a whole may not leave; none means that it may."""
    if outcome.refusals:
        return tuple(Reason(refusal.reason, refusal.sentence) for refusal in outcome.refusals)
    if not outcome.rows_out:
        return (Reason("nothing-to-release", "not one row of the file may be released on this route"),)
    return ()


def job(
    gate: Gate, extract: Path, at: datetime, *, disclosures: Path | None, count_only: bool = False
) -> tuple[Job, InForce]:
    gateway, partner = gate.gateway, gate.route.partner.partner
    path, in_force, live = rules_in_force(gate, at)
    with gateway.ledger.reading() as tx:
        links, nameless = subjects.links(tx), subjects.nameless(tx)
    work = Job(
        extract=extract,
        schema=gate.route.schema,
        policy=gate.route.policy,
        at=at,
        register=path,
        holds=live,
        links=links,
        nameless=nameless,
        register_key=gateway.register_key,
        reference_key=gateway.reference_key(partner),
        references=gateway.kept_references(partner),
        disclosures=disclosures,
        xsd=collection_xsd(gateway.workspace, gate.route.schema),
        previous=disclosed_by(gate, last_full(gate)),
        count_only=count_only,
        memory_mb=gateway.limits.worker_memory_mb,
        threads=gateway.limits.worker_threads,
    )
    return work, in_force


def rules_in_force(gate: Gate, at: datetime) -> tuple[Path, InForce, tuple[tuple[str, bytes], ...]]:
    """The register's snapshot, what it and the holds are, and the holds themselves: of one moment."""
    with gate.gateway.ledger.reading() as tx:
        path, register = _snapshot(gate.gateway, tx, gate.route.policy.purpose, london_day(at))
        live, links, version = _live(tx), subjects.links(tx), decisions.version(tx)
    return path, InForce(register=_linked(register, links), holds=_digest(live), version=version), live


def still_in_force(tx: Transaction, in_force: InForce) -> bool:
    """Whether nobody has recorded a decision or a hold since, nor a link between pseudonyms."""
    return decisions.version(tx) == in_force.version


def holds_in_force(gateway: Gateway) -> Digest:
    with gateway.ledger.reading() as tx:
        return _digest(_live(tx))


def _live(tx: Transaction) -> tuple[tuple[str, bytes], ...]:
    """What holds in force know children by, and the subjects that those lead to: extracts need not tell a former UPN again."""
    live, leads = holds.live_identifiers(tx), dict(subjects.links(tx))
    several = {*leads, *leads.values()}
    held = {leads.get(pseudonym, pseudonym) for _, pseudonym in live if pseudonym in several}
    return (*live, *((SUBJECT, subject) for subject in sorted(held)))


def _linked(register: Digest, links: Iterable[Link]) -> Digest:
    """A link that is learned overtakes what was sealed without it, as a decision does."""
    told = b"".join(pseudonym + subject for pseudonym, subject in links)
    return Digest.of(register.raw + told) if told else register


def _digest(live: Iterable[tuple[str, bytes]]) -> Digest:
    return Digest.of(b"".join(kind.encode() + b"\0" + pseudonym for kind, pseudonym in live))


def _snapshot(gateway: Gateway, tx: Transaction, purpose: str, day: date) -> tuple[Path, Digest]:
    """The snapshot of this version of the register on this day, written if it is not there yet.

    Each file appears whole, and always with the same bytes: of two who write it at once the second finds it there.
    """
    version = decisions.version(tx)
    path = gateway.workspace.register_snapshot(f"{purpose}-{version}-{day}.parquet")
    note = path.with_suffix(".sha256")
    if not note.exists():
        with _unless_there(path):
            write_snapshot(decisions.judged(tx, purpose), path, day=day)
        with _unless_there(note), path.open("rb") as snapshot:
            durable.write_new(note, f"{Digest.of_stream(snapshot)}\n".encode("ascii"))
        _forget_older(path, purpose, version)
    try:
        return path, Digest.parse(note.read_text("ascii").strip())
    except FileNotFoundError as error:
        raise StorageError("the register was changed meanwhile", remedy="it is done again") from error


@contextmanager
def _unless_there(path: Path) -> Iterator[None]:
    try:
        yield
    except StorageError:
        if not path.exists():
            raise


def _forget_older(path: Path, purpose: str, version: int) -> None:
    """Not what somebody else has written since, for a later version."""
    ours = re.compile(re.escape(purpose) + r"-(\d+)-\d{4}-\d\d-\d\d\.(parquet|sha256)")
    for other in path.parent.iterdir():
        found = ours.fullmatch(other.name)
        if found and other.stem != path.stem and int(found[1]) <= version:
            durable.remove(other)
