"""A transfer, the rungs it can stand on, and which rung may follow which.

The stage of a transfer is that of its last receipt; there is no other state. "Sent" is
not a rung: `delivered` is what deliver observed, `acknowledged` what the partner signed. A
removal begins as `withdrawn`: nobody drops a file for it, and nobody approves it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from gateway.vocabulary.errors import FormatInvalid

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_AS_PYTHON_COUNTS = str.maketrans(_ALPHABET, "0123456789abcdefghijklmnopqrstuv")
_TIME = 10
"""Digits in front that tell the time."""
_ID = re.compile(r"[0-7][0-9a-hjkmnp-tv-z]{25}")


class TransferId(str):
    """26 lower-case Crockford base-32 digits: 48 bits of milliseconds, 80 of chance."""

    __slots__ = ()

    @classmethod
    def new(cls, at: datetime, random: Callable[[int], bytes]) -> "TransferId":
        number = int(at.timestamp() * 1000) << 80 | int.from_bytes(random(10), "big")
        return cls("".join(_ALPHABET[number >> 5 * place & 31] for place in range(25, -1, -1)))

    @property
    def made(self) -> datetime:
        """When, to the millisecond, by the clock of whoever made it."""
        return datetime.fromtimestamp(int(self[:_TIME].translate(_AS_PYTHON_COUNTS), 32) / 1000, UTC)

    @classmethod
    def parse(cls, text: str) -> "TransferId":
        if not _ID.fullmatch(text):
            raise FormatInvalid("not a transfer's identifier: 26 letters and digits are expected")
        return cls(text)


class Stage(StrEnum):
    WAITING = "waiting"
    WITHDRAWN = "withdrawn"
    ARRIVED = "arrived"
    REFUSED = "refused"
    APPROVED = "approved"
    PAUSED = "paused"
    SEALED = "sealed"
    REVOKED = "revoked"
    DELIVERED = "delivered"
    IN_DOUBT = "in-doubt"
    RESOLVED = "resolved"
    FAILED = "failed"
    OVERDUE = "overdue"
    ACKNOWLEDGED = "acknowledged"
    REJECTED_BY_PARTNER = "rejected-by-partner"
    DISPOSED = "disposed"


S = Stage
_BY_THE_ANSWER = frozenset({S.ACKNOWLEDGED, S.REJECTED_BY_PARTNER})
"""Also of a parcel that was taken back or had failed: who signs for its very envelope has it."""
FOLLOWS: dict[Stage | None, frozenset[Stage]] = {
    None: frozenset({S.WAITING, S.ARRIVED, S.REFUSED, S.WITHDRAWN}),
    S.WITHDRAWN: frozenset({S.SEALED, S.REFUSED, S.FAILED}),
    S.WAITING: frozenset({S.ARRIVED, S.REFUSED}),
    S.ARRIVED: frozenset({S.APPROVED, S.REFUSED}),
    S.APPROVED: frozenset({S.SEALED, S.PAUSED, S.REFUSED, S.FAILED}),
    S.PAUSED: frozenset({S.APPROVED, S.REFUSED}),
    S.SEALED: frozenset({S.DELIVERED, S.REVOKED, S.IN_DOUBT, S.FAILED}) | _BY_THE_ANSWER,
    S.REVOKED: frozenset({S.SEALED, S.PAUSED, S.REFUSED, S.FAILED, S.DELIVERED, S.IN_DOUBT}) | _BY_THE_ANSWER,
    S.FAILED: frozenset({S.APPROVED, S.SEALED, S.REFUSED, S.REVOKED, S.DELIVERED, S.IN_DOUBT, S.RESOLVED})
    | _BY_THE_ANSWER,
    S.IN_DOUBT: frozenset({S.ACKNOWLEDGED, S.REJECTED_BY_PARTNER, S.RESOLVED}),
    S.DELIVERED: frozenset({S.ACKNOWLEDGED, S.REJECTED_BY_PARTNER, S.OVERDUE, S.RESOLVED}),
    S.OVERDUE: frozenset({S.ACKNOWLEDGED, S.REJECTED_BY_PARTNER, S.RESOLVED}),
    S.RESOLVED: frozenset({S.ACKNOWLEDGED, S.REJECTED_BY_PARTNER}),
    S.ACKNOWLEDGED: frozenset({S.DISPOSED}),
    S.REJECTED_BY_PARTNER: frozenset({S.RESOLVED}),
    S.REFUSED: frozenset(),
    S.DISPOSED: frozenset(),
}
ENDED = frozenset({S.REFUSED, S.ACKNOWLEDGED, S.REJECTED_BY_PARTNER, S.DISPOSED})
NEEDS_PERSON = frozenset({S.WAITING, S.PAUSED, S.FAILED, S.IN_DOUBT, S.OVERDUE, S.REJECTED_BY_PARTNER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One handoff, as its receipts tell it."""

    id: TransferId
    route: str
    partner: str
    stage: Stage
    since: datetime
