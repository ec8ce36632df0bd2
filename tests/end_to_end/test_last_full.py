"""What the partner holds is told by the last full parcel, however long ago that was."""

from gateway.footing.ledger import transfers
from gateway.footing.ledger.transfers import TransferRow
from gateway.receipts.receipt import Receipt
from gateway.service.wiring import gates_of
from gateway.story.brake import last_full
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage, TransferId
from tests.end_to_end.conftest import YSS
from tests.end_to_end.test_withdrawal import handed_over

__all__ = ["handed_over"]


def test_after_a_hundred_removals_the_last_full_parcel_is_still_the_measure(world, handed_over):
    transfer, _ = handed_over
    with world.opened() as gateway:
        gate = gates_of(gateway, world.council.configuration, world.clock())[YSS]
        sealed = dict(gateway.log.last(transfer, Stage.SEALED).receipt.facts) | {"scope": "removal"}
        for number in range(101):
            removal = TransferId.new(world.clock(), number.to_bytes)
            row = TransferRow(
                id=removal,
                route=YSS,
                partner=gate.route.partner.partner,
                scope="removal",
                extract_digest="0" * 64,
                statement_digest=None,
                created=world.clock(),
            )
            with gateway.ledger.writing() as tx:
                transfers.insert_transfer(tx, row)
                transfers.set_sequence(tx, removal, number + 2)
            stages = (
                (Stage.WITHDRAWN, {"uid": 0, "count": 1}),
                (Stage.SEALED, sealed),
                (Stage.DELIVERED, {"verified_by": "size"}),
            )
            gateway.log.append(
                *(
                    Receipt.of_stage(stage, transfer=removal, route=YSS, at=world.clock(), facts=Facts(**facts))
                    for stage, facts in stages
                )
            )
        assert last_full(gate).transfer == transfer
