"""What a thread does behind us is done in order, whole, and stops where it failed."""

import threading
from contextlib import closing

import pytest

from gateway.seal.behind import MOST_AHEAD, MOST_WAITING, ahead, behind


class NotToday(Exception):
    pass


class Gate:
    """Work that waits until it is let through."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.done: list[bytes] = []

    def work(self, piece: bytes) -> None:
        self.open.wait(60)
        self.done.append(piece)


def pieces(count):
    return [b"%d" % number for number in range(count)]


def test_all_is_done_in_order_when_the_block_is_left():
    done = []
    with behind(done.append) as written:
        for piece in pieces(100):
            written.write(piece)
    assert done == pieces(100)


def test_it_is_busy_until_the_last_piece_is_done():
    gate = Gate()
    with behind(gate.work) as written:
        assert not written.is_busy
        written.write(b"x")
        assert written.is_busy
        gate.open.set()
        written.drain()
        assert not written.is_busy
    assert gate.done == [b"x"]


def failing(at):
    done = []

    def work(piece):
        if piece == b"%d" % at:
            raise NotToday
        done.append(piece)

    return work, done


def write_all(work, given, then=lambda written: None):
    with behind(work) as written:
        for piece in given:
            written.write(piece)
        then(written)


@pytest.mark.parametrize("at", [0, 1, 50, 99])
def test_what_the_work_raises_comes_out_and_nothing_follows_it(at):
    work, done = failing(at)
    with pytest.raises(NotToday):
        write_all(work, pieces(100))
    assert done == pieces(at)


def test_what_was_made_ahead_is_whole_and_in_order():
    assert list(ahead(iter(pieces(100)))) == pieces(100)
    assert list(ahead([])) == []


@pytest.mark.parametrize("at", [0, 1, 5, 99])
def test_what_making_raises_comes_out_where_it_belongs(at):
    def making():
        for number, piece in enumerate(pieces(100)):
            if number == at:
                raise NotToday
            yield piece

    taken = []
    with pytest.raises(NotToday):
        taken.extend(ahead(making()))
    assert taken == pieces(at)


def test_no_more_is_made_than_may_wait_and_nothing_after_the_reader_has_left():
    made = []

    def making():
        for number in range(100):
            made.append(number)
            yield number

    with closing(ahead(making())) as read:
        assert next(read) == 0
    assert len(made) <= MOST_AHEAD + 1


def test_leaving_by_exception_begins_no_further_piece():
    gate = Gate()

    def leave(written):
        written.stop()
        gate.open.set()
        raise NotToday

    with pytest.raises(NotToday):
        write_all(gate.work, pieces(MOST_WAITING), leave)
    assert len(gate.done) <= 1


def test_a_failure_of_the_block_is_told_before_one_of_the_work():
    work, _ = failing(0)

    def leave(written):
        raise KeyError

    with pytest.raises(KeyError):
        write_all(work, [b"0"], leave)
