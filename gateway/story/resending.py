"""Handing over the same file once more, because a person says so: a new transfer, judged anew, signed anew.

Nothing is sent by this. The file lies in the drop folder again (or has to be dropped again, if
our copy is unlinked by now), gets a new statement, and needs two new signatures; what leaves
is what the rules of that day let out. Only the refusal "this very file was dropped before" is
lifted, for the one transfer that is named.

Crash point. (N1) receipted, not put back: whoever runs it again puts the file back.
"""

from dataclasses import dataclass

from gateway.receipts.receipt import Receipt
from gateway.story.carrying import EXTRACT
from gateway.story.gate import Gate
from gateway.story.giving_back import lay_back
from gateway.story.withdrawing import is_removal
from gateway.vocabulary.errors import UsageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

RESENT = "resent"
MAY_BE_RESENT = frozenset(
    {
        Stage.DELIVERED,
        Stage.OVERDUE,
        Stage.RESOLVED,
        Stage.ACKNOWLEDGED,
        Stage.REJECTED_BY_PARTNER,
        Stage.DISPOSED,
    }
)
"""Of any other, a parcel may still be on its way: then two would arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resent:
    name: str | None
    """Ours, in the drop folder; None if the file has to be dropped again."""


def resend(gate: Gate, transfer: TransferId, *, uid: int) -> Resent:
    """UsageError while its parcel may still arrive, or if it was never sealed."""
    gateway = gate.gateway
    if is_removal(gateway, transfer):
        raise UsageError(
            f"transfer {transfer} is a removal: no file was dropped for it", remedy="gateway withdraw makes another"
        )
    stage = gateway.log.stage(transfer)
    if stage not in MAY_BE_RESENT:
        raise UsageError(
            f"transfer {transfer} cannot be resent: it stands at {stage}",
            remedy="'gateway retry' takes up what failed, 'gateway resolve' settles what is in doubt; what was refused is put right and dropped again",
        )
    if not is_resent(gate, transfer):
        receipt = Receipt(kind=RESENT, transfer=transfer, route=gate.name, at=gateway.clock(), facts=Facts(uid=uid))
        gateway.log.append(receipt)  # (N1)
    return Resent(name=_put_back(gate, transfer))


def is_resent(gate: Gate, transfer: TransferId) -> bool:
    """Whether a person has said that its file may be handed over once more."""
    return any(entry.receipt.kind == RESENT for entry in gate.gateway.log.of_transfer(transfer))


def _put_back(gate: Gate, transfer: TransferId) -> str | None:
    arrival = gate.gateway.workspace.arrival(transfer)
    if not (arrival / EXTRACT).exists():
        return None
    return lay_back(gate, transfer)
