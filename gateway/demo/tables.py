"""Children and decisions as the files a council has: comma-separated, UTF-8, one header.

Which columns an extract has, in which order and under which headers, its schema says; a field the
children do not have is an empty cell.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import fields

from gateway.contract.schema import Schema
from gateway.demo.person import Child
from gateway.demo.states import Decision

REGISTER_HEADER = tuple(column.name for column in fields(Decision))
"""upn, purpose, decided_by, decision, tiers, given, expires, notice, evidence."""


def extract(children: Iterable[Child], schema: Schema) -> bytes:
    """One row a child, in this order."""
    rows = ([child.fields.get(column.field, "") for column in schema.columns] for child in children)
    return _table([column.header for column in schema.columns], rows, schema.delimiter)


def register(decisions: Iterable[Decision]) -> bytes:
    """One row a decision; tiers separated by `;`, days as 2026-11-24."""
    return _table(REGISTER_HEADER, (_decision(decision) for decision in decisions))


def _decision(decision: Decision) -> list[str]:
    return [
        decision.upn, decision.purpose, decision.decided_by, decision.decision, ";".join(decision.tiers),
        decision.given.isoformat(), decision.expires.isoformat() if decision.expires else "", decision.notice,
        decision.evidence,
    ]  # fmt: skip


def _table(header: Sequence[str], rows: Iterable[Sequence[str]], delimiter: str = ",") -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")
