"""A delivery whose acknowledgement did not come in time gets a rung of its own: silence is never taken for success.

A later answer still counts. The receipt is written once, since the rung may not follow itself.
"""

from datetime import datetime

from gateway.footing.telemetry import LogEvent
from gateway.receipts.receipt import Receipt
from gateway.story.gate import Gate
from gateway.vocabulary import moment
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage


def strike(gate: Gate, at: datetime) -> int:
    """How many became overdue."""
    partner, log = gate.route.partner, gate.gateway.log
    if partner.acknowledgement == "none":
        return 0
    # whatever was made more recently than a partner may take cannot be late: its receipts need not be read
    old = [
        transfer
        for transfer in log.in_stage(Stage.DELIVERED, route=gate.name)
        if at - transfer.made > partner.ack_within
    ]
    late = [one for one in log.stood(old) if at - one.newest.receipt.at > partner.ack_within]
    for one in late:
        facts = Facts(partner=partner.partner, observed=moment.spell(one.newest.receipt.at))
        log.append(Receipt.of_stage(Stage.OVERDUE, transfer=one.transfer, route=gate.name, at=at, facts=facts))
        reached = Facts(transfer=one.transfer, route=gate.name, stage=str(Stage.OVERDUE))
        gate.gateway.telemetry.event(LogEvent.STAGE_REACHED, reached)
    return len(late)
