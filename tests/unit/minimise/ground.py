"""A small consent route, invented children, and a way to judge them in a real worker."""

import atexit
import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from gateway.contract.policy import Agreement, Eligibility, OutputColumn, Policy, SpecialField, Tier
from gateway.contract.schema import Column, Schema
from gateway.minimise.consent import TIERS
from gateway.minimise.engine import Job, Outcome, Workers, minimising
from gateway.minimise.identifiers import pseudonyms, subject
from gateway.minimise.pupil_numbers import UPN_LETTERS
from gateway.minimise.snapshot import write_snapshot
from gateway.vocabulary.moment import london_day

SHARED = Workers()
"""One fork server for all that is judged by a process of tests, as in one run of prepare."""
atexit.register(SHARED.close)
AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TODAY = date(2026, 11, 24)
REGISTER_KEY, REFERENCE_KEY = bytes(range(32)), bytes(range(32, 64))
SHAPES = {"upn": "upn", "former_upn": "upn", "uln": "uln", "date_of_birth": "date", "postcode": "postcode"}
FIELDS = (
    "upn", "former_upn", "uln", "local_id", "forename", "surname", "preferred_forename", "preferred_surname",
    "date_of_birth", "address_line_1", "address_line_2", "postcode", "uprn", "phone", "sen_provision", "notes",
)  # fmt: skip
REQUIRED = frozenset({"upn", "forename", "surname", "date_of_birth"})
SCHEMA = Schema(
    schema_name="small",
    version=1,
    columns=tuple(
        Column(header=field.upper(), field=field, shape=SHAPES.get(field, "text"), required=field in REQUIRED)
        for field in FIELDS
    ),
)
FLOOR = ("forename", "surname", "date_of_birth", "address_line_1", "address_line_2", "postcode")
OUTPUT = ("reference", *FLOOR, "phone", "sen_provision")
POLICY = Policy(
    policy_name="small",
    version=1,
    kind="consent",
    purpose="youth-support",
    agreement=Agreement(reference="DSA-1", review=date(2027, 10, 31)),
    retention="delete at 20",
    eligibility=Eligibility(from_age=13, until_age=20),
    floor=Tier(fields=FLOOR, basis="section 72"),
    consented=Tier(fields=("phone",), basis="consent"),
    special=(SpecialField(field="sen_provision", condition="Article 9(2)(a)"),),
    output=tuple(OutputColumn(header=field, field=field) for field in OUTPUT),
)
STATUTORY = Policy(
    policy_name="return",
    version=1,
    kind="statutory",
    purpose="census",
    agreement=POLICY.agreement,
    retention="delete when accepted",
    floor=Tier(fields=("upn", "former_upn", *FLOOR, "sen_provision"), basis="section 537A"),
    output=tuple(OutputColumn(header=field, field=field) for field in ("upn", *FLOOR, "sen_provision")),
)
WHOLE = SCHEMA.model_copy(update={"bad_rows": "refuse", "duplicates": "refuse"})


@dataclass(frozen=True, kw_only=True)
class Said:
    """One decision about one child, as the register has it."""

    subject: bytes
    decided_by: str
    decision: str
    tiers: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    given: date = date(2026, 6, 1)
    expires: date | None = None


def upn(number: int, *, temporary: bool = False) -> str:
    body = f"{99040000000 + number:011}" + ("B" if temporary else "7")
    total = sum(
        (int(place) if place.isdigit() else UPN_LETTERS.index(place)) * weight
        for weight, place in enumerate(body, start=2)
    )
    return UPN_LETTERS[total % 23] + body


def a_child(number: int = 1, **cells: str) -> dict[str, str]:
    """Fourteen years old, complete, like nobody else's child of another number."""
    return {
        "upn": upn(number),
        "forename": f"Fore{'abcdefghij'[number % 10]}{'abcdefghij'[number // 10 % 10]}",
        "surname": "Testmann",
        "date_of_birth": "2012-03-04",
        "address_line_1": f"{number} High Road",
        "postcode": "E17 4PP",
        "phone": f"020 7946 0{number:03}",
        "sen_provision": "K",
        "notes": "never to leave",
    } | cells


def says(child: Mapping[str, str], decided_by: str, decision: str, *named: str, **rest: date) -> Said:
    """`named`: tiers, and single fields."""
    tiers = TIERS.intersection(named)
    return Said(
        subject=subject(child["upn"], key=REGISTER_KEY), decided_by=decided_by, decision=decision, tiers=tiers,
        fields=frozenset(named) - tiers, **rest,
    )  # fmt: skip


def as_csv(children: Iterable[Mapping[str, str]], schema: Schema = SCHEMA) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=schema.delimiter, lineterminator="\n")
    writer.writerow(column.header for column in schema.columns)
    writer.writerows([child.get(column.field, "") for column in schema.columns] for child in children)
    return text.getvalue().encode()


@dataclass(frozen=True, kw_only=True)
class Judged:
    output: bytes
    outcome: Outcome

    @property
    def rows(self) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(self.output.decode(), newline="")))

    def row_of(self, child: Mapping[str, str]) -> dict[str, str]:
        (row,) = (row for row in self.rows if row["forename"] == child["forename"])
        return row


def a_job(
    folder: Path,
    extract: bytes,
    *,
    decisions: Sequence[Said] = (),
    holds: Sequence[Mapping[str, str]] = (),
    at: datetime = AT,
    **rest: object,
) -> Job:
    register = folder / "register.parquet"
    register.unlink(missing_ok=True)
    ordered = sorted(decisions, key=lambda said: said.subject)
    write_snapshot(ordered, register, day=london_day(at))
    (folder / "extract").write_bytes(extract)
    live = sorted({pair for child in holds for pair in pseudonyms(child, key=REGISTER_KEY)})
    job = Job(
        extract=folder / "extract", schema=SCHEMA, policy=POLICY, at=at, register=register, holds=tuple(live),
        register_key=REGISTER_KEY, reference_key=REFERENCE_KEY, disclosures=folder / "disclosures.parquet",
    )  # fmt: skip
    return replace(job, **rest)


def carried_out(job: Job, workers: Workers | None = SHARED) -> Judged:
    """`workers`: None for a fork server of its own."""
    with minimising(job, workers) as run:
        output = b"".join(run.chunks())
        return Judged(output=output, outcome=run.outcome())


def judged(folder: Path, children: Iterable[Mapping[str, str]], **rest: object) -> Judged:
    """As prepare does it: once more with the duplicates excluded, if there are any."""
    job = a_job(folder, as_csv(children), **rest)
    first = carried_out(job)
    return carried_out(replace(job, exclude=first.outcome.duplicates)) if first.outcome.duplicates else first


MANY = as_csv(a_child(n, upn=upn(n), forename=f"{n:b}".translate({48: "a", 49: "b"})) for n in range(60_000))
"""Enough for several pieces, and for a worker to be met at its work."""
