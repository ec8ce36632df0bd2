"""Decisions from a CSV, as a council's records team writes them: every row right, or none is taken.

    upn,purpose,decided_by,decision,tiers,given,expires,notice,evidence
    upn,purpose,decided_by,decision,tiers,fields,given,expires,withdrawn,notice,evidence
    upn,forename,surname,date_of_birth,purpose,decided_by,decision,tiers,fields,given,expires,withdrawn,notice,evidence

A row of the last kind names a child by UPN, or without one by name with date of birth. `tiers` and
`fields` are separated by `;`. A consent names its tiers, or single fields by their standard names,
and its evidence; so does the lifting of an objection its evidence, since a
refusal or objection ends only by an evidenced decision. A consent with a day `withdrawn` is
two decisions: the consent, and its withdrawal by the same decider.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple, get_args

from gateway.contract.fields import FieldName
from gateway.footing.ledger.decisions import DecisionRow
from gateway.minimise.consent import DECISIONS, NONE, OPENING, TIERS
from gateway.minimise.register_file import AS_CSV, RegisterFile, invalid, opened
from gateway.minimise.register_subject import NAME, is_by_name, known_by_name, subject_of_row
from gateway.vocabulary.errors import RegisterInvalid
from gateway.vocabulary.moment import london_day

HEADER = ("upn", "purpose", "decided_by", "decision", "tiers", "given", "expires", "notice", "evidence")
FULL_HEADER = (
    "upn", "purpose", "decided_by", "decision", "tiers", "fields", "given", "expires", "withdrawn", "notice", "evidence",
)  # fmt: skip
NAMED_HEADER = ("upn", *NAME, *FULL_HEADER[1:])
EXPECTED = ", or ".join(",".join(header) for header in (HEADER, FULL_HEADER, NAMED_HEADER))
AT_ONCE = 5_000
"""Rows whose names are looked up together."""
FIELDS = frozenset(get_args(FieldName)) - {"reference"}
_DECIDER = re.compile(r"(?:parent|guardian)(?:-[1-9])?|young-person")
_SLUG = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
_WORDS = re.compile(r"[ -~\u00a0-\uffff]{0,80}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EARLIEST = date(1990, 1, 1)


def read_decisions(
    path: Path, *, key: bytes, recorded: datetime, purposes: frozenset[str] | None = None
) -> Iterator[DecisionRow]:
    """In the file's order. Take them within one transaction: an error may come at the last row.

    Raises:
        RegisterInvalid: names the row (the header is row 1) and the column, never a value.
    """
    with opened(path, expected=EXPECTED) as file:
        yield from (said.row for said in decisions_of(file, key=key, recorded=recorded, purposes=purposes))


class Said(NamedTuple):
    row: DecisionRow
    by_name: bool
    """Whether its child was named without a UPN, and may have one."""


def decisions_of(
    file: RegisterFile, *, key: bytes, recorded: datetime, purposes: frozenset[str] | None
) -> Iterator[Said]:
    """`purposes` are those that routes have: a refusal for one that no route has would refuse nothing."""
    today = london_day(recorded)
    records = file.records()
    header = next((_known_header(tuple(cells)) for _, cells in records), HEADER)
    while some := list(islice(records, AT_ONCE)):
        by_name = known_by_name((dict(zip(header, cells, strict=False)) for _, cells in some), key=key)
        for number, cells in some:
            if len(cells) != len(header):
                raise invalid(number, f"has {len(cells)} cells where {len(header)} are expected")
            row = dict(zip(header, cells, strict=True))
            if purposes is not None and row["purpose"] not in purposes:
                raise invalid(number, "purpose is not one that a route has")
            try:
                subject = subject_of_row(row, by_name, key=key)
                for decision in decisions_in(row, subject=subject, recorded=recorded, today=today):
                    yield Said(decision, is_by_name(row))
            except RegisterInvalid as error:
                raise invalid(number, error.message) from error


def decisions_in(row: Mapping[str, str], *, subject: bytes, recorded: datetime, today: date) -> Iterator[DecisionRow]:
    """One row's decision about this subject, and its withdrawal if it has one. RegisterInvalid names the column."""
    cells = _Cells(
        row["decided_by"], row["decision"], row["tiers"], row.get("fields", ""),
        row["given"], row["expires"], row.get("withdrawn", ""),
    )  # fmt: skip
    said = _validated(cells, today)
    for column in ("purpose", "notice", "evidence"):
        if not _SHAPES[column](row[column]):
            raise _unknown(column)
    if row["decision"] in OPENING and not row["evidence"].strip():
        raise RegisterInvalid(f"evidence is missing, which a decision of the kind {row['decision']} needs")
    decision = DecisionRow(
        subject=subject,
        purpose=row["purpose"],
        decided_by=row["decided_by"],
        decision=row["decision"],
        tiers=said.tiers,
        fields=said.fields,
        given=said.given,
        expires=said.expires,
        notice=row["notice"],
        evidence=row["evidence"],
        recorded=recorded,
    )
    yield decision
    if said.withdrawn:
        yield withdrawal(decision, said.withdrawn)


def withdrawal(consent: DecisionRow, day: date) -> DecisionRow:
    """That the same decider withdrew it on this day."""
    return replace(consent, decision="withdraw", tiers=NONE, fields=NONE, given=day, expires=None)


def _known_header(header: tuple[str, ...]) -> tuple[str, ...]:
    if header not in (HEADER, FULL_HEADER, NAMED_HEADER):
        raise RegisterInvalid("row 1 is not the header of a consent import", remedy=AS_CSV + EXPECTED)
    return header


_SHAPES: Mapping[str, Callable[[str], object]] = {
    "purpose": _SLUG.fullmatch,
    "decided_by": _DECIDER.fullmatch,
    "decision": DECISIONS.__contains__,
    "given": _DAY.fullmatch,
    "expires": lambda text: not text or _DAY.fullmatch(text),
    "withdrawn": lambda text: not text or _DAY.fullmatch(text),
    "notice": _WORDS.fullmatch,
    "evidence": _WORDS.fullmatch,
}


class _Cells(NamedTuple):
    """What of a row many others say as well: it is worked out once for all of them."""

    decided_by: str
    decision: str
    tiers: str
    fields: str
    given: str
    expires: str
    withdrawn: str


class _Validated(NamedTuple):
    tiers: frozenset[str]
    fields: frozenset[str]
    given: date
    expires: date | None
    withdrawn: date | None


@lru_cache(1 << 15)
def _validated(cells: _Cells, today: date) -> _Validated:
    for column, text in zip(_Cells._fields, cells, strict=True):
        if column in _SHAPES and not _SHAPES[column](text):
            raise _unknown(column)
    said = _Validated(
        tiers=_named(cells.tiers),
        fields=_named(cells.fields),
        given=_day("given", cells.given),
        expires=_optional("expires", cells.expires),
        withdrawn=_optional("withdrawn", cells.withdrawn),
    )
    _validate_named(cells.decision, said.tiers, said.fields)
    _validate_days(cells.decision, said, today)
    return said


def _validate_named(decision: str, tiers: frozenset[str], fields: frozenset[str]) -> None:
    if not tiers <= TIERS:
        raise RegisterInvalid("tiers names one that is not known here")
    if not fields <= FIELDS:
        raise RegisterInvalid("fields names one that is not known here")
    if (decision == "consent") != bool(tiers or fields):
        raise RegisterInvalid("tiers must be named by a consent, or fields, and by nothing else")


def _validate_days(decision: str, said: _Validated, today: date) -> None:
    if not _EARLIEST <= said.given <= today:
        raise RegisterInvalid("given lies in the future or too long ago")
    if said.expires is not None and said.expires <= said.given:
        raise RegisterInvalid("expires is not after given")
    if said.withdrawn is None:
        return
    if decision != "consent":
        raise RegisterInvalid("withdrawn can be said of a consent only")
    if not said.given <= said.withdrawn <= today:
        raise RegisterInvalid("withdrawn lies in the future or before given")


def _named(text: str) -> frozenset[str]:
    return frozenset(text.split(";")) - {""}


def _optional(column: str, text: str) -> date | None:
    return _day(column, text) if text else None


def _day(column: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise RegisterInvalid(f"{column} is not a date") from error


def _unknown(column: str) -> RegisterInvalid:
    return RegisterInvalid(f"{column} is not one that is known here")
