"""Conversations on one session: asked together, answered each its own, and failing each for itself."""

import pytest

from gateway.deliver.sftp import wire
from gateway.deliver.sftp.conversation import ask, hold, hold_many, together
from gateway.deliver.sftp.wire import Reply, Request
from gateway.vocabulary.errors import PartnerRefused, PartnerUnreachable


class Echo:
    """A session whose server answers each request with its own body; it counts round trips, and may break."""

    def __init__(self, *, breaks_after=None):
        self.asked, self.waits, self.most = [], 0, 0
        self.answered = 0
        self.breaks_after = breaks_after

    def submit(self, request):
        self.asked.append(request)
        self.most = max(self.most, len(self.asked) - self.answered)
        return len(self.asked) - 1

    def answer(self, number):
        if self.breaks_after is not None and number >= self.breaks_after:
            raise PartnerUnreachable("gone")
        self.answered = max(self.answered, number + 1)
        return Reply(number, wire.Kind.STATUS, self.asked[number].body)

    def gather(self, requests):
        self.waits += 1
        return [self.answer(number) for number in [self.submit(request) for request in requests]]


def request(word):
    return Request(wire.Kind.LSTAT, word.encode())


def telling(*words, fails=False):
    """Asks one after another, and returns what it was told."""
    told = []
    for word in words:
        reply = yield from ask(request(word))
        told.append(reply.body.decode())
    if fails:
        raise PartnerRefused("no")
    return told


def test_a_conversation_is_held_to_its_end():
    session = Echo()
    assert hold(session, telling("a", "b", "c")) == ["a", "b", "c"]
    assert session.waits == 3


def test_one_that_asks_nothing_has_no_round_trip():
    session = Echo()
    assert hold(session, telling()) == []
    assert session.waits == 0


def test_several_together_share_their_round_trips_and_each_gets_its_own_replies():
    session = Echo()
    talks = [telling("a", "b"), telling("c"), telling(), telling("d", "e", "f")]
    assert hold(session, together(talks)) == [["a", "b"], ["c"], [], ["d", "e", "f"]]
    assert session.waits == 3


def test_one_that_asks_several_at_once_gets_as_many_replies():
    def pairs():
        first, second = yield (request("1"), request("2"))
        return first.body + second.body

    assert hold(Echo(), together([pairs(), telling("x"), pairs()])) == [b"12", ["x"], b"12"]


def test_the_first_that_fails_ends_all_that_were_together():
    others = telling("a", "b", "c")
    with pytest.raises(PartnerRefused):
        hold(Echo(), together([telling("x", fails=True), others]))
    with pytest.raises(StopIteration):
        next(others)


@pytest.mark.parametrize("at_once", [1, 2, 7, 100])
def test_many_are_told_in_their_order_and_never_more_are_under_way_than_allowed(at_once):
    session = Echo()
    talks = (telling(*(f"{number}.{step}" for step in range(number % 4))) for number in range(50))
    found = list(hold_many(session, talks, at_once))
    assert found == [[f"{number}.{step}" for step in range(number % 4)] for number in range(50)]
    assert session.most <= at_once


def test_one_of_many_that_fails_leaves_the_others_alone():
    talks = [telling("a", fails=number == 3) for number in range(6)]
    found = list(hold_many(Echo(), talks, 4))
    assert [isinstance(one, PartnerRefused) for one in found] == [number == 3 for number in range(6)]


def test_once_the_connection_is_gone_all_that_is_left_fails_as_it_did():
    talks = [telling("a", "b") for _ in range(6)]
    found = list(hold_many(Echo(breaks_after=5), talks, 3))
    assert len(found) == 6
    assert all(one == ["a", "b"] or isinstance(one, PartnerUnreachable) for one in found)
    assert isinstance(found[-1], PartnerUnreachable)


def test_none_at_all_is_no_conversation():
    assert list(hold_many(Echo(), [], 4)) == []
    assert hold(Echo(), together([])) == []
