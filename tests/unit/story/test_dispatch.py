"""The deliver half, from orders to observations: what it says, what it never says, and whom it leaves alone."""

from datetime import timedelta

import pytest

from gateway.deliver.destination import LARGEST_ANSWER
from gateway.footing import mailbox
from gateway.vocabulary.errors import AuthenticationRefused, HostKeyMismatch, KeyUnavailable
from gateway.vocabulary.parcel import acknowledgement_names, names_of
from tests.simulators.deliver_half import RELEASE_BY, Refusing, answer

# how it goes


def test_a_parcel_is_delivered_and_told_once(half):
    transfer = half.post()
    assert half.round() == [("delivered", transfer, None)]
    assert sorted(half.yss.inbox) == sorted(names_of(transfer))
    assert [half.round(), half.round()] == [[], []]
    assert half.yss.releases == 1


def test_without_orders_nothing_is_done(half):
    half.yss.error = AssertionError("nobody is to be reached")
    assert half.round() == []
    assert half.lines() == []


def test_a_parcel_that_is_there_already_is_delivered(half):
    transfer = half.post()
    folder = half.workspace.to_deliver / transfer
    half.yss.inbox = {name: (folder / name).read_bytes() for name in names_of(transfer)}
    assert half.round() == [("delivered", transfer, None)]
    assert half.yss.releases == 0


def test_orders_of_one_round_are_all_carried(half):
    transfers = [half.post("yss"), half.post("dfe"), half.post("yss")]
    assert [seen[1] for seen in half.round()] == sorted(transfers)


def test_what_is_observed_is_signed_with_delivers_key_and_tells_of_the_transport(half):
    half.post()
    half.round()
    assert half.last().facts.plain() == {"already_there": False, "verified_by": "read-back", "kex": "simulated"}


# a partner that is away


def test_a_partner_that_is_away_is_tried_again_at_its_time_and_nothing_is_told(half):
    transfer = half.post()
    half.yss.unreachable_after = 0
    assert half.round() == []
    half.yss.unreachable_after = None
    half.wait(seconds=7)
    assert half.round() == [], "not before its time"
    half.wait(seconds=8)
    assert half.round() == [("delivered", transfer, None)]
    assert [line["code"] for line in half.lines()] == ["partner-unreachable"]


def test_each_try_of_a_long_outage_is_later_than_the_one_before(half):
    half.post()
    half.yss.unreachable_after = 0
    for _ in range(60):
        half.round()
        half.wait(seconds=15)
    assert 4 < len(half.lines()) < 9


def test_a_line_that_breaks_midway_leaves_what_the_next_try_removes(half):
    transfer = half.post()
    half.yss.unreachable_after = 150
    assert half.round() == []
    assert half.yss.inbox
    half.yss.unreachable_after = None
    half.wait(minutes=1)
    assert half.round() == [("delivered", transfer, None)]
    assert sorted(half.yss.inbox) == sorted(names_of(transfer))


# revoked and late


def test_a_revoked_parcel_never_leaves_and_is_told_once(half):
    transfer = half.post()
    mailbox.revoke(half.workspace.to_deliver, transfer)
    assert half.round() == [("stopped", transfer, "revoked")]
    assert [half.round(), half.round()] == [[], []]
    assert half.yss.inbox == {}


@pytest.mark.parametrize(("late", "leaves"), [(-1, True), (0, False), (1, False)])
def test_a_parcel_leaves_before_its_release_by_and_never_at_it(half, late, leaves):
    transfer = half.post()
    half.at = RELEASE_BY + timedelta(seconds=late)
    assert half.round() == ([("delivered", transfer, None)] if leaves else [("lapsed", transfer, "release-lapsed")])
    assert bool(half.yss.inbox) is leaves
    assert half.round() == []


def test_a_parcel_that_lapses_while_it_is_carried_does_not_become_visible(half):
    transfer = half.post()
    partner = half.yss
    original = partner._suffer

    class Slow(Refusing):
        def _suffer(self, taken):
            half.at = RELEASE_BY
            original(taken)

    half.partners["yss"] = Slow()
    assert half.round() == [("lapsed", transfer, "release-lapsed")]
    assert half.yss.inbox == {}


def test_a_new_parcel_of_a_transfer_that_lapsed_is_carried(half):
    transfer = half.post()
    half.at = RELEASE_BY
    assert half.round() == [("lapsed", transfer, "release-lapsed")]
    mailbox.close_order(half.workspace.to_deliver, transfer)
    half.post(transfer=transfer, release_by=RELEASE_BY + timedelta(hours=1))
    assert half.round() == [("delivered", transfer, None)]


def test_a_new_parcel_that_lapses_as_well_is_told_as_well(half):
    transfer = half.post()
    half.at = RELEASE_BY
    half.round()
    mailbox.close_order(half.workspace.to_deliver, transfer)
    half.post(transfer=transfer, release_by=RELEASE_BY)
    assert half.round() == [("lapsed", transfer, "release-lapsed")]


# stop and tell


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (HostKeyMismatch("another host key"), "host-key-mismatch"),
        (AuthenticationRefused("refused"), "authentication-refused"),
    ],
)
def test_what_a_person_must_see_to_is_told_once_and_never_tried_again(half, error, code):
    transfer = half.post()
    half.yss.error = error
    assert half.round() == [("failed", transfer, code)]
    half.yss.error = None
    half.wait(hours=1)
    assert half.round() == []
    half.retry(transfer)
    assert half.round() == [("delivered", transfer, None)]


def test_another_file_under_our_name_is_an_alarm_and_stays(half):
    transfer = half.post()
    half.yss.inbox[names_of(transfer)[2]] = b"not ours"
    assert half.round() == [("failed", transfer, "name-taken")]
    assert half.yss.inbox == {names_of(transfer)[2]: b"not ours"}


def test_a_full_disk_at_the_partner_is_told_and_leaves_nothing(half):
    transfer = half.post()
    half.yss.full_after = 150
    assert half.round() == [("failed", transfer, "partner-refused")]
    assert half.yss.inbox == {}


# one fault leaves the others alone


@pytest.mark.parametrize(
    "error", [KeyUnavailable("no key"), RuntimeError("Canary"), HostKeyMismatch("x"), KeyError("yss")]
)
def test_one_partners_fault_leaves_the_others_alone(half, error):
    first, second = half.post("yss"), half.post("dfe")
    half.yss.error = error
    assert ("delivered", second, None) in half.round()
    half.yss.error = None
    half.retry(first)
    assert half.round() == [("delivered", first, None)]
    assert "Canary" not in half.log.getvalue()


@pytest.mark.parametrize("error", [KeyUnavailable("no key"), RuntimeError("Canary")])
def test_a_fault_that_nobody_foresaw_is_not_met_at_every_round(half, error):
    half.post()
    half.yss.error = error
    for _ in range(100):
        half.round()
    assert len(half.lines()) == 1


@pytest.mark.parametrize("data", [b"", b"{}\n", b"\xff", b"[" * 10_000])
def test_an_order_that_is_none_leaves_the_others_alone(half, data):
    bad, good = half.post(), half.post()
    (half.workspace.to_deliver / bad / mailbox.ORDER).write_bytes(data)
    assert half.round() == [("delivered", good, None)]
    assert [(line["transfer"], line["code"]) for line in half.lines()] == [(bad, "format-invalid")]


def test_an_order_whose_parcel_is_not_what_it_was_is_met_again_later(half):
    bad, good = half.post(), half.post()
    (half.workspace.to_deliver / bad / names_of(bad)[0]).unlink()
    assert half.round() == [("delivered", good, None)]
    assert half.round() == []
    assert len(half.lines()) == 1


def test_a_folder_that_is_no_transfers_is_left_and_not_named(half):
    good = half.post()
    stray = half.workspace.to_deliver / "Canary Example"
    stray.mkdir()
    (stray / mailbox.ORDER).write_bytes(b"{}\n")
    assert half.round() == [("delivered", good, None)]
    assert "Canary" not in half.log.getvalue()


def test_a_mailbox_that_is_full_loses_no_observation(half):
    transfer = half.post()
    box = half.workspace.from_deliver
    box.rename(box.with_name("away"))
    assert half.round() == []
    box.with_name("away").rename(box)
    half.wait(minutes=1)
    assert half.round() == [("delivered", transfer, None)]
    assert half.yss.releases == 1


# answers


def test_an_answer_is_passed_on_once_as_it_lies_there(half):
    transfer = half.post()
    half.round()
    answer(half.yss, transfer, b'{"a":1}\n', b"sig")
    assert half.round() == [("answered", transfer, None)]
    assert half.round() == []
    assert half.last().answer == (b'{"a":1}\n', b"sig")


def test_an_answer_waits_until_it_is_time_to_ask_and_a_parcel_does_not(half):
    first = half.post()
    half.round()
    answer(half.yss, first)
    half.unasked.add("yss")
    second = half.post()
    assert half.round() == [("delivered", second, None)]
    half.unasked.clear()
    assert half.round() == [("answered", first, None)]


def test_another_answer_is_passed_on_too(half):
    transfer = half.post()
    half.round()
    for body, signature in ((b"1", b"s"), (b"2", b"s"), (b"2", b"t")):
        answer(half.yss, transfer, body, signature)
        assert half.round() == [("answered", transfer, None)]


def test_an_answer_may_be_there_in_the_round_of_the_delivery(half):
    transfer = half.post()
    answer(half.yss, transfer)
    assert sorted(half.round()) == [("answered", transfer, None), ("delivered", transfer, None)]


def test_an_answer_to_what_was_not_delivered_is_not_looked_for(half):
    transfer = half.post()
    half.yss.unreachable_after = 0
    answer(half.yss, transfer)
    assert half.round() == []


def test_of_an_answer_that_is_too_large_so_much_is_passed_on_that_prepare_rejects_it(half):
    transfer = half.post()
    half.round()
    answer(half.yss, transfer, bytes(3 * LARGEST_ANSWER))
    assert half.round() == [("answered", transfer, None)]
    assert half.last().answer == (bytes(LARGEST_ANSWER + 1), b"signature\n")
    assert half.round() == []


def test_one_answer_without_its_signature_keeps_no_other_back(half):
    first, second = half.post(), half.post()
    half.round()
    half.yss.acknowledgements[acknowledgement_names(first)[1]] = b"{}\n"
    answer(half.yss, second)
    assert half.round() == [("answered", second, None)]
    assert [(line["route"], line["code"]) for line in half.lines()] == [("yss", "partner-refused")]


@pytest.mark.parametrize("error", [KeyUnavailable("no key"), RuntimeError("Canary")])
def test_a_partner_whose_answers_cannot_be_had_keeps_no_others_back(half, error):
    half.post("yss")
    second = half.post("dfe")
    half.round()
    half.yss.error = error
    answer(half.partners["dfe"], second)
    assert half.round() == [("answered", second, None)]
    assert "Canary" not in half.log.getvalue()


def test_an_order_that_prepare_has_ended_is_not_asked_about(half):
    transfer = half.post()
    half.round()
    mailbox.close_order(half.workspace.to_deliver, transfer)
    answer(half.yss, transfer)
    assert half.round() == []
