"""One child's decisions in their order, and what they come to today: for a child under 16, and for one of 16.

The register knows no date of birth, so both are told. The look is receipted before it is answered.
"""

from dataclasses import dataclass
from datetime import date

from gateway.footing.ledger import decisions
from gateway.footing.ledger.decisions import DecisionRow
from gateway.minimise.consent import Standing, standing
from gateway.minimise.identifiers import subject
from gateway.minimise.pupil_numbers import is_upn
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gateway
from gateway.vocabulary.errors import RegisterInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.moment import london_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is on record for one purpose, and what it comes to on `day`."""

    purpose: str
    said: tuple[DecisionRow, ...]
    day: date
    standing: Standing


def show_child(gateway: Gateway, upn: str, *, uid: int) -> list[Shown]:
    """By purpose; nothing if nothing is on record.

    Raises:
        RegisterInvalid: it is not a UPN.
    """
    if not is_upn(upn):
        raise RegisterInvalid("upn does not have the shape of one", remedy="check it for typing errors")
    at = gateway.clock()
    facts = Facts(event="consent-shown", uid=uid, matches=1)
    gateway.log.append(Receipt(kind="look-up", at=at, facts=facts))
    return standing_of(gateway, subject(upn, key=gateway.keys.secret("register")), london_day(at))


def standing_of(gateway: Gateway, pseudonym: bytes, day: date) -> list[Shown]:
    """By purpose; whoever asks has receipted the look."""
    with gateway.ledger.reading() as tx:
        found = decisions.of_subject(tx, pseudonym)
    return [_shown(purpose, found, day) for purpose in sorted({row.purpose for row in found})]


def _shown(purpose: str, found: list[DecisionRow], day: date) -> Shown:
    said = tuple(row for row in found if row.purpose == purpose)
    return Shown(purpose=purpose, said=said, day=day, standing=standing(said, day))
