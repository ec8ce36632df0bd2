"""The Youth Support Service Agreement, as a School Census extract has it: the register's decisions out of two columns.

    Yes    a parent's consent to the tier `consented`, given on the day of the census: it ends at 16 like
           every consent of a parent's, and opens no special category
    No     a refusal, whoever gave it and whatever the age: it counts until a later evidenced decision
    UNS    unsought, and SNR, sought without reply: recorded, and they supersede nothing
    blank  a pupil too young to have been asked: nothing

The extract is a CSV with the census' own headers `upn` and `yssa`, whatever else stands in it.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Final

from gateway.footing.ledger.decisions import DecisionRow
from gateway.minimise.consent import NONE
from gateway.minimise.identifiers import subject
from gateway.minimise.pupil_numbers import is_upn
from gateway.minimise.register_file import AS_CSV, RegisterFile, invalid
from gateway.vocabulary.errors import RegisterInvalid
from gateway.vocabulary.moment import london_day

COLUMNS: Final = ("upn", "yssa")
EXPECTED: Final = "that holds upn and yssa, once each"
CODES: Final[Mapping[str, str]] = {"Yes": "consent", "No": "refuse", "UNS": "unsought", "SNR": "no-reply"}
DECIDER: Final = "parent"
TIERS: Final = frozenset({"consented"})
NOTICE: Final = "School Census"


def agreements_of(
    file: RegisterFile, *, purpose: str, census: date, key: bytes, recorded: datetime
) -> Iterator[DecisionRow]:
    """In the file's order.

    Raises:
        RegisterInvalid: names the row and the column, never a value; or the census lies in the future.
    """
    if census > london_day(recorded):
        raise RegisterInvalid("the day of the census lies in the future", remedy="give the day it was taken")
    places, width = (0, 0), 0
    for number, cells in file.records():
        if number == 1:
            places, width = _places(cells), len(cells)
            continue
        if len(cells) != width:
            raise invalid(number, f"has {len(cells)} cells where {width} are expected")
        upn, code = (cells[place] for place in places)
        if code:
            yield _decision(number, upn, code, purpose, census, key, recorded)


def _places(header: Sequence[str]) -> tuple[int, int]:
    names = [name.strip().lower() for name in header]
    if any(names.count(column) != 1 for column in COLUMNS):
        raise RegisterInvalid("row 1 is not the header of a census extract", remedy=AS_CSV + EXPECTED)
    return names.index("upn"), names.index("yssa")


def _decision(  # noqa: PLR0917 - one row's cells and what holds for all of them
    number: int, upn: str, code: str, purpose: str, census: date, key: bytes, recorded: datetime
) -> DecisionRow:
    if not is_upn(upn):
        raise invalid(number, "upn is not one that is known here")
    decision = CODES.get(code)
    if decision is None:
        raise invalid(number, "yssa is not one that is known here")
    return DecisionRow(
        subject=subject(upn, key=key),
        purpose=purpose,
        decided_by=DECIDER,
        decision=decision,
        tiers=TIERS if decision == "consent" else NONE,
        given=census,
        expires=None,
        notice=NOTICE,
        evidence=f"YSSA {census}",
        recorded=recorded,
    )
