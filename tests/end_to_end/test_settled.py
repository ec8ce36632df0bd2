"""What a person says of a delivery is receipted first; the rest is done, although the power went in between."""

import pytest

from gateway.deliver.disposals import EVERY
from gateway.receipts.receipt import Receipt
from gateway.story.disclosed import Reach, reach_of
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import CENSUS, YSS
from tests.end_to_end.test_answers import answer_instead
from tests.end_to_end.test_changed_routes import change, to_another_partner
from tests.end_to_end.test_deliveries import staged, staging
from tests.end_to_end.test_withdrawal import handed_over, rounds, taken_back, upn_of

__all__ = ["handed_over", "staging"]
ASKED = ("--reason", "confirmed-by-telephone")


def delivered(world):
    world.approved()
    world.run()
    (transfer,) = world.transfers()
    assert world.stages() == [Stage.DELIVERED]
    return transfer


def overdue(world):
    answers(world, "signed", within="PT1H")
    transfer = delivered(world)
    world.clock.turn(hours=2)
    world.run()
    assert world.stages() == [Stage.OVERDUE]
    return transfer


def rejected(world):
    transfer = delivered(world)
    world.partners[YSS].receive(world.clock())
    answer_instead(world, disposition="rejected", code="file-hash", manifest=None, rows=None, checkpoint=None)
    world.run()
    assert world.stages() == [Stage.REJECTED_BY_PARTNER]
    return transfer


def answers(world, acknowledgement, *, within="PT24H"):
    """Within hours: the next day somebody has a birthday, and is taken back."""
    change(world, "partners", "youth-support", 'acknowledgement = "signed"', f'acknowledgement = "{acknowledgement}"')
    change(world, "partners", "youth-support", 'ack_within = "PT24H"', f'ack_within = "{within}"')


def nobody_is_needed(world, type_in):
    """Nothing is listed any more, by either verb: an alarm that nobody can end is one that nobody looks at."""
    assert "nothing is under way" in type_in("status").out
    assert type_in("todo").code == 0


def reach(world, transfer):
    with world.opened() as gateway:
        return reach_of(gateway, transfer)


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


def test_a_return_that_was_set_aside_before_the_power_went_is_taken_out_when_it_is_said_again(world, staging, type_in):
    transfer = staged(world)
    resolved(world, transfer, CENSUS, verdict="absent", reason="overtaken", uid=0)
    assert type_in("resolve", transfer, "absent", "--reason", "overtaken").code == 0
    assert list(staging.iterdir()) == []
    assert world.ladder(transfer).count("resolved") == 1
    assert type_in("resolve", transfer, "absent", "--reason", "overtaken").code == 2, "once"


def test_a_return_that_somebody_has_opened_is_never_certainly_absent(world, staging, type_in, tmp_path):
    transfer = staged(world)
    own = world.partners[CENSUS].home / "keys" / "identity.key"
    assert type_in("open", transfer, "--identity", own, "--into", tmp_path / "mine").code == 0
    assert type_in("resolve", transfer, "absent", "--reason", "overtaken").code == 0
    assert reach(world, transfer) is Reach.PERHAPS


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


def test_a_partner_who_confirms_in_another_way_is_written_down_by_a_person(world, type_in):
    answers(world, "manual", within="PT1H")
    transfer = delivered(world)
    assert type_in("resolve", transfer, "delivered", *ASKED).code == 0
    assert world.ladder(transfer)[-1] == "resolved"
    facts = world.facts(transfer, Stage.RESOLVED)
    assert (facts["verdict"], facts["reason"]) == ("delivered", "confirmed-by-telephone")
    assert not (world.council.configuration.workspace.to_deliver / transfer).exists()
    world.clock.turn(hours=2)
    world.run()
    assert world.stages() == [Stage.RESOLVED], "it does not become overdue"
    nobody_is_needed(world, type_in)


@pytest.mark.parametrize("verdict", ["delivered", "abandoned"])
def test_what_is_overdue_is_closed_by_a_person_and_an_answer_that_comes_later_counts(world, type_in, verdict):
    transfer = overdue(world)
    assert f"gateway resolve {transfer} delivered" in type_in("todo").out
    assert type_in("resolve", transfer, verdict, *ASKED).code == 0
    assert reach(world, transfer) is Reach.LEFT, "deliver saw it there"
    nobody_is_needed(world, type_in)
    (received,) = world.partners[YSS].receive(world.clock())
    assert received.result == "accepted"
    world.clock.at += EVERY
    world.run()
    assert world.ladder(transfer)[-2:] == ["resolved", "acknowledged"]


def test_a_rejection_is_closed_once_it_is_seen_to_and_is_no_less_at_the_partner_for_that(world, type_in):
    transfer = rejected(world)
    assert f"gateway resolve {transfer} abandoned" in type_in("todo").out
    assert type_in("resolve", transfer, "abandoned", "--reason", "dropped-anew").code == 0
    assert reach(world, transfer) is Reach.LEFT
    nobody_is_needed(world, type_in)


def test_a_removal_that_nothing_carries_any_more_is_closed_once_they_were_told(world, handed_over, type_in):
    _, rows = handed_over
    (removal,) = taken_back(world, {"upn": upn_of(world, rows[3])})
    to_another_partner(world, type_in)
    world.run()
    assert world.ladder(removal.transfer)[-1] == "failed"
    told = f"gateway resolve {removal.transfer} delivered"
    assert told in type_in("todo").out
    spoken = type_in("retry", removal.transfer)
    assert (spoken.code, told in spoken.err) == (2, True)
    spoken = type_in("resolve", removal.transfer, "delivered", "--reason", "told-by-telephone")
    assert (spoken.code, f"  {rows[3]['Reference']}  whole" in spoken.out) == (0, True)
    assert not world.council.configuration.workspace.arrival(removal.transfer).exists()
    nobody_is_needed(world, type_in)


@pytest.mark.parametrize(
    ("until", "verdict"),
    [(delivered, "absent"), (overdue, "absent"), (rejected, "absent"), (rejected, "delivered")],
)
def test_nobody_can_say_what_the_log_knows_better(world, type_in, until, verdict):
    transfer = until(world)
    ladder = world.ladder(transfer)
    spoken = type_in("resolve", transfer, verdict, *ASKED)
    assert (spoken.code, "cannot be said of that" in spoken.err) == (2, True)
    assert world.ladder(transfer) == ladder


@pytest.mark.parametrize("verdict", ["delivered", "absent", "abandoned"])
def test_what_has_failed_is_retried_or_recalled_and_not_talked_away(world, type_in, verdict):
    world.approved()
    inbox = world.partners[YSS].files / "inbox"
    inbox.rename(inbox.with_name("away"))
    world.run()
    (transfer,) = world.transfers()
    spoken = type_in("resolve", transfer, verdict, *ASKED)
    assert (spoken.code, f"gateway recall {transfer}" in spoken.err) == (2, True)
    assert world.stages() == [Stage.FAILED]


@pytest.mark.parametrize("verdict", ["delivered", "abandoned"])
@pytest.mark.parametrize("late", [False, True], ids=["delivered", "overdue"])
def test_a_return_that_lies_staged_is_uploaded_and_not_talked_away(world, staging, type_in, late, verdict):
    transfer = staged(world)
    if late:
        world.clock.turn(days=3)
        world.run()
    spoken = type_in("resolve", transfer, verdict, *ASKED)
    assert (spoken.code, f"gateway uploaded {transfer}" in spoken.err) == (2, True)
    assert len(list(staging.iterdir())) == 3


def test_what_a_partner_who_answers_nothing_was_given_is_under_way_no_longer(world, type_in):
    answers(world, "none", within="PT1H")
    delivered(world)
    world.clock.turn(hours=2)
    world.run()
    nobody_is_needed(world, type_in)


def test_what_was_settled_when_it_had_failed_has_left_its_number_to_the_next(world, handed_over, type_in):
    """The route goes to another partner, and comes back; the first still waits for the number after the last it had."""
    _, rows = handed_over
    (removal,) = taken_back(world, {"upn": upn_of(world, rows[3])})
    world.run("prepare")
    assert world.facts(removal.transfer, Stage.SEALED)["sequence"] == 2
    to_another_partner(world, type_in)
    world.run()
    world.clock.turn(hours=6)
    world.run()
    assert world.ladder(removal.transfer)[-1] == "failed"
    assert type_in("resolve", removal.transfer, "delivered", "--reason", "told-by-telephone").code == 0
    change(world, "routes", "yss", 'partner = "other-service"', 'partner = "youth-support"')
    (again,) = taken_back(world, {"upn": upn_of(world, rows[4])})
    rounds(world)
    assert world.facts(again.transfer, Stage.SEALED)["sequence"] == 2
    assert world.ladder(again.transfer)[-1] == "acknowledged"


def test_a_removal_that_the_partner_rejects_is_told_by_a_person_who_learns_of_whom(world, handed_over, type_in):
    _, rows = handed_over
    (removal,) = taken_back(world, {"upn": upn_of(world, rows[3])})
    world.run()
    world.partners[YSS].receive(world.clock())
    rejection = {"disposition": "rejected", "code": "file-hash", "manifest": None, "rows": None, "checkpoint": None}
    answer_instead(world, of=removal.transfer, **rejection)
    world.run()
    assert world.ladder(removal.transfer)[-1] == "rejected-by-partner"
    assert type_in("resend", removal.transfer).code == 2
    spoken = type_in("resolve", removal.transfer, "abandoned", "--reason", "told-by-telephone")
    assert (spoken.code, f"  {rows[3]['Reference']}  whole" in spoken.out) == (0, True)
    assert not world.council.configuration.workspace.arrival(removal.transfer).exists()


def test_what_outlived_its_extract_undelivered_is_told_to_its_owner(world):
    world.approved()
    world.run("prepare")
    (transfer,) = world.transfers()
    (world.council.configuration.workspace.arrival(transfer) / "extract").unlink()  # its days are over
    world.clock.turn(hours=6)
    world.run()
    world.run()
    assert world.stages() == [Stage.REFUSED]
    assert "nothing left, and the extract was kept as long as it may be" in world.refused()[f"{transfer}.txt"]
