"""One fact about one transfer, or about the gateway itself, as it stands in the log for ever.

    {"at":…,"facts":{…},"kind":…,"route":…,"transfer":…,"type":"handoff-receipt/v1"}

Every member passes the allow-list of `vocabulary.facts`, so that a child's name, address or
date of birth fits none of them, on the way in and on the way back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gateway.vocabulary import canonical, moment
from gateway.vocabulary.errors import FormatInvalid
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

TYPE = "handoff-receipt/v1"
LARGEST = 64 * 1024 - 1
"""Bytes: the most that an entry of an exported tile can have, its length being two bytes there."""
BODIES_PURGED = "bodies-purged"
"""Tells of which transfer how many bodies are gone; the only reason for which a body may be."""
_MEMBERS = {"type", "kind", "at", "transfer", "route", "facts"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """`kind` is a stage, or the slug of another event. ValueError for what is not on the allow-list."""

    kind: str
    at: datetime
    facts: Facts
    transfer: TransferId | None = None
    route: str | None = None

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("a receipt's time must say its zone")
        named = {"transfer": self.transfer, "route": self.route}
        Facts(kind=self.kind, **{name: value for name, value in named.items() if value is not None})

    @classmethod
    def of_stage(cls, stage: Stage, *, transfer: TransferId, route: str, at: datetime, facts: Facts) -> "Receipt":
        return cls(kind=stage.value, at=at, facts=facts, transfer=transfer, route=route)

    def encode(self) -> bytes:
        """Canonical, in whole seconds of UTC; FormatInvalid if it is larger than 64 kB."""
        body = canonical.encode(
            {
                "type": TYPE, "kind": self.kind, "at": moment.spell(self.at), "transfer": self.transfer,
                "route": self.route, "facts": self.facts.plain(),
            }
        )  # fmt: skip
        if len(body) > LARGEST:
            raise FormatInvalid(
                f"a receipt is larger than {LARGEST} bytes", remedy="report it: facts are few and short"
            )
        return body

    @classmethod
    def parse(cls, body: bytes) -> "Receipt":
        """FormatInvalid unless it is a receipt of this version in its one spelling."""
        page = canonical.decode(body, what="a receipt", limit=LARGEST)
        if page.get("type") != TYPE:
            raise FormatInvalid("a receipt is of a type or version that is not known here")
        if set(page) != _MEMBERS or not isinstance(page["facts"], dict):
            raise FormatInvalid("a receipt lacks a member, or has one too many or of another kind")
        try:
            return cls._of_members(page)
        except (ValueError, TypeError) as error:
            raise FormatInvalid("a receipt holds something that is no fact") from error

    @classmethod
    def _of_members(cls, page: Mapping[str, Any]) -> "Receipt":
        facts, transfer = page["facts"], page["transfer"]
        return cls(
            kind=page["kind"],
            at=moment.parse(page["at"]),
            facts=Facts(**{name: tuple(fact) if isinstance(fact, list) else fact for name, fact in facts.items()}),
            transfer=None if transfer is None else TransferId.parse(transfer),
            route=page["route"],
        )
