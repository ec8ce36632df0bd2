"""Joins a route, the register and the engine: one extract, judged at one moment.

The register is read as a snapshot, made when the register changed and kept by its version;
holds are read afresh each time, since a hold must count from the moment it is written.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from gateway.footing import durable
from gateway.footing.ledger import decisions, holds
from gateway.minimise.engine import Job, Outcome, Run, minimising
from gateway.minimise.snapshot import Snapshot, write_snapshot
from gateway.story.gate import Gate
from gateway.vocabulary.errors import StorageError

COUNTING_ROUNDS = 2


def count(gate: Gate, extract: Path, at: datetime) -> Outcome:
    """What would leave now, in numbers; nothing is written anywhere."""
    work = job(gate, extract, at, disclosures=None, count_only=True)
    for _ in range(COUNTING_ROUNDS):
        with minimising(work) as run:
            for _chunk in run.chunks():
                pass
            outcome = run.outcome()
        if not outcome.duplicates:
            return outcome
        work = replace(work, exclude=work.exclude | outcome.duplicates)
    return outcome


def job(gate: Gate, extract: Path, at: datetime, *, disclosures: Path | None, count_only: bool = False) -> Job:
    gateway = gate.gateway
    snapshot = register_snapshot(gate)
    with gateway.ledger.reading() as tx:
        live = tuple(holds.live(tx))
    return Job(
        extract=extract,
        schema=gate.route.schema,
        policy=gate.route.policy,
        at=at,
        register=snapshot.path if snapshot else None,
        holds=live,
        register_key=gateway.keys.secret("register"),
        reference_key=gateway.keys.secret(f"reference-{gate.route.partner.partner}"),
        disclosures=disclosures,
        exclude=frozenset(),
        count_only=count_only,
        memory_mb=gateway.limits.worker_memory_mb,
        threads=gateway.limits.worker_threads,
    )
