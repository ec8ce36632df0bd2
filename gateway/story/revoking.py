"""Takes back what has not left yet, when a hold, a decision, the day or the route has changed since it was sealed.

The mark is set where deliver looks directly before the rename that releases. Only deliver
can say that it stopped: until then the transfer may still turn out to be delivered.

Crash point. (V1) receipted, not marked: every round marks all that are revoked once more.
"""

from collections.abc import Mapping
from datetime import datetime

from gateway.footing import mailbox
from gateway.footing.ledger import transfers
from gateway.footing.telemetry import LogEvent
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate, Gateway
from gateway.story.minimising import InForce, rules_in_force
from gateway.story.sequence import under_way
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId


def revoke_overtaken(gateway: Gateway, gates: Mapping[str, Gate], at: datetime) -> int:
    """How many parcels were taken back; the mark is durable for each when this returns."""
    now = {name: _judged_by(gate, at) for name, gate in gates.items() if gateway.log.in_stage(Stage.SEALED, route=name)}
    overtaken = [
        (transfer, route)
        for transfer, route in _sealed(gateway)
        if route not in now or _sealed_by(gateway, transfer) != now[route]
    ]
    for transfer, route in overtaken:
        reason = "rules-changed" if route in now else "route-suspended"
        _record(gateway, transfer, route, reason, at)
    for transfer in gateway.log.in_stage(Stage.REVOKED):  # (V1)
        mailbox.revoke(gateway.workspace.to_deliver, transfer)
    return len(overtaken)


def revoke_out_of_turn(gate: Gate, at: datetime) -> None:
    """What was sealed behind a parcel that never leaves now: deliver would wait for that one in vain."""
    for one in under_way(gate):
        if one.stage is Stage.SEALED and not one.in_turn:
            _record(gate.gateway, one.transfer, gate.name, "out-of-turn", at)
            mailbox.revoke(gate.gateway.workspace.to_deliver, one.transfer)  # (V1)


def _sealed(gateway: Gateway) -> list[tuple[TransferId, str]]:
    with gateway.ledger.reading() as tx:
        rows = [transfers.get(tx, transfer) for transfer in gateway.log.in_stage(Stage.SEALED)]
    # no rule overtakes a removal: what should be gone at the partner still should
    return [(row.id, row.route) for row in rows if row and row.scope != "removal"]


def _judged_by(gate: Gate, at: datetime) -> tuple[str, str, str]:
    _, in_force, _ = rules_in_force(gate, at)
    return _spelled(in_force, str(gate.route.digest()))


def _sealed_by(gateway: Gateway, transfer: TransferId) -> tuple[str, str, str]:
    sealed = gateway.log.last(transfer, Stage.SEALED)
    if sealed is None:
        raise StorageError(f"transfer {transfer} is sealed without its receipt", remedy="run 'gateway receipts verify'")
    facts = sealed.receipt.facts
    return str(facts["register"]), str(facts["holds"]), str(facts["route_hash"])


def _spelled(in_force: InForce, route: str) -> tuple[str, str, str]:
    return str(in_force.register), str(in_force.holds), route


def _record(gateway: Gateway, transfer: TransferId, route: str, reason: str, at: datetime) -> None:
    facts = Facts(reason=reason)
    gateway.log.append(Receipt.of_stage(Stage.REVOKED, transfer=transfer, route=route, at=at, facts=facts))
    gateway.telemetry.event(
        LogEvent.STAGE_REACHED, facts | Facts(transfer=transfer, route=route, stage=str(Stage.REVOKED))
    )
