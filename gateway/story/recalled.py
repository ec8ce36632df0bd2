"""Of which transfers a person has said that they shall not leave: it stands in the log, and is asked there.

A recalled transfer is taken back wherever it stands (`revoking`), never made again (`prepare`), never handed to deliver
(`carrying`); and if deliver was quicker, its partner is told to remove everybody (`overtaken`).
"""

from typing import Final

from gateway.approval.rules import Reason
from gateway.story.gate import Gate, Gateway
from gateway.story.refusing import Refusal
from gateway.vocabulary.transfer import Stage, TransferId

RECALLED: Final = "recalled"
NOT_REMOVED = frozenset({Stage.REFUSED, Stage.REJECTED_BY_PARTNER})
REFUSAL = Refusal(reasons=(Reason(RECALLED, "somebody took it back before it left; drop it again if it may leave"),))


def is_recalled(gateway: Gateway, transfer: TransferId) -> bool:
    return gateway.log.last(transfer, RECALLED) is not None


def recalled_in(gate: Gate, *stages: Stage) -> list[tuple[TransferId, Stage]]:
    """Those of this route that stand there, oldest first; costs as much as were ever recalled."""
    recalled = reversed(gate.gateway.log.entries(kinds=(RECALLED,), route=gate.name))
    named = dict.fromkeys(transfer for entry in recalled if (transfer := entry.receipt.transfer))
    found = ((transfer, gate.gateway.log.stage(transfer)) for transfer in named)
    return [(transfer, stage) for transfer, stage in found if stage in stages]


def has_removal(gateway: Gateway, route: str, transfer: TransferId) -> bool:
    """Its partner was told, or will be, to remove everybody whom it released; not where that was given up or rejected."""
    removals = gateway.log.entries(kinds=(Stage.WITHDRAWN,), route=route)
    made = [one.receipt.transfer for one in removals if one.receipt.facts.get("supersedes") == transfer]
    return any(gateway.log.stage(removal) not in NOT_REMOVED for removal in made if removal)
