"""An extract that was claimed and does not leave goes back to its owner: below refused/, or into the drop folder again.

Crash point. (G1) receipted as refused or paused, the extract still among the arrivals, since the power went or the outbox
was away: every round gives back what lies there. Which rows and columns it was, the receipt does not tell any more.
"""

from collections.abc import Iterator
from datetime import datetime

from gateway.approval.rules import Reason
from gateway.footing import durable
from gateway.footing.drop_folder import DropFolder
from gateway.footing.ledger import transfers
from gateway.story.carrying import EXTRACT
from gateway.story.gate import Gate
from gateway.story.outcomes import tell_outcome
from gateway.story.refusing import Refusal, return_refused
from gateway.vocabulary.transfer import Stage, TransferId

GOING_ON = (Stage.APPROVED, Stage.WITHDRAWN, Stage.SEALED, Stage.REVOKED, Stage.FAILED)
AS_RECEIPTED = "as its receipt says; where in the file is not known any more"


def give_back(gate: Gate, at: datetime) -> None:
    """What was refused or paused and still lies here."""
    for transfer in _ended_here(gate):
        stage = gate.gateway.log.stage(transfer)
        if stage is Stage.PAUSED:
            lay_back(gate, transfer)
            tell_outcome(gate, transfer)
        elif stage is Stage.REFUSED and gate.gateway.log.last(transfer, Stage.APPROVED):
            # without an approval it was never claimed, and lies where it was dropped
            return_refused(gate, transfer, _as_receipted(gate, transfer), at)


def _ended_here(gate: Gate) -> Iterator[TransferId]:
    """Extracts of this route among the arrivals that nothing waits for any more; one question tells of all the others."""
    arrivals = gate.gateway.workspace.arrivals
    going_on = set(gate.gateway.log.in_stage(*GOING_ON))
    for transfer in (TransferId(folder.name) for folder in sorted(arrivals.iterdir())):
        if transfer not in going_on and (arrivals / transfer / EXTRACT).exists() and _is_ours(gate, transfer):
            yield transfer


def lay_back(gate: Gate, transfer: TransferId) -> str:
    """Into the drop folder, under the name that is returned, where a new statement awaits two signatures."""
    arrival = gate.gateway.workspace.arrival(transfer)
    name = f"again-{transfer}.{gate.route.schema.format}"
    with DropFolder(gate.gateway.workspace.drop_folder(gate.name)) as folder:
        if folder.identity(name) is None:
            with (arrival / EXTRACT).open("rb") as extract:
                folder.put(name, extract)
    durable.discard_folder(arrival)
    return name


def _is_ours(gate: Gate, transfer: TransferId) -> bool:
    with gate.gateway.ledger.reading() as tx:
        row = transfers.get(tx, transfer)
    return row is not None and row.route == gate.name


def _as_receipted(gate: Gate, transfer: TransferId) -> Refusal:
    refused = gate.gateway.log.last(transfer, Stage.REFUSED)
    slugs = refused.receipt.facts["reasons"] if refused else ()
    known = slugs if isinstance(slugs, tuple) else ()
    return Refusal(reasons=tuple(Reason(str(slug), AS_RECEIPTED) for slug in known))
