"""What a person recalls when it has left, or leaves in that very moment: the partner is told, or a person is."""

import pytest

from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS
from tests.end_to_end.test_changed_routes import sealed, to_another_partner
from tests.end_to_end.test_deliveries import identity, staged, staging
from tests.end_to_end.test_recall import WHY, receipted_and_no_more, the_one
from tests.end_to_end.test_withdrawal import handed_over, removal_at_the_partner, rounds

__all__ = ["handed_over", "staging"]


@pytest.mark.parametrize("said", [True, False], ids=["said", "receipted-and-no-more"])
def test_what_left_in_the_same_moment_is_removed_at_the_partner_by_itself(world, type_in, said):
    sealed(world)
    transfer = the_one(world)
    world.run("deliver")  # prepare does not know yet
    if said:
        assert type_in("recall", transfer, *WHY).code == 0
    else:
        receipted_and_no_more(world, transfer)
    rounds(world)
    rounds(world)
    assert "delivered" in world.ladder(transfer)
    received = [path for path in world.partners[YSS].received if "removal" not in path.name]
    assert len(received) == 1
    assert len(removal_at_the_partner(world)) == len(received[0].read_text("utf-8").splitlines()) - 1
    assert world.stages() == [Stage.ACKNOWLEDGED, Stage.ACKNOWLEDGED]


def test_staffs_folders_being_away_keep_no_recalled_child_at_the_partner(world, type_in):
    """And somebody settles it meanwhile, since it looks as if nothing more came of it."""
    sealed(world)
    transfer = the_one(world)
    world.run("deliver")
    receipted_and_no_more(world, transfer)
    outcomes = world.council.drop_folder(YSS) / "outcomes"
    outcomes.rmdir()
    outcomes.write_text("in the way")
    world.run("prepare")
    assert type_in("resolve", transfer, "delivered", "--reason", "asked").code == 0
    outcomes.unlink()
    outcomes.mkdir()
    rounds(world)
    rounds(world)
    assert len(removal_at_the_partner(world)) > 0


def came_through(type_in):
    return [line for line in type_in("todo").out.splitlines() if "recalled" in line]


def test_a_return_that_came_through_is_an_alarm_until_somebody_has_looked_at_it(world, type_in):
    """It has no references by which its partner could be told."""
    world.approved(route=CENSUS)
    world.run("prepare")
    (transfer,) = world.transfers(CENSUS)
    world.run("deliver")
    assert type_in("recall", transfer, *WHY).code == 0
    world.run()
    world.partners[CENSUS].receive(world.clock())
    world.run()
    assert world.ladder(transfer)[-1] == "acknowledged"
    assert "a recalled handoff has come, or may have come, to its partner" in came_through(type_in)[0]
    assert f"gateway incident {transfer}" in type_in("todo").out
    assert type_in("incident", transfer).code == 0
    assert came_through(type_in) == []


def test_a_return_that_was_staged_in_the_same_moment_stays_shut(world, staging, type_in, tmp_path):
    world.approved(route=CENSUS)
    world.run("prepare")
    (transfer,) = world.transfers(CENSUS)
    world.run("deliver")
    assert type_in("recall", transfer, *WHY).code == 0
    world.run()
    assert world.ladder(transfer)[-1] == "delivered"
    spoken = type_in("open", transfer, "--identity", identity(world), "--into", tmp_path / "mine")
    assert (spoken.code, f"gateway resolve {transfer} absent" in spoken.err) == (2, True)
    told = type_in("todo").out
    assert (f"gateway resolve {transfer} absent" in told, "gateway uploaded" in told) == (True, False)
    type_in("incident", transfer)
    assert came_through(type_in) != [], "it lies there still"
    assert type_in("resolve", transfer, "absent", "--reason", "recalled").code == 0
    assert (list(staging.iterdir()), came_through(type_in)) == ([], [])


def test_nothing_is_receipted_where_nothing_can_be_prepared(world, handed_over, type_in):
    transfer, _ = handed_over
    world.council.configuration.workspace.disclosures(f"{transfer}.parquet").unlink()
    assert type_in("recall", transfer, *WHY).code in (70, 74)
    assert "recalled" not in world.ladder(transfer)


def test_a_whole_transfer_is_removed_once_it_has_left(world, handed_over, type_in):
    transfer, rows = handed_over
    spoken = type_in("recall", transfer, *WHY)
    assert (spoken.code, "youth-support is told to remove them" in spoken.out) == (0, True)
    rounds(world)
    assert {row["Reference"] for row in removal_at_the_partner(world)} == {row["Reference"] for row in rows}
    assert "recalled" in world.ladder(transfer)
    assert len(world.transfers()) == 2, "one removal"
    assert world.stages()[-1] is Stage.ACKNOWLEDGED


def test_a_staged_return_is_taken_out_of_its_folder_and_not_recalled(world, staging, type_in, tmp_path):
    transfer = staged(world)
    spoken = type_in("recall", transfer, *WHY)
    assert (spoken.code, f"gateway resolve {transfer} absent" in spoken.err) == (2, True)
    assert type_in("open", transfer, "--identity", identity(world), "--into", tmp_path / "mine").code == 0


def test_what_one_partner_was_given_is_not_removed_at_the_one_that_followed_it(world, handed_over, type_in):
    transfer, _ = handed_over
    to_another_partner(world, type_in)
    spoken = type_in("recall", transfer, *WHY)
    assert (spoken.code, "leads to another partner" in spoken.err) == (2, True)
    assert "recalled" not in world.ladder(transfer)
