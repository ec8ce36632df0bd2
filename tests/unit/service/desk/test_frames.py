"""Frames over a real socket pair: whole, bounded, and nothing else."""

import json
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.service.desk.frames import LONGEST_LINE, MOST_BYTES, Line
from gateway.service.desk.request import MOST_WORDS, Request
from gateway.vocabulary.errors import FormatInvalid, GatewayError, StorageError

SECONDS = 5.0


@pytest.fixture
def ends():
    mine, theirs = socket.socketpair()
    with mine, theirs:
        yield mine, Line(theirs)


def sent(data: bytes):
    """What a line makes of these bytes, which are all that ever come."""
    mine, theirs = socket.socketpair()
    with mine, theirs:
        mine.sendall(data)
        mine.shutdown(socket.SHUT_WR)
        return Line(theirs).receive(SECONDS)


def test_what_is_sent_arrives_whole_and_in_order():
    mine, theirs = socket.socketpair()
    with mine, theirs:
        there, here = Line(mine), Line(theirs)
        there.send({"say": "out"}, b"Ann\n")
        there.send({"done": 3})
        assert (first := here.receive(SECONDS)).text("say") == "out"
        assert first.data == b"Ann\n"
        assert here.receive(SECONDS).count("done") == 3


def test_an_end_between_two_frames_is_an_end():
    assert sent(b"") is None


@pytest.mark.parametrize(
    "data",
    [
        b'{"say":"out"}', b"\n", b"[]\n", b"null\n", b"7\n", b'{"a":1.5}\n', b'{"a":true}\n', b'{"a":null}\n', b'{"a":-1}\n',
        b'{"a":{}}\n', b'{"a":[1]}\n', b'{"a":1,"a":2}\n', b'{"a":"\xff"}\n', b"GET / HTTP/1.1\n", b"[" * 16000 + b"\n",
        b'{"size":3}\nab', b'{"size":"3"}\nabc', b'{"size":["3"]}\nabc', b'{"size":%d}\n' % (MOST_BYTES + 1),
        b'{"a":"' + b"a" * LONGEST_LINE + b'"}\n', b"x" * (LONGEST_LINE * 3),
    ],
)  # fmt: skip
def test_whatever_else_comes_ends_the_conversation(data):
    with pytest.raises(FormatInvalid):
        sent(data)


def test_a_line_that_never_ends_is_given_up_at_its_largest_length(ends):
    mine, line = ends
    mine.sendall(b"x" * (LONGEST_LINE + 1))
    with pytest.raises(FormatInvalid):
        line.receive(SECONDS)


def test_a_frame_has_its_time_as_a_whole_and_not_for_each_byte():
    times = iter(range(100))
    mine, theirs = socket.socketpair()
    with mine, theirs:
        line = Line(theirs, clock=lambda: next(times))  # each look at the clock is a second later
        mine.sendall(b'{"size":9}\n1')
        with pytest.raises(StorageError, match="took too long"):
            line.receive(2)


def test_who_has_gone_away_cannot_be_told_anything():
    mine, theirs = socket.socketpair()
    with theirs:
        mine.close()
        with pytest.raises(StorageError):
            Line(theirs).send({"say": "out"}, b"x" * MOST_BYTES)


def test_what_is_too_long_is_not_even_sent(ends):
    _, line = ends
    for members, data in (({"a": "x" * LONGEST_LINE}, b""), ({}, bytes(MOST_BYTES + 1))):
        with pytest.raises(FormatInvalid):
            line.send(members, data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_frame_or_one_of_our_refusals(data):
    try:
        sent(data)
    except GatewayError as error:
        assert isinstance(error, FormatInvalid)  # noqa: PT017 - which of our refusals it is


def a_request(**changed):
    members = {"type": "handoff-desk/v1", "words": ["disclosures"], "terminals": []} | changed
    return sent(json.dumps(members).encode() + b"\n")


def test_a_request_is_its_words_and_its_terminals():
    request = Request.parse(a_request(words=["hold", "list"], terminals=["in"]))
    assert (request.words, request.terminals) == (("hold", "list"), {"in"})
    assert Request.parse(sent(json.dumps(request.members()).encode() + b"\n")) == request


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "handoff-desk/v2"}, {"words": []}, {"words": "disclosures"}, {"words": ["a"] * (MOST_WORDS + 1)},
        {"words": ["disclosures", "--help"]}, {"words": ["dis\0closures"]}, {"words": ["x" * 4097]},
        {"terminals": ["err"]}, {"terminals": 1}, {"uid": 0}, {"roles": ["dpo"]}, {"size": 0, "more": "x"},
    ],
)  # fmt: skip
def test_anything_else_is_no_request(changed):
    with pytest.raises(FormatInvalid):
        Request.parse(a_request(**changed))


def test_a_request_brings_no_bytes_of_its_own():
    line = json.dumps({"type": "handoff-desk/v1", "words": ["disclosures"], "terminals": [], "size": 1}).encode()
    with pytest.raises(FormatInvalid):
        Request.parse(sent(line + b"\nx"))
