"""What became of a run, in numbers that balance: rows in = released + withheld + rejected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from gateway.vocabulary.digest import Digest
from gateway.vocabulary.errors import GatewayError
from gateway.vocabulary.facts import Facts

SINGLE_FIELDS: Final = "single-fields"
"""Counted beside the tiers, if there are any: children of whom fields leave by their names."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing of the file may leave: a slug for the receipt, a sentence for a person."""

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`fields`: of each optional field, the children for whom it leaves, empty or not.

    `kept_back`: children on hold who leave without the fields that the policy keeps back of them; no more than staff
    may know of holds is told of it, which is nothing.

    `removed`: children whom the last full parcel gave and this one would not.

    `pairs` are of a UPN and what else its child is known by; `nameless` who leaves without a UPN.

    `duplicates` are opaque: if there are any, this run does not count; judge the file again with them excluded.
    """

    rows_in: int
    rows_out: int
    withheld: Mapping[str, int]
    rejected: Mapping[str, int]
    fields: Mapping[str, int]
    tiers: Mapping[str, int]
    refusals: tuple[Refusal, ...] = ()
    places: tuple[str, ...] = ()
    duplicates: frozenset[bytes] = frozenset()
    removed: int = 0
    kept_back: int = 0
    pairs: tuple[tuple[bytes, bytes], ...] = ()
    nameless: frozenset[bytes] = frozenset()
    disclosures: Digest | None = None
    disclosures_meta: str = ""
    file_name: str = ""
    """What the output is to be called, where the extract itself says it."""

    def balance(self) -> None:
        """GatewayError unless every row that came in is accounted for once."""
        if self.rows_in != self.rows_out + sum(self.withheld.values()) + sum(self.rejected.values()):
            raise GatewayError("the rows of the extract do not balance: not all of them are accounted for")

    def facts(self) -> Facts:
        return Facts(
            rows=self.rows_in,
            released=self.rows_out,
            not_released=self.rows_in - self.rows_out,
            withheld=self.withheld,
            rejected=self.rejected,
            fields=self.fields,
            tiers=self.tiers,
        )


def refused(*refusals: Refusal) -> Outcome:
    """Of a file that could not be judged at all."""
    return Outcome(rows_in=0, rows_out=0, withheld={}, rejected={}, fields={}, tiers={}, refusals=refusals)
