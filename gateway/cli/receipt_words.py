"""One transfer's receipts as a page. Operators see totals: which rule withheld how many is for the DPO's views,

since a count of holds, however small, tells that somebody is on hold (DESIGN §3.7).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from gateway.receipts.entry import Entry
from gateway.receipts.proof import Proof
from gateway.receipts.receipt import Receipt
from gateway.story.notes import told, told_released, when
from gateway.story.standing import TO_DO
from gateway.vocabulary import moment
from gateway.vocabulary.facts import Fact, Facts
from gateway.vocabulary.transfer import NEEDS_PERSON, Transfer

BY_RULE = frozenset({"withheld", "rejected", "fields", "tiers", "holds", "decisions"})
COUNTED = frozenset({"rows", "released", "not_released"})
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "What left": ("rows", "released", "not_released", "tiers", "fields", "withheld", "rejected", "scope", "sequence", "size"),
    "Approved": ("signers", "signature_roles", "statement", "extract"),
    "By which rules": ("purpose", "agreement", "direction", "route_hash", "policy_hash", "register"),
    "Sealed": ("manifest", "envelope", "ciphertext", "created", "release_by", "expires", "disclosures"),
    "Keys": ("sender_key", "recipient_key", "partner_key", "host_key"),
    "Transport": ("verified_by", "server", "host_key_type", "kex", "post_quantum", "strict_kex", "cipher", "mac",
                  "attempt", "already_there", "observed"),
    "Acknowledgement": ("disposition", "code", "answered", "acknowledgement", "checkpoint", "tree_size"),
}  # fmt: skip
"""Each fact under one heading; what has none stands under its receipt in the timeline."""
_PLACED = frozenset(name for names in SECTIONS.values() for name in names)


def page_of(
    transfer: Transfer, entries: Sequence[Entry], proofs: Sequence[Proof], *, by_rule: bool = False
) -> Iterator[str]:
    """Newest facts win: a parcel that was made again is told as it left in the end."""
    yield f"Transfer {transfer.id}"
    yield f"  route {transfer.route}, partner {transfer.partner}, stands at {transfer.stage}"
    if transfer.stage in NEEDS_PERSON:
        words = TO_DO[transfer.stage].format(route=transfer.route, partner=transfer.partner, transfer=transfer.id)
        yield f"  what to do: {words}"
    yield from _timeline(entries)
    facts: dict[str, Any] = {}
    for entry in entries:
        facts |= for_operators(entry.receipt, by_rule=by_rule)["facts"]
    for heading, names in SECTIONS.items():
        found = [(name, facts[name]) for name in names if name in facts]
        yield from ["", heading] if found else []
        yield from (_line(name, value) for name, value in found)
    yield from _proofs(proofs)


def for_operators(receipt: Receipt, *, by_rule: bool = False) -> dict[str, Any]:
    """The receipt without small numbers and, unless `by_rule`, without what tells rules apart."""
    facts = {name: _told(name, value) for name, value in receipt.facts.items() if by_rule or name not in BY_RULE}
    if "not_released" in facts:
        facts["released"] = told_released(_whole(receipt.facts["rows"]), _whole(receipt.facts["released"]))
    return {
        "kind": receipt.kind, "at": moment.spell(receipt.at), "transfer": receipt.transfer, "route": receipt.route,
        "facts": facts,
    }  # fmt: skip


def _timeline(entries: Sequence[Entry]) -> Iterator[str]:
    yield from ("", "Timeline")
    before: datetime | None = None
    for entry in entries:
        receipt = entry.receipt
        after = f", {_lasting(receipt.at - before)} later" if before else ""
        yield f"  {receipt.kind:<20} {when(receipt.at)}{after}"
        facts = for_operators(Receipt(kind=receipt.kind, at=receipt.at, facts=_unplaced(receipt.facts)))["facts"]
        yield from (f"  {_line(name, value)}" for name, value in facts.items() if name != "partner")
        before = receipt.at


def _unplaced(facts: Facts) -> Facts:
    return Facts(**{name: value for name, value in facts.items() if name not in _PLACED})


def _proofs(proofs: Sequence[Proof]) -> Iterator[str]:
    yield from ("", "Proofs")
    for proof in proofs:
        yield f"  leaf {proof.entry.index}, {proof.entry.receipt.kind}: in the signed log of {proof.size} receipts"
    if proofs:
        yield f"  to hand them to somebody: gateway receipts prove {proofs[0].entry.receipt.transfer}"


def _lasting(span: timedelta) -> str:
    """In the two largest units that say something."""
    seconds = int(span.total_seconds())
    units = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    parts: list[str] = []
    for size, word in units:
        if seconds >= size or (size == 1 and not parts):
            parts.append(f"{seconds // size} {word}")
            seconds %= size
    return " ".join(parts[:2])


def _line(name: str, value: Any) -> str:
    return f"  {name.replace('_', ' '):<18} {_spelled(value)}"


def _told(name: str, value: Fact) -> Any:
    if name in COUNTED and isinstance(value, int):
        return told(value)
    if isinstance(value, Mapping):
        return {key: told(count) for key, count in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _whole(value: Fact) -> int:
    return value if isinstance(value, int) else 0


def _spelled(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key.replace('_', ' ')} {count}" for key, count in value.items())
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
