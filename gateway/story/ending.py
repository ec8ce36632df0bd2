"""Once a London day: what a partner was given and may hold no longer from this day on is taken back.

    a birthday that ends the route's ages       the whole child
    the birthday from which a child decides     what parents and guardians had opened
    the end of a consent                        what it had opened, and nothing else opens

Asked of what the partner may hold (`given`). Days on which nothing ran are
made up for. If they are too many at once, nothing leaves by itself, as in `withdrawing`.

Crash point. (E1) the removal is receipted, the day is not noted: the same is taken back once
more, and removing twice is removing.
"""

import json
import os
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from gateway.footing import durable
from gateway.footing.ledger import decisions
from gateway.minimise.consent import NONE
from gateway.minimise.disclosed import released_to
from gateway.minimise.ending import ended
from gateway.story.disclosure_files import proved_file
from gateway.story.gate import Gate
from gateway.story.given import Given, may_be_held
from gateway.story.withdrawing import Prepared, Stays, prepare_few, still_open
from gateway.vocabulary.moment import london_day


def take_back_ended(gate: Gate, at: datetime) -> Prepared | None:
    """Asked at every round, answered once a day.

    Raises:
        StorageError, LogBroken: the disclosures cannot be read, or are not those that were receipted.
    """
    today = london_day(at)
    noted = _noted(gate)
    if gate.route.policy.eligibility is None or noted == today:
        return None
    prepared = _taken_back(gate, today, noted)
    durable.replace(_note(gate), json.dumps({"day": today.isoformat()}).encode("ascii"))  # (E1)
    return prepared


def _taken_back(gate: Gate, today: date, noted: date | None) -> Prepared | None:
    held = may_be_held(gate)
    if not held:
        return None
    noted = noted or date.min
    birthdays = _birthdays(gate, held, noted, today)
    days = list(_days(max(noted, min(one.sealed for one in held)), today))

    def stays(subject: bytes, _given: frozenset[str]) -> Stays:
        return birthdays[subject] if subject in birthdays else still_open(gate, subject, today)

    return prepare_few(gate, held, {*birthdays, *_expired(gate, days)}, stays, uid=os.getuid())


def _birthdays(gate: Gate, held: Sequence[Given], noted: date, today: date) -> dict[bytes, Stays]:
    """A date of birth may have been corrected: where a later parcel that has arrived tells of a child, that one counts."""
    found: dict[bytes, Stays] = {}
    for place, one in enumerate(held):
        days = list(_days(max(noted, one.sealed), today))
        told = dict(ended(proved_file(gate.gateway, one.transfer), days))
        for later in (later for later in held[:place] if told and later.certain):
            for subject in released_to(proved_file(gate.gateway, later.transfer), sorted(told)):
                del told[subject]
        found |= {subject: None if whole else NONE for subject, whole in told.items()}
    return found


def _days(after: date, until: date) -> Iterator[date]:
    return (until - timedelta(back) for back in range((until - after).days - 1, -1, -1))


def _expired(gate: Gate, days: Sequence[date]) -> list[bytes]:
    """Of whom a consent has ended on one of these days."""
    with gate.gateway.ledger.reading() as tx:
        return decisions.expired(tx, gate.route.policy.purpose, days[0], days[-1]) if days else []


def _note(gate: Gate) -> Path:
    return gate.gateway.workspace.disclosures(f"ended-{gate.name}.json")


def _noted(gate: Gate) -> date | None:
    """The day until which this was asked; lost or spoilt, it is asked from the parcel's day on."""
    try:
        return date.fromisoformat(json.loads(_note(gate).read_bytes())["day"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
