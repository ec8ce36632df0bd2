"""What an extract would release if it left now: counted by the same engine and rules, and nothing released.

A private copy is read and thrown away; there is no transfer, no statement and no receipt of
one. What the extract tells of pseudonyms that are one child holds for its preview alone. Who asks
for the counts rule by rule, or about one child, is receipted before the answer,
since both tell what staff are not told (DESIGN §3.7).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from gateway.approval.rules import Reason
from gateway.approval.statement import Ceilings, since
from gateway.footing import durable
from gateway.footing.ledger import transfers
from gateway.footing.ledger.subjects import Link, one_child
from gateway.minimise.disclosed import Disclosed, DisclosedFile, disclosed
from gateway.minimise.engine import Job, Outcome
from gateway.story.brake import brake
from gateway.story.disclosed import record_look, subjects_of
from gateway.story.gate import Gate
from gateway.story.minimising import counted, job, reasons_against
from gateway.story.register.agreeing import Signing
from gateway.story.register.showing import Shown, standing_of
from gateway.story.resending import is_resent
from gateway.story.stating import NEVER_LEFT
from gateway.story.subjects import foretold
from gateway.vocabulary.digest import Digest
from gateway.vocabulary.moment import london_day
from gateway.vocabulary.transfer import Stage, TransferId

EXTRACT, JUDGED = "extract", "judged.parquet"
Copied = Callable[[Path, int], Digest]
"""Puts a private copy of the extract at a path, if it has no more than so many bytes; ExtractInvalid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """`reasons`: why it would be refused. `beyond`: the limits that would want a second approver."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    beyond: tuple[str, ...]
    since_last: str

    @property
    def ceilings(self) -> Ceilings:
        """As the statement would have them."""
        outcome = self.outcome
        return Ceilings.over(rows=outcome.rows_in, children=outcome.rows_out, fields=outcome.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What would become of one child. `row` is None if no row in the route's scope is about it."""

    reasons: tuple[Reason, ...]
    """Why nothing of the file would leave, whoever it is about."""
    row: Disclosed | None
    consent: tuple[Shown, ...]
    """What is on record for the route's purpose, of each UPN that was given."""


def preview(gate: Gate, file: Copied, at: datetime) -> Preview:
    """For staff and approvers: nothing in it tells rules apart.

    Raises:
        ExtractInvalid: it is no plain file, or larger than the schema allows.
    """
    with _copied(gate, file, at) as (digest, copy):
        outcome, _ = _foretold(gate, job(gate, copy, at, disclosures=None, count_only=True)[0])
    held = brake(gate)
    last = held.last
    return Preview(
        outcome=outcome,
        reasons=(*_handed_over(gate, digest), *reasons_against(outcome)),
        beyond=held.beyond(outcome),
        since_last=since(outcome.rows_in - last.rows, outcome.rows_out - last.released) if last else "first",
    )


def preview_by_rule(gate: Gate, file: Copied, at: datetime, *, uid: int) -> Preview:
    """The data protection officer's: its counts may be told rule by rule."""
    record_look(gate.gateway, "preview-by-rule", uid=uid, route=gate.name)
    return preview(gate, file, at)


def explain(
    gate: Gate, file: Copied, at: datetime, child: Mapping[str, str], *, uid: int, reviewer: Signing | None = None
) -> Explained:
    """One child of the file, judged together with all others, since some rules are about two rows.

    Raises:
        RegisterInvalid: no UPN is given.
        SignerRejected: the reviewer's key is not one.
        ExtractInvalid: as in `preview`.
    """
    subjects = subjects_of(gate.gateway, child)
    record_look(gate.gateway, "preview-of-child", uid=uid, matches=len(subjects), reviewer=reviewer, route=gate.name)
    with _copied(gate, file, at) as (digest, copy):
        work, _ = job(gate, copy, at, disclosures=copy.with_name(JUDGED), count_only=True)
        outcome, links = _foretold(gate, work)
        subjects = one_child(links, subjects)
        rows = [] if reasons_against(outcome) else _rows(work, outcome, subjects)
    reasons = (*_handed_over(gate, digest), *reasons_against(outcome))
    return Explained(reasons=reasons, row=rows[0] if rows else None, consent=_consent(gate, subjects, at))


@contextmanager
def _copied(gate: Gate, file: Copied, at: datetime) -> Iterator[tuple[Digest, Path]]:
    gateway = gate.gateway
    scratch = durable.private_folder(gateway.workspace.stating(TransferId.new(at, gateway.random)))
    try:
        copy = scratch / EXTRACT
        yield file(copy, gate.route.schema.max_bytes), copy
    finally:
        durable.discard_folder(scratch)


def _foretold(gate: Gate, work: Job) -> tuple[Outcome, tuple[Link, ...]]:
    """As `count_and_learn` counts, with the links that it would have made."""
    while True:
        outcome = counted(work, gate.gateway.judging)
        links = foretold(gate.gateway, outcome.pairs, work.links)
        if not links and outcome.duplicates <= work.exclude:
            return outcome, work.links
        work = replace(work, links=links or work.links, exclude=work.exclude | outcome.duplicates)


def _rows(work: Job, outcome: Outcome, subjects: frozenset[bytes]) -> list[Disclosed]:
    if work.disclosures is None:
        return []
    file = DisclosedFile(
        transfer="this preview", path=work.disclosures, meta=outcome.disclosures_meta, key=work.register_key
    )
    return disclosed([file], subjects)


def _handed_over(gate: Gate, extract: Digest) -> Iterator[Reason]:
    """The same bytes on the same route; those that still wait for signatures may be this very file."""
    gateway = gate.gateway
    with gateway.ledger.reading() as tx:
        digests = gateway.keyed_by_each(extract)
        same = [row for digest in digests for row in transfers.of_extract(tx, gate.name, digest)]
    for row in reversed(same):
        stage = gateway.log.stage(row.id)
        if stage is not None and stage not in NEVER_LEFT | {Stage.WAITING} and not is_resent(gate, row.id):
            sentence = f"this very file was handed over before: it is transfer {row.id}, now {stage}"
            yield Reason("handed-over-before", sentence)
            return


def _consent(gate: Gate, subjects: frozenset[bytes], at: datetime) -> tuple[Shown, ...]:
    if gate.route.policy.kind != "consent":
        return ()
    found = standing_of(gate.gateway, subjects, london_day(at))
    return tuple(one for one in found if one.purpose == gate.route.policy.purpose)
