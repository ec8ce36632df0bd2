"""Every place at which the deliver half can stop: nothing is sent twice, nothing is said that is not so."""

from datetime import timedelta

import pytest

from gateway.deliver.retry import LONGEST
from gateway.footing import mailbox
from gateway.vocabulary.errors import HostKeyMismatch
from gateway.vocabulary.parcel import names_of
from tests.simulators.deliver_half import RELEASE_BY, answer


def test_d1_a_try_that_was_numbered_and_no_more_is_followed_by_another_number(half):
    transfer = half.post()
    half.yss.unreachable_after = 150
    half.round()
    half.attempts.begin(transfer)  # the machine stops here
    half.restart()
    half.yss.unreachable_after = None
    half.wait(minutes=1)
    assert half.round() == [("delivered", transfer, None)]
    assert half.attempts.begin(transfer).number == 4


def test_d2_before_the_intent_nothing_was_visible_and_it_is_sent_again(half):
    transfer = half.post()
    half.restart(before=("record_intent",))
    half.cut()
    assert not set(half.yss.inbox) & set(names_of(transfer))
    half.restart()
    assert half.round() == [("delivered", transfer, None)]
    assert half.yss.releases == 1


def intent_recorded_and_no_rename(half):
    half.restart(after=("record_intent",))
    half.cut()
    half.restart()


def test_d2_after_the_intent_a_parcel_that_never_left_is_sent_again(half):
    transfer = half.post()
    intent_recorded_and_no_rename(half)
    assert half.round() == [("delivered", transfer, None)]
    assert half.yss.releases == 1
    assert sorted(half.yss.inbox) == sorted(names_of(transfer))


def released_and_not_reported(half):
    half.restart(before=("settled",))
    half.workspace.from_deliver.rename(half.workspace.state / "away")
    half.round()  # delivered, and the report fails
    (half.workspace.state / "away").rename(half.workspace.from_deliver)
    half.restart()
    half.wait(minutes=1)


def test_d2_after_the_rename_the_final_name_tells(half):
    transfer = half.post()
    released_and_not_reported(half)
    assert half.round() == [("delivered", transfer, None)]
    assert half.yss.releases == 1


def test_d2_a_parcel_that_the_partner_has_taken_away_is_in_doubt_and_never_sent_again(half):
    transfer = half.post()
    released_and_not_reported(half)
    half.yss.inbox.clear()
    assert half.round() == [("in-doubt", transfer, "outcome-unknown")]
    half.wait(days=1)
    assert half.round() == []
    assert half.yss.releases == 1
    assert half.yss.inbox == {}


def test_what_is_in_doubt_is_still_answered(half):
    transfer = half.post()
    released_and_not_reported(half)
    half.yss.inbox.clear()
    half.round()
    answer(half.yss, transfer)
    assert half.round() == [("answered", transfer, None)]


def revoked(half, transfer):
    mailbox.revoke(half.workspace.to_deliver, transfer)


def late(half, transfer):
    half.at = RELEASE_BY


@pytest.mark.parametrize("then", [revoked, late])
def test_d2_what_the_partner_has_is_never_told_as_stopped(half, then):
    transfer = half.post()
    released_and_not_reported(half)
    then(half, transfer)
    assert half.round() == [("delivered", transfer, None)]


@pytest.mark.parametrize("then", [revoked, late])
def test_d2_what_the_partner_may_have_had_is_in_doubt_though_it_was_stopped(half, then):
    transfer = half.post()
    released_and_not_reported(half)
    half.yss.inbox.clear()
    then(half, transfer)
    assert half.round() == [("in-doubt", transfer, "outcome-unknown")]


@pytest.mark.parametrize(("then", "outcome"), [(revoked, "stopped"), (late, "lapsed")])
def test_d2_what_never_left_and_was_stopped_does_not_leave(half, then, outcome):
    transfer = half.post()
    intent_recorded_and_no_rename(half)
    then(half, transfer)
    assert [seen[0] for seen in half.round()] == [outcome]
    assert half.yss.inbox == {}
    half.wait(hours=1)
    assert half.round() == []
    mailbox.close_order(half.workspace.to_deliver, transfer)
    half.post(transfer=transfer, release_by=half.at + timedelta(hours=1))
    assert half.round() == [("delivered", transfer, None)]
    assert half.yss.releases == 1


def test_d2_a_successor_that_breaks_after_it_removed_the_proof_leaves_nobody_in_doubt(half):
    transfer = half.post()
    intent_recorded_and_no_rename(half)
    half.yss.unreachable_after = 50
    assert half.round() == []
    half.yss.unreachable_after = None
    half.wait(minutes=1)
    assert half.round() == [("delivered", transfer, None)]
    assert half.yss.releases == 1


@pytest.mark.parametrize("ends", ["before", "after"])
def test_d2_a_successor_that_stops_while_it_records_that_nothing_left_leaves_nobody_in_doubt(half, ends):
    transfer = half.post()
    intent_recorded_and_no_rename(half)
    for _ in range(2):
        half.restart(**{ends: ("never_left",)})
        half.cut()
        if ends == "after":
            break  # it is recorded by now, and nothing is left to be said
    half.restart()
    assert half.round() == [("delivered", transfer, None)]
    assert half.yss.releases == 1


@pytest.mark.parametrize(("then", "outcome"), [(revoked, "stopped"), (late, "lapsed")])
def test_d2_a_successor_that_may_not_release_any_more_uploads_nothing(half, then, outcome):
    transfer = half.post()
    intent_recorded_and_no_rename(half)
    then(half, transfer)
    half.yss.unreachable_after = 1  # whatever is uploaded breaks the line
    assert [seen[0] for seen in half.round()] == [outcome]


def test_d3_what_was_delivered_and_reported_is_reported_again_rather_than_not(half):
    transfer = half.post()
    half.restart(before=("settled",))
    half.cut()
    assert len(mailbox.reports(half.workspace.from_deliver)) == 1
    half.restart()
    assert half.round() == [("delivered", transfer, None)]
    assert half.yss.releases == 1


@pytest.mark.parametrize(
    ("point", "outcome"), [("block", "failed"), ("doubt", "in-doubt"), ("told", "stopped"), ("told", "answered")]
)
def test_whatever_is_put_down_was_reported_before(half, point, outcome):
    transfer = half.post()
    if outcome == "failed":
        half.yss.error = HostKeyMismatch("x")
    if outcome == "in-doubt":
        released_and_not_reported(half)
        half.yss.inbox.clear()
    if outcome == "stopped":
        revoked(half, transfer)
    if outcome == "answered":
        half.round()
        answer(half.yss, transfer)
    half.restart(before=(point,))
    half.cut()
    assert half.last().outcome == outcome
    half.restart()
    half.at += LONGEST
    assert [seen[0] for seen in half.round()] == [outcome]
