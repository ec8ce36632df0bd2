"""What a person says of a delivery is receipted first; the rest is done, although the power went in between."""

import pytest

from gateway.deliver.disposals import EVERY
from gateway.receipts.receipt import Receipt
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS
from tests.end_to_end.test_deliveries import staged, staging

__all__ = ["staging"]


def resolved(world, transfer, route, **facts):
    with world.opened() as gateway:
        receipt = Receipt.of_stage(
            Stage.RESOLVED, transfer=transfer, route=route, at=world.clock(), facts=Facts(**facts)
        )
        gateway.log.append(receipt)


def test_a_return_whose_upload_was_receipted_before_the_power_went_is_taken_out_when_it_is_said_again(
    world, staging, type_in
):
    transfer = staged(world)
    resolved(world, transfer, CENSUS, verdict="uploaded", reference="COLLECT-2026/17", uid=0)
    assert type_in("uploaded", transfer, "--reference", "COLLECT-2026/17").code == 0
    assert list(staging.iterdir()) == []
    assert not (world.council.configuration.workspace.to_deliver / transfer).exists()
    assert world.ladder(transfer).count("resolved") == 1


def test_what_was_settled_before_the_power_went_has_no_order_and_no_extract_after_the_next_start(world):
    transfer = world.in_doubt()
    resolved(world, transfer, YSS, verdict="delivered", reason="asked", uid=0)
    world.run("prepare")
    workspace = world.council.configuration.workspace
    assert not (workspace.to_deliver / transfer).exists()
    assert not workspace.arrival(transfer).exists()


@pytest.mark.parametrize("verdict", ["delivered", "absent", "abandoned"])
def test_an_acknowledgement_that_comes_after_a_person_has_settled_it_still_counts(world, type_in, verdict):
    """What was thought to be swept away lies there all the same, and the partner takes it."""
    world.approved()
    world.run("prepare")
    world.run("deliver")
    kept = {path: path.read_bytes() for path in (world.partners[YSS].files / "inbox").iterdir()}
    transfer = world.swept_away()
    assert type_in("resolve", transfer, verdict, "--reason", "asked").code == 0
    for path, content in kept.items():
        path.write_bytes(content)
    (received,) = world.partners[YSS].receive(world.clock())
    assert received.result == "accepted"
    world.clock.at += EVERY
    world.run()
    assert world.ladder(transfer)[-2:] == ["resolved", "acknowledged"]
