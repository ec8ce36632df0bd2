"""Whether a partner who was given a child can be told to remove it by the route that gave it; and if not, why."""

from dataclasses import dataclass

from gateway.story.gate import Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """A partner who was given the child and is told nothing; `why` is a sentence for a person, who has to ask them."""

    route: str
    partner: str
    why: str


def beyond_reach(gate: Gate | None, partner: str) -> str:
    """Why nothing can be taken back from this partner by this route; empty if it can. `gate`: None while it may not be used."""
    if gate is None:
        return "its route stands still; type it again once it goes on, 'gateway doctor' says why"
    if gate.route.partner.partner != partner:
        return "its route leads to another partner by now; ask them yourself"
    if not any(column.field == "reference" for column in gate.route.policy.output):
        return "a return has no reference by which a child could be removed; ask them yourself"
    return ""
