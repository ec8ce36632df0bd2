"""One run's order: what is asked for, and how it is spelled for a worker."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gateway.contract.policy import Policy
from gateway.contract.schema import Schema
from gateway.crypto.nesting import generations
from gateway.minimise.disclosures import meaning
from gateway.minimise.normalising import SPACES
from gateway.minimise.plan import Plan
from gateway.minimise.records import copied
from gateway.minimise.source import SLICE_BYTES
from gateway.minimise.subjects import Known
from gateway.minimise.verdicts import RELEASED_BELOW

_RELEASE = copied(f"SELECT line FROM judged WHERE verdict < {RELEASED_BELOW}", "/dev/fd/1")  # noqa: S608 - our own words only


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`holds` are (kind, pseudonym) of all holds in force; `links` are (pseudonym, subject), `nameless` the subjects known by name alone, `exclude` what an earlier run called duplicates.

    `extract` is a private copy that nobody can write to. `counted`: of the same bytes an earlier run of this day has found all who stand twice.
    `previous`: the disclosures of the route's last full parcel, to count who is gone. `register_key`: 32 bytes a generation.
    `references`: those that the partner was given before a key was rotated, and keeps.
    `count_only`: judged and counted, nothing put out or kept. `approved`: fields that may leave of children on hold too.
    """

    extract: Path
    schema: Schema
    policy: Policy
    at: datetime
    register: Path
    holds: tuple[tuple[str, bytes], ...]
    register_key: bytes
    reference_key: bytes
    disclosures: Path | None
    exclude: frozenset[bytes] = frozenset()
    links: tuple[tuple[bytes, bytes], ...] = ()
    nameless: tuple[bytes, ...] = ()
    counted: bool = False
    previous: Path | None = None
    references: Path | None = None
    count_only: bool = False
    approved: frozenset[str] = frozenset()
    memory_mb: int = 300
    threads: int = 2
    slice_bytes: int = SLICE_BYTES
    """How much of the extract is judged at once: more is faster and takes more memory."""

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset(kind for kind, _ in self.holds)

    xsd: bytes | None = None
    """What the extract's own document, written anew, must fit."""

    @property
    def rewrites(self) -> bool:
        """Whether what leaves is the extract's own document written anew, and not the engine's records."""
        return self.policy.output_format == "xml"

    @property
    def kept_back(self) -> frozenset[str]:
        """What leaves of nobody on hold, where holds are answered by field."""
        return frozenset(self.policy.holds.fields) - self.approved

    @property
    def ending(self) -> bool:
        """Whether disclosures say until when: where ages decide, birthdays end what was shared."""
        return self.disclosures is not None and self.policy.eligibility is not None

    @property
    def known(self) -> Known:
        return Known(
            linked=bool(self.links),
            by_name=bool(self.nameless),
            generations=generations(self.register_key),
            kept=self.references is not None,
        )

    @property
    def meaning(self) -> str:
        return meaning(self.policy, kept_back=self.kept_back, generation=generations(self.register_key))

    @property
    def tagging(self) -> bool:
        return bool(self.exclude) or not self.counted

    @property
    def by_consent(self) -> bool:
        return self.policy.kind == "consent"


def spelled(job: Job, plan: Plan) -> bytes:
    """One line of JSON: the worker needs nothing else, and none of the libraries that read configuration."""
    order = {
        "reading": job.schema.reading(),
        "headers": plan.headers,
        "delimiter": plan.delimiter,
        "ended": job.schema.last_row == "ended",
        "register": plan.register,
        "register_of_tiers": plan.register_of_tiers,
        "judge": plan.judge,
        "days": dict(plan.days),
        "release": None if job.count_only or job.rewrites else _RELEASE,
        "returning": _returning(job) if job.rewrites else None,
        "held": plan.held if job.rewrites else "",
        "xsd": job.xsd.hex() if job.xsd and job.rewrites else None,
        "count_only": job.count_only,
        "header_line": _record(plan.output),
        "places": plan.places,
        "by_consent": job.by_consent,
        "disclosures": None if job.disclosures is None else {"meaning": job.meaning},
        "links": [(pseudonym.hex(), subject.hex()) for pseudonym, subject in job.links],
        "nameless": [subject.hex() for subject in job.nameless],
        "pairing": plan.pairing,
        "unnumbered": plan.unnumbered,
        "tagging": plan.tagging,
        "ending": job.ending,
        "comparing": job.previous is not None,
        "hold_kinds": [SPACES.get(kind, kind) for kind, _ in job.holds],
        "hold_pseudonyms": [pseudonym.hex() for _, pseudonym in job.holds],
        "exclude": sorted(tag.hex() for tag in job.exclude),
        "register_key": job.register_key.hex(),
        "generations": generations(job.register_key),
        "keeping": job.references is not None,
        "reference_key": job.reference_key.hex(),
        "max_bytes": job.schema.max_bytes,
        "max_rows": job.schema.max_rows,
        "memory_mb": job.memory_mb,
        "threads": job.threads,
        "slice_bytes": job.slice_bytes,
    }
    return json.dumps(order).encode("ascii") + b"\n"


def _returning(job: Job) -> dict[str, Any] | None:
    output = job.policy.output
    kept_back = [column.header for column in output if column.field in job.kept_back]
    return job.schema.returning([column.header for column in output], kept_back=kept_back)


def _record(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
