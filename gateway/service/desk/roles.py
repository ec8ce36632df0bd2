"""Which verb of the desk is for whom. Pure, and the only place that says so.

    handoff-operator   runs the gateway: sees where everything stands and what needs a person, settles deliveries, takes
                       down decisions and holds, counts what a file would release
    handoff-dpo        the data protection officer: takes down and takes back as well, and every look at a child
    handoff-analyst    prepares extracts: counts what a file would release
    handoff-returns    uploads returns by hand: opens what is sealed to them, and says that it was uploaded

What wants a signature wants it all the same: a group opens the desk, it signs nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from gateway.vocabulary.errors import Refused, UsageError

OPERATOR, DPO, ANALYST, RETURNS = ROLES = ("operator", "dpo", "analyst", "returns")
MAY: Final[Mapping[str, frozenset[str]]] = {
    "preview": frozenset({OPERATOR, DPO, ANALYST}),
    "preview --rules": frozenset({DPO}),
    "preview --child": frozenset({DPO}),
    "disclosures": frozenset({DPO}),
    "incident": frozenset({DPO}),
    "hold add": frozenset({OPERATOR, DPO}),
    "hold lift": frozenset({OPERATOR, DPO}),
    "hold list": frozenset({DPO}),
    "hold release": frozenset({DPO}),
    "consent import": frozenset({OPERATOR, DPO}),
    "consent record": frozenset({OPERATOR, DPO}),
    "consent withdraw": frozenset({OPERATOR, DPO}),
    "consent show": frozenset({DPO}),
    "withdraw": frozenset({OPERATOR, DPO}),
    "recall": frozenset({OPERATOR, DPO}),
    "status": frozenset({OPERATOR, DPO}),
    "todo": frozenset({OPERATOR, DPO}),
    "receipts list": frozenset({OPERATOR, DPO}),
    "receipts show": frozenset({OPERATOR, DPO}),
    "receipts show --by-rule": frozenset({DPO}),
    "purge --legal-hold": frozenset({DPO}),
    "purge --legal-hold-child": frozenset({DPO}),
    "purge --lift": frozenset({DPO}),
    "purge --lift-child": frozenset({DPO}),
    "retry": frozenset({OPERATOR}),
    "resend": frozenset({OPERATOR}),
    "resolve": frozenset({OPERATOR}),
    "open": frozenset({RETURNS}),
    "uploaded": frozenset({OPERATOR, RETURNS}),
}
"""Act: the roles that may. What is not in it, nobody may ask for here."""


def group_of(role: str) -> str:
    return f"handoff-{role}"


def act_of(words: Sequence[str]) -> str:
    """The act that these words of a verb are; the one for fewer people, where an option decides. UsageError if none."""
    for act in sorted(MAY, key=len, reverse=True):
        if _is_act(act.split(" "), words):
            return act
    raise UsageError("the desk of prepare knows no such verb", remedy="'gateway --help' lists the verbs")


def is_for_desk(words: Sequence[str]) -> bool:
    """Whether these words are an act of anybody's here: some verbs are only with certain options."""
    try:
        act_of(words)
    except UsageError:
        return False
    return True


def _is_act(act: Sequence[str], words: Sequence[str]) -> bool:
    """Its verb, and the verb below that, stand first; its option anywhere behind them."""
    verbs = [word for word in act if not word.startswith("--")]
    options = act[len(verbs) :]
    rest = words[len(verbs) :]
    return list(words[: len(verbs)]) == verbs and all(
        any(word == option or word.startswith(f"{option}=") for word in rest) for option in options
    )


def check(words: Sequence[str], roles: Iterable[str]) -> None:
    """
    Raises:
        UsageError: there is no such act.
        Refused: it is not for any of these roles; says which groups it is for.
    """
    act = act_of(words)
    if not MAY[act] & set(roles):
        groups = " or ".join(group_of(role) for role in ROLES if role in MAY[act])
        raise Refused(
            f"'gateway {act}' is for members of {groups}",
            remedy="whoever administers this machine can put a user into a group; log in anew afterwards",
        )
