"""An extract that was claimed and does not leave goes back to its owner, whatever came between receipt and giving back."""

from gateway.footing import mailbox
from gateway.receipts.receipt import Receipt
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS


def cut_off(world, stage, reason):
    """Of a parcel that was taken back: its end is receipted, and the power went before the extract was given back."""
    world.approved()
    world.run("prepare")
    (transfer,) = world.transfers()
    with world.opened() as gateway:
        for rung, facts in ((Stage.REVOKED, Facts(reason="rules-changed")), (stage, Facts(reasons=(reason,)))):
            gateway.log.append(Receipt.of_stage(rung, transfer=transfer, route=YSS, at=world.clock(), facts=facts))
    mailbox.close_order(world.council.configuration.workspace.to_deliver, transfer)
    return transfer


def test_a_pause_that_was_cut_off_gives_the_extract_back_at_the_next_round(world):
    transfer = cut_off(world, Stage.PAUSED, "over-rows")
    world.run("prepare")
    assert (world.council.drop_folder(YSS) / f"again-{transfer}.csv").exists()
    assert not world.council.configuration.workspace.arrival(transfer).exists()


def test_a_refusal_that_was_cut_off_gives_the_extract_back_and_says_why(world):
    transfer = cut_off(world, Stage.REFUSED, "nothing-to-release")
    extract = (world.council.configuration.workspace.arrival(transfer) / "extract").read_bytes()
    world.run("prepare")
    assert (world.council.drop_folder(YSS) / "refused" / f"{transfer}.csv").read_bytes() == extract
    assert "nothing-to-release" in world.refused()[f"{transfer}.txt"]
    assert not world.council.configuration.workspace.arrival(transfer).exists()
