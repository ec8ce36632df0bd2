"""What a verdict of one transfer says about each field: released on which lawful basis, or withheld and why.

It is written into the file of disclosures itself and into the ledger, as it is when the file is
written: a policy that changes later does not change what was shared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.contract.policy import Policy, SpecialField, Tier
from gateway.minimise.openings import optional_fields
from gateway.minimise.verdicts import HOLD, KEPT_BACK, TIERS, WITHHELD, named_in, tiers_of, without_names
from gateway.vocabulary import canonical

TYPE = "handoff-disclosures/v1"
NOT_CONSENTED = "no-consent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """On which lawful basis some fields leave, and whether the law asks for them or allows them."""

    tier: str
    fields: tuple[str, ...]
    basis: str
    mandatory: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one verdict says: the fields that left, in the order of the output, and of the others why not."""

    released: tuple[str, ...]
    withheld: Mapping[str, str]


def meaning(policy: Policy, *, kept_back: frozenset[str] = frozenset(), generation: int = 1) -> str:
    """What each verdict of a run under this policy says about the fields of its output, as canonical JSON.

    Of those that name single fields, too many to be listed, it says in which order their bits stand. `kept_back`: fields
    that left of nobody on hold. `generation`: of the register's key, by which subjects are known.
    """
    fields = list(dict.fromkeys(column.field for column in policy.output))  # in XML several elements say one thing
    verdicts = {str(verdict): _released(verdict, policy, fields) for verdict in TIERS}
    verdicts |= {str(KEPT_BACK): _kept_back(fields, kept_back)} if policy.by_field else {}
    verdicts |= {
        str(verdict): {"released": [], "withheld": dict.fromkeys(fields, why)} for verdict, why in WITHHELD.items()
    }
    bases = [
        {"tier": b.tier, "fields": list(b.fields), "basis": b.basis, "mandatory": b.mandatory} for b in bases_of(policy)
    ]
    page: dict[str, Any] = {
        "type": TYPE, "verdicts": verdicts, "bases": bases, "policy": f"{policy.policy_name} v{policy.version}"
    }  # fmt: skip
    if named := optional_fields(policy):
        page["by_name"] = list(named)
    if generation > 1:
        page["generation"] = generation
    return canonical.encode(page).decode("ascii").strip()


def bases_of(policy: Policy) -> tuple[Basis, ...]:
    """Of the fields that the output has, tier by tier; each special category field stands alone, with its condition."""
    fields = list(dict.fromkeys(column.field for column in policy.output))  # in XML several elements say one thing
    found = [_basis("floor", policy.floor, fields)]
    found += [_basis("consented", policy.consented, fields)] if policy.consented else []
    found += [_special_basis(special, policy) for special in policy.special if special.field in fields]
    return tuple(basis for basis in found if basis.fields)


def parse_meaning(meta: str) -> dict[str, Any]:
    """FormatInvalid or KeyError if it is not one of ours."""
    page = canonical.decode(f"{meta}\n".encode("ascii"), what="a file's meaning")
    if page["type"] != TYPE:
        raise KeyError("type")
    return page


def said(page: Mapping[str, Any], verdict: int) -> Said:
    """KeyError or ValueError if the file's meaning does not explain this verdict."""
    by_tier, named = page["verdicts"][str(without_names(verdict))], named_in(verdict, page.get("by_name", ()))
    if not named:
        return Said(released=tuple(by_tier["released"]), withheld=by_tier["withheld"])
    in_order = page["verdicts"][str(max(TIERS))]["released"]
    return Said(
        released=tuple(field for field in in_order if field in named or field in by_tier["released"]),
        withheld={field: why for field, why in by_tier["withheld"].items() if field not in named},
    )


def parsed_bases(page: Mapping[str, Any]) -> tuple[Basis, ...]:
    return tuple(Basis(**{**basis, "fields": tuple(basis["fields"])}) for basis in page["bases"])


def _basis(tier: str, given: Tier, fields: Sequence[str]) -> Basis:
    there = tuple(field for field in fields if field in given.fields)
    return Basis(tier=tier, fields=there, basis=given.basis, mandatory=given.mandatory)


def _special_basis(special: SpecialField, policy: Policy) -> Basis:
    basis = "; ".join(words for words in (policy.special_basis, special.condition) if words)
    return Basis(tier="special", fields=(special.field,), basis=basis, mandatory=False)


def _kept_back(fields: Sequence[str], kept_back: frozenset[str]) -> dict[str, Any]:
    return {
        "released": [field for field in fields if field not in kept_back],
        "withheld": {field: WITHHELD[HOLD] for field in fields if field in kept_back},
    }


def _released(verdict: int, policy: Policy, fields: Sequence[str]) -> dict[str, Any]:
    open_tiers = tiers_of(verdict)
    tier_fields = {"consented": policy.consented_fields, "special": policy.special_fields}
    opened = {"reference", *policy.floor.fields}.union(*(tier_fields[tier] for tier in open_tiers))
    return {
        "released": [field for field in fields if field in opened],
        "withheld": {field: NOT_CONSENTED for field in fields if field not in opened},
    }
