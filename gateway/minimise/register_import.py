"""Decisions from a CSV, as a council's records team writes them: every row right, or none is taken.

    upn,purpose,decided_by,decision,tiers,given,expires,notice,evidence

`tiers` are separated by `;`. A consent names its tiers and its evidence; so does the lifting of
an objection its evidence, since a refusal or objection ends only by an evidenced decision.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path

from gateway.footing.ledger.decisions import DecisionRow
from gateway.formats.delimited import DelimitedReader, Piece, split_header
from gateway.minimise.consent import DECISIONS, OPENING, TIERS
from gateway.minimise.identifiers import subject
from gateway.minimise.pupil_numbers import is_upn
from gateway.vocabulary.errors import RegisterInvalid, StructureInvalid
from gateway.vocabulary.moment import london_day

HEADER = ("upn", "purpose", "decided_by", "decision", "tiers", "given", "expires", "notice", "evidence")
_DECIDER = re.compile(r"(?:parent|guardian)(?:-[1-9])?|young-person")
_SLUG = re.compile(r"(?=.{1,64}\Z)[a-z0-9]+(?:-[a-z0-9]+)*")
_WORDS = re.compile(r"[ -~\u00a0-\uffff]{0,80}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EARLIEST = date(1990, 1, 1)


def read_decisions(path: Path, *, key: bytes, recorded: datetime) -> Iterator[DecisionRow]:
    """In the file's order. Take them within one transaction: an error may come at the last row.

    Raises:
        RegisterInvalid: names the row (the header is row 1) and the column, never a value.
    """
    for number, cells in _records(path):
        if len(cells) != len(HEADER):
            raise _invalid(number, f"has {len(cells)} cells where {len(HEADER)} are expected")
        row = dict(zip(HEADER, cells, strict=True))
        _validate(number, row)
        yield _decision(number, row, key, recorded)


def _records(path: Path) -> Iterator[tuple[int, list[str]]]:
    try:
        with path.open("rb") as stream:
            reader = DelimitedReader(stream, delimiter=",")
            number = 1
            for piece in reader.pieces():
                number, records = (number, _cells(piece)) if number > 1 else (1, _behind_header(piece))
                for cells in records:
                    number += 1
                    yield number, cells
    except StructureInvalid as error:
        raise RegisterInvalid(f"row {error.row} breaks the file's structure: {error.code}", remedy=_AS_CSV) from error
    except OSError as error:
        raise RegisterInvalid("the file cannot be read", remedy="check that it is there and may be read") from error


_AS_CSV = "save it as comma-separated UTF-8 text with the header " + ",".join(HEADER)


def _behind_header(piece: Piece) -> Iterator[list[str]]:
    header, rest = split_header(piece, delimiter=",")
    if header != HEADER:
        raise RegisterInvalid("row 1 is not the header of a consent import", remedy=_AS_CSV)
    return _cells(rest)


def _cells(piece: Piece) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(piece.data.decode("utf-8"), newline=""), strict=True)


def _validate(number: int, row: Mapping[str, str]) -> None:
    for column, fits in _SHAPES.items():
        if not fits(row[column]):
            raise _invalid(number, f"{column} is not one that is known here")
    named = set(row["tiers"].split(";")) - {""}
    if not named <= TIERS:
        raise _invalid(number, "tiers names one that is not known here")
    if (row["decision"] == "consent") != bool(named):
        raise _invalid(number, "tiers must be named by a consent, and by nothing else")
    if row["decision"] in OPENING and not row["evidence"].strip():
        raise _invalid(number, f"evidence is missing, which a decision of the kind {row['decision']} needs")


_SHAPES: Mapping[str, Callable[[str], object]] = {
    "upn": is_upn,
    "purpose": _SLUG.fullmatch,
    "decided_by": _DECIDER.fullmatch,
    "decision": DECISIONS.__contains__,
    "given": _DAY.fullmatch,
    "expires": lambda text: not text or _DAY.fullmatch(text),
    "notice": _WORDS.fullmatch,
    "evidence": _WORDS.fullmatch,
}


def _decision(number: int, row: Mapping[str, str], key: bytes, recorded: datetime) -> DecisionRow:
    given = _day(number, "given", row["given"])
    expires = _day(number, "expires", row["expires"]) if row["expires"] else None
    if not _EARLIEST <= given <= london_day(recorded):
        raise _invalid(number, "given lies in the future or too long ago")
    if expires is not None and expires <= given:
        raise _invalid(number, "expires is not after given")
    return DecisionRow(
        subject=subject(row["upn"], key=key),
        purpose=row["purpose"],
        decided_by=row["decided_by"],
        decision=row["decision"],
        tiers=frozenset(row["tiers"].split(";")) - {""},
        given=given,
        expires=expires,
        notice=row["notice"],
        evidence=row["evidence"],
        recorded=recorded,
    )


def _day(number: int, column: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _invalid(number, f"{column} is not a date") from error


def _invalid(number: int, what: str) -> RegisterInvalid:
    return RegisterInvalid(f"row {number}: {what}", remedy="correct the row; none of the file was taken")
