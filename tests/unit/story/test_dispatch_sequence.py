"""A run of one route's parcels: none is seen before the one that it comes after."""

import pytest

from gateway.footing import mailbox
from gateway.vocabulary.errors import HostKeyMismatch, PartnerRefused
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import TransferId
from tests.simulators.deliver_half import AT, RELEASE_BY, Refusing


@pytest.fixture
def run(half):
    """Three in a row, the last one with the oldest identifier."""
    last, first, second = (TransferId.new(AT, lambda size, n=n: bytes([n]) * size) for n in (200, 201, 202))
    half.post(transfer=first)
    half.post(transfer=second, after=first)
    half.post(transfer=last, after=second)
    return first, second, last


def visible(half):
    return [name for name in half.yss.inbox if name.endswith(".json")]


class Ordered(Refusing):
    """Remembers in which order envelopes appeared, and may refuse one of them."""

    def put(self, parcel, attempt):
        if parcel.transfer == self.refuses:
            raise PartnerRefused("no")
        delivered = super().put(parcel, attempt)
        self.order.append(parcel.transfer)
        return delivered


@pytest.fixture
def partner(half):
    half.partners["yss"] = Ordered()
    half.yss.order, half.yss.refuses = [], None
    return half.yss


def test_a_run_is_carried_in_one_round_in_its_order_and_not_in_that_of_names(half, partner, run):
    assert [seen[0] for seen in half.round()] == ["delivered"] * 3
    assert tuple(partner.order) == run


def test_what_comes_after_a_parcel_that_failed_waits_and_nothing_of_it_is_sent(half, partner, run):
    first, second, _ = run
    partner.refuses = second
    assert {seen[:2] for seen in half.round()} == {("delivered", first), ("failed", second)}
    assert partner.order == [first]
    partner.refuses = None
    assert half.round() == [], "a person has to look"
    half.retry(second)
    assert [seen[0] for seen in half.round()] == ["delivered"] * 2
    assert tuple(partner.order) == run


def test_what_comes_after_a_parcel_that_is_tried_again_waits_too(half, partner, run):
    partner.unreachable_after = 50
    assert half.round() == []
    assert visible(half) == []
    partner.unreachable_after = None
    half.wait(minutes=1)
    half.round()
    assert tuple(partner.order) == run


@pytest.mark.parametrize("how", ["revoked", "lapsed"])
def test_what_comes_after_a_parcel_that_was_stopped_waits_for_the_new_one_of_that_transfer(half, partner, run, how):
    first, second, last = run
    if how == "revoked":
        mailbox.revoke(half.workspace.to_deliver, first)
        assert half.round() == [("stopped", first, "revoked")]
    else:
        mailbox.close_order(half.workspace.to_deliver, first)
        half.post(transfer=first, release_by=half.at)
        assert half.round() == [("lapsed", first, "release-lapsed")]
    mailbox.close_order(half.workspace.to_deliver, first)
    half.wait(minutes=5)
    assert half.round() == [], "its order is gone, and that is no leave to go on"
    half.post(transfer=first)
    assert {seen[1] for seen in half.round()} == {first, second, last}
    assert tuple(partner.order) == run


def test_what_waits_for_its_turn_lapses_at_its_time(half, partner, run):
    partner.error = HostKeyMismatch("x")
    half.round()
    half.at = RELEASE_BY
    assert {seen[:2] for seen in half.round()} == {("lapsed", run[1]), ("lapsed", run[2])}
    assert partner.order == []


def test_what_waits_for_its_turn_may_be_taken_back(half, partner, run):
    first, second, last = run
    partner.refuses = first
    mailbox.revoke(half.workspace.to_deliver, last)
    assert {seen[:2] for seen in half.round()} == {("failed", first), ("stopped", last)}
    assert names_of(second)[2] not in partner.inbox


def test_after_a_parcel_in_doubt_the_next_one_goes_on(half, partner):
    first = half.post()
    half.restart(before=("settled",))
    half.cut()
    half.yss.inbox.clear()
    half.restart()
    second = half.post(after=first)
    assert {seen[:2] for seen in half.round()} == {("in-doubt", first), ("delivered", second)}


def test_orders_that_wait_for_each_other_are_never_sent(half, partner):
    first, second = (TransferId.new(AT, lambda size, n=n: bytes([n]) * size) for n in (201, 202))
    half.post(transfer=first, after=second)
    half.post(transfer=second, after=first)
    assert half.round() == []
    assert partner.inbox == {}
