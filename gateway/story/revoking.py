"""Takes back what has not left yet, when a hold, a decision, the day or the route has changed since it was sealed, or
a person has recalled it.

The mark is set where deliver looks directly before the rename that releases. Only deliver
can say that it stopped: until then the transfer may still turn out to be delivered.

What has failed is marked as well, and stays failed: deliver does nothing until a person has it try
again, and then says first that it stopped (`observing`).

Crash point. (V1) receipted, not marked: every round marks all that are revoked once more.
"""

from collections.abc import Mapping
from datetime import datetime

from gateway.footing import mailbox
from gateway.footing.ledger import transfers
from gateway.footing.ledger.transfers import TransferRow
from gateway.footing.telemetry import LogEvent
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate, Gateway
from gateway.story.minimising import InForce, rules_in_force
from gateway.story.recalled import RECALLED, is_recalled
from gateway.story.sequence import under_way
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId

_MAY_LEAVE = (Stage.SEALED, Stage.FAILED)


def revoke_overtaken(gateway: Gateway, gates: Mapping[str, Gate], at: datetime) -> int:
    """How many parcels may not leave as they are; the mark is durable for each when this returns."""
    now = {
        name: _judged_by(gate, at) for name, gate in gates.items() if gateway.log.in_stage(*_MAY_LEAVE, route=name)
    }  # fmt: skip
    overtaken = {row.id: (row.route, why) for row in _parcels(gateway) if (why := _why_not(gateway, row, now))}
    for transfer, (route, why) in overtaken.items():
        _record(gateway, transfer, route, why, at)
    for transfer in sorted({*gateway.log.in_stage(Stage.REVOKED), *overtaken}):  # (V1)
        gateway.check_turn()
        mailbox.revoke(gateway.workspace.to_deliver, transfer)
    return len(overtaken)


def revoke(gateway: Gateway, transfer: TransferId, route: str, reason: str, at: datetime) -> None:
    """This one may not leave as it is; the mark is durable when this returns."""
    _record(gateway, transfer, route, reason, at)
    mailbox.revoke(gateway.workspace.to_deliver, transfer)  # (V1)


def let_go(gateway: Gateway, transfer: TransferId) -> None:
    """Of what has failed, and is revoked: deliver looks at it once more, and says that it stopped. Nothing where no order lies."""
    if (gateway.workspace.to_deliver / transfer / mailbox.ORDER).exists():
        mailbox.try_again(gateway.workspace.to_deliver, transfer, mailbox.LET_GO)


def revoke_out_of_turn(gate: Gate, at: datetime) -> None:
    """What was sealed behind a parcel that never leaves now: deliver would wait for that one in vain."""
    for one in under_way(gate):
        if one.stage is Stage.SEALED and not one.in_turn:
            revoke(gate.gateway, one.transfer, gate.name, "out-of-turn", at)


def _parcels(gateway: Gateway) -> list[TransferRow]:
    with gateway.ledger.reading() as tx:
        rows = [transfers.get(tx, transfer) for transfer in gateway.log.in_stage(*_MAY_LEAVE)]
    # no rule overtakes a removal: what should be gone at the partner still should
    return [row for row in rows if row and row.scope != "removal" and not _is_marked(gateway, row.id)]


def _is_marked(gateway: Gateway, transfer: TransferId) -> bool:
    """A failed parcel that was taken back already, or has no order that a person could have tried again."""
    stage = gateway.log.stage(transfer)
    return stage is Stage.FAILED and mailbox.is_revoked(gateway.workspace.to_deliver / transfer)


def _why_not(gateway: Gateway, row: TransferRow, now: Mapping[str, tuple[str, str, str]]) -> str | None:
    """Why it may not leave as it was sealed; None if it may. `now`: by route in service, what would be sealed by."""
    if is_recalled(gateway, row.id):
        return RECALLED
    if row.route not in now:
        return "route-suspended"
    return None if _sealed_by(gateway, row.id) == now[row.route] else "rules-changed"


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
    """Of what is sealed: somebody else may have taken it back meanwhile, or deliver have told of it; what failed stays so."""
    facts = Facts(reason=reason)
    with gateway.ledger.writing() as tx:
        if gateway.log.stage(transfer) is not Stage.SEALED:
            return
        receipt = Receipt.of_stage(Stage.REVOKED, transfer=transfer, route=route, at=at, facts=facts)
        gateway.log.append_in(tx, receipt)
    gateway.telemetry.event(
        LogEvent.STAGE_REACHED, facts | Facts(transfer=transfer, route=route, stage=str(Stage.REVOKED))
    )
