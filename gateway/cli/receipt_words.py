"""One transfer's receipts as a page. Operators see totals: which rule withheld how many is for the DPO's views,

since a count of holds, however small, tells that somebody is on hold (DESIGN §3.7).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from gateway.receipts.entry import Entry
from gateway.receipts.receipt import Receipt
from gateway.story.notes import told, told_released
from gateway.vocabulary import moment
from gateway.vocabulary.facts import Fact
from gateway.vocabulary.transfer import Transfer

BY_RULE = frozenset({"withheld", "rejected", "fields", "tiers", "holds", "decisions"})
COUNTED = frozenset({"rows", "released", "not_released"})


def page_of(transfer: Transfer, entries: Sequence[Entry]) -> Iterator[str]:
    yield f"Transfer {transfer.id}"
    yield f"  route {transfer.route}, partner {transfer.partner}, stands at {transfer.stage}"
    for entry in entries:
        yield ""
        yield f"{moment.spell(entry.receipt.at)}  {entry.receipt.kind}  (leaf {entry.index})"
        for name, value in for_operators(entry.receipt)["facts"].items():
            yield f"    {name.replace('_', ' '):<16} {_spelled(value)}"


def for_operators(receipt: Receipt) -> dict[str, Any]:
    """The receipt without what tells rules apart, and without small numbers."""
    facts = {name: _told(name, value) for name, value in receipt.facts.items() if name not in BY_RULE}
    if "not_released" in facts:
        facts["released"] = told_released(_whole(receipt.facts["rows"]), _whole(receipt.facts["released"]))
    return {
        "kind": receipt.kind, "at": moment.spell(receipt.at), "transfer": receipt.transfer, "route": receipt.route,
        "facts": facts,
    }  # fmt: skip


def _told(name: str, value: Fact) -> Any:
    if name in COUNTED and isinstance(value, int):
        return told(value)
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _whole(value: Fact) -> int:
    return value if isinstance(value, int) else 0


def _spelled(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return str(value)
