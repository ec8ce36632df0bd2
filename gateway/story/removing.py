"""One removal: its list sealed, receipted, handed to deliver, as `carrying` does with an arrival.

It is sealed again when its time has passed before it left. No hold and no decision overtakes
it: what should be gone at the partner still should. One that comes in the moment of its sealing
has it sealed at the next round.
"""

from dataclasses import replace
from datetime import datetime

from gateway.minimise.outcome import Outcome
from gateway.seal.sealing import Settled
from gateway.story.addressing import seal_for
from gateway.story.carrying import draft_of, empty_folder, hand_on
from gateway.story.gate import Gate
from gateway.story.minimising import rules_in_force
from gateway.story.withdrawing import LIST, SCOPE, listed
from gateway.vocabulary.transfer import TransferId


def carry_removal(gate: Gate, transfer: TransferId, at: datetime) -> None:
    """From its list to an order for deliver; safe to run again from any point."""
    workspace = gate.gateway.workspace
    data, children = listed(workspace.arrival(transfer) / LIST)
    draft = replace(draft_of(gate, transfer, at, file_name=f"{gate.name}-removal.csv"), scope=SCOPE)
    folder, settled = empty_folder(gate.gateway, transfer), Settled(rows=children)
    parcel = seal_for(gate.gateway, draft, folder, [data], lambda: settled)
    _, in_force, _ = rules_in_force(gate, at)
    removed = Outcome(rows_in=children, rows_out=children, withheld={}, rejected={}, fields={}, tiers={})
    hand_on(gate, draft, parcel, removed, in_force, at=at)
