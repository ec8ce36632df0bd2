"""One child's decisions in their order, and what they come to today: for a child under 16, and for one of 16.

The register knows no date of birth, so both are told. The look is receipted before it is answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from gateway.footing.ledger import decisions
from gateway.footing.ledger.decisions import DecisionRow
from gateway.footing.ledger.subjects import same_child
from gateway.minimise.consent import NEUTRAL, Standing, of_all, standing
from gateway.minimise.register_subject import subject_of
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gateway
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.moment import london_day


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is on record for one purpose, and what it comes to on `day`."""

    purpose: str
    said: tuple[DecisionRow, ...]
    day: date
    standing: Standing


def show_child(gateway: Gateway, child: Mapping[str, str], *, uid: int) -> list[Shown]:
    """By purpose; nothing if nothing is on record. `child` has standard names of fields.

    Raises:
        RegisterInvalid: there is neither a UPN nor a name with date of birth.
    """
    subject = subject_of(child, key=gateway.register_key)
    at = gateway.clock()
    facts = Facts(event="consent-shown", uid=uid, matches=1)
    gateway.log.append(Receipt(kind="look-up", at=at, facts=facts))
    return standing_of(gateway, frozenset({subject}), london_day(at))


def standing_of(gateway: Gateway, pseudonyms: frozenset[bytes], day: date) -> list[Shown]:
    """By purpose, under every pseudonym that is this one child's; whoever asks has receipted the look."""
    with gateway.ledger.reading() as tx:
        known = sorted(same_child(tx, pseudonyms))
        found = [row for one in known for row in decisions.of_subject(tx, one)]
    return [_shown(purpose, found, day) for purpose in sorted({row.purpose for row in found})]


def _shown(purpose: str, found: list[DecisionRow], day: date) -> Shown:
    said = [row for row in found if row.purpose == purpose]
    return Shown(
        purpose=purpose, said=tuple(sorted(said, key=attrgetter("recorded"))), day=day, standing=_comes_to(said, day)
    )


def _comes_to(said: list[DecisionRow], day: date) -> Standing:
    """As a release judges it: pseudonyms under which nothing was decided take nothing away."""
    decided = {row.subject for row in said if row.decision not in NEUTRAL}
    return of_all([standing([row for row in said if row.subject == one], day) for one in sorted(decided)])
