"""What the story says must become of each child, against what the rules make of them: told twice, and the same."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from random import Random

import pytest

from gateway.contract.policy import Policy
from gateway.contract.schema import Column, Schema
from gateway.demo import tables
from gateway.demo.children import PURPOSE, population
from gateway.minimise.engine import Job, minimising
from gateway.minimise.identifiers import pseudonyms
from gateway.minimise.register_import import read_decisions
from gateway.minimise.snapshot import write_snapshot

KEY, REFERENCE_KEY = bytes(range(32)), bytes(range(32, 64))
SHAPES = {"upn": "upn", "uln": "uln", "date_of_birth": "date", "postcode": "postcode"}
NEEDED = ("upn", "forename", "surname", "date_of_birth")
FIELDS = (*NEEDED, "uln", "local_id", "address_line_1", "address_line_2", "town", "postcode", "email", "ethnicity")
SCHEMA = Schema(
    schema_name="story", version=1,
    columns=tuple(
        Column(header=name.title(), field=name, shape=SHAPES.get(name, "text"), required=name in NEEDED)
        for name in FIELDS
    ),
)  # fmt: skip
POLICY = Policy.model_validate(
    {
        "policy_name": "story", "version": 1, "kind": "consent", "purpose": PURPOSE, "retention": "none",
        "agreement": {"reference": "A", "review": "2099-01-01"}, "eligibility": {"from_age": 13, "until_age": 20},
        "floor": {"fields": ["local_id"], "basis": "x"}, "consented": {"fields": ["email"], "basis": "x"},
        "special": [{"field": "ethnicity", "condition": "x"}], "special_basis": "x",
        "output": [{"header": name, "field": name} for name in ("local_id", "email", "ethnicity")],
    }
)  # fmt: skip


def released(town, folder, at):
    """By local id, what has left of a child, in the story's words; and what was counted of those who stayed."""
    for name, content in (
        ("extract", tables.extract(town.children, SCHEMA)),
        ("register", tables.register(town.decisions)),
    ):
        (folder / name).write_bytes(content)
    decisions = sorted(read_decisions(folder / "register", key=KEY, recorded=at), key=lambda row: row.subject)
    write_snapshot(decisions, folder / "snapshot", day=town.today)
    holds = tuple(pair for held in town.held for pair in pseudonyms(held.known_by, key=KEY))
    job = Job(
        extract=folder / "extract", schema=SCHEMA, policy=POLICY, at=at, register=folder / "snapshot", holds=holds,
        register_key=KEY, reference_key=REFERENCE_KEY, disclosures=None,
    )  # fmt: skip
    output, outcome, excluded = _run(job)
    if excluded:
        output, outcome, _ = _run(job, exclude=excluded)
    rows = csv.DictReader(io.StringIO(output.decode("utf-8"), newline=""))
    return {row["local_id"]: _in_words(row) for row in rows}, outcome


def _run(job, exclude=frozenset()):
    with minimising(replace(job, exclude=exclude)) as run:
        output = b"".join(run.chunks())
        outcome = run.outcome()
    assert outcome.refusals == ()
    return output, outcome, outcome.duplicates


def _in_words(row):
    return "special" if row["ethnicity"] else "consented" if row["email"] else "floor"


@pytest.mark.parametrize(
    ("seed", "today"), [(1, date(2026, 11, 24)), (2, date(2027, 2, 28)), (3, date(2027, 3, 1)), (4, date(2028, 2, 29))]
)
def test_what_the_story_says_becomes_of_a_child_is_what_the_rules_make_of_it(tmp_path, seed, today):
    town = population(Random(seed), today=today, rows=1500)
    leaving, outcome = released(town, tmp_path, datetime(today.year, today.month, today.day, 12, tzinfo=UTC))
    told = {child.fields["local_id"]: (child.situation, child.outcome) for child in town.children}
    made = {local_id: (told[local_id][0], leaving.get(local_id, "stays")) for local_id in told}
    stays = ("withheld", "outside-ages", "rejected", "duplicate")
    assert made == {
        local_id: (situation, "stays" if outcome in stays else outcome)
        for local_id, (situation, outcome) in told.items()
    }
    counted = [child.outcome for child in town.children]
    assert sum(outcome.rejected.values()) == counted.count("rejected")
    assert outcome.withheld["age"] == counted.count("outside-ages")
    assert outcome.withheld["duplicate"] == counted.count("duplicate")
    assert outcome.withheld["hold"] + outcome.withheld["objection"] == counted.count("withheld")
