"""What was shared about one child, in lines for a person and in values for a program."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.minimise.disclosures import Basis
from gateway.receipts.proof import Proof
from gateway.story.disclosed import Reach, Shared
from gateway.story.notes import when
from gateway.vocabulary import moment
from gateway.vocabulary.transfer import Stage

WHY: Final = {
    "no-consent": "no consent that covers it was in force",
    "not-released": "nothing about this child was released",
    "field-not-released": "it was not released",
    "hold": "on hold, or living with somebody on hold",
    "too-few-identifiers": "too little said who the child is for a hold to be seen",
    "duplicate": "the child stood in the extract twice",
    "objection": "an objection was in force (UK GDPR Article 21)",
}
RELEASED: Final = {Reach.LEFT: "released", Reach.PERHAPS: "may have left", Reach.NOT: "never left"}
_SHORT: Final = {word: word.upper() for word in ("upn", "uln", "uprn", "urn", "sen", "id")}
NOT_KEPT: Final = "values are not kept: the partner, or the source, holds them"
NEVER: Final = "no handoff so far has had this child in its scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One handoff, and what its partner is called."""

    shared: Shared
    partner_name: str


def lines(told: Sequence[Told]) -> Iterator[str]:
    if not told:
        yield NEVER
    for one in told:
        yield from _lines(one)
        yield ""


def _lines(one: Told) -> Iterator[str]:
    shared = one.shared
    yield f"{when(shared.sealed)}: route {shared.route} to {one.partner_name} ({shared.stage})"
    yield f"  purpose       {shared.purpose}, by agreement {shared.agreement}"
    if shared.released:
        for basis, fields in released_by_basis(shared):
            yield f"  {RELEASED[shared.reach]:<13} {spelled(fields)}"
            yield f"    basis       {basis_in_words(basis)}"
    else:
        yield "  not released  nothing about this child left"
    for why, fields in withheld_by_reason(shared):
        yield f"  withheld      {spelled(fields)}: {why}"
    yield f"  acknowledged  {acknowledged(shared)}"
    yield f"  rules         policy {shared.policy}, SHA-256 {shared.policy_hash}"
    yield f"  receipts      of transfer {shared.transfer}"
    for proof in shared.proofs:
        yield f"    {proof.entry.receipt.kind:<20} leaf {proof.entry.index}, proved in the signed log of {proof.size}"
    yield f"  {NOT_KEPT}"


def released_by_basis(shared: Shared) -> Iterator[tuple[Basis | None, list[str]]]:
    """Each lawful basis with what was released on it, in the order of the tiers; what no tier names comes last."""
    left = dict.fromkeys(shared.released)
    for basis in shared.bases:
        fields = [field for field in basis.fields if field in left]
        for field in fields:
            del left[field]
        if fields:
            yield basis, fields
    if left:
        yield None, list(left)


def withheld_by_reason(shared: Shared) -> Iterator[tuple[str, list[str]]]:
    for reason in dict.fromkeys(shared.withheld.values()):
        yield WHY.get(reason, reason), [field for field, why in shared.withheld.items() if why == reason]


def basis_in_words(basis: Basis | None) -> str:
    if basis is None:
        return "the partner's own reference for the child; it says nothing else"
    return f"{basis.basis} ({'mandatory' if basis.mandatory else 'voluntary'})"


def acknowledged(shared: Shared) -> str:
    """What the partner has signed, if anything."""
    if (rejected := shared.when(Stage.REJECTED_BY_PARTNER)) is not None:
        return f"no: the partner signed on {when(rejected)} that it rejects the parcel"
    signed = shared.when(Stage.ACKNOWLEDGED)
    if signed is None:
        return (
            "not yet: the partner has signed nothing" if shared.reach is not Reach.NOT else "no: it was not delivered"
        )
    disposed = shared.when(Stage.DISPOSED)
    ended = f"; destroyed by the partner, as it signed, {when(disposed)}" if disposed else ""
    return f"the partner signed for it, {when(signed)}{ended}"


def spelled(fields: Iterable[str]) -> str:
    return ", ".join(" ".join(_SHORT.get(word, word) for word in field.split("_")) for field in fields)


def as_json_values(one: Told) -> dict[str, Any]:
    shared = one.shared
    signed = shared.when(Stage.ACKNOWLEDGED)
    return {
        "transfer": shared.transfer, "route": shared.route, "partner": shared.partner, "partner_name": one.partner_name,
        "purpose": shared.purpose, "agreement": shared.agreement, "policy": shared.policy,
        "policy_hash": shared.policy_hash, "sealed": moment.spell(shared.sealed), "stage": str(shared.stage),
        "reach": str(shared.reach), "acknowledged": moment.spell(signed) if signed else None,
        "released": list(shared.released), "withheld": dict(shared.withheld),
        "bases": [
            {"basis": basis.basis if basis else "", "mandatory": bool(basis and basis.mandatory), "fields": fields}
            for basis, fields in released_by_basis(shared)
        ],
        "receipts": [_proof_as_values(proof) for proof in shared.proofs], "values_kept": False,
    }  # fmt: skip


def _proof_as_values(proof: Proof) -> dict[str, Any]:
    entry = proof.entry
    return {
        "kind": entry.receipt.kind, "at": moment.spell(entry.receipt.at), "leaf": entry.index, "hash": entry.hash.hex(),
        "checkpoint_size": proof.size, "checkpoint": proof.note, "path": [digest.hex() for digest in proof.path],
    }  # fmt: skip
