"""No more than so many bytes a second, over the whole of a connection; nobody waits who need not."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.deliver.sftp.pace import Pace


class Clock:
    def __init__(self):
        self.now = 100.0
        self.waited = 0.0

    def wait(self, seconds):
        assert seconds > 0
        self.now += seconds
        self.waited += seconds


def paced(clock, per_second):
    return Pace(per_second, clock=lambda: clock.now, wait=clock.wait)


@given(st.lists(st.integers(1, 300_000), min_size=2), st.integers(16_000, 10**7))
def test_what_was_sent_has_had_its_time_before_more_is_sent(sizes, per_second):
    clock = Clock()
    pace = paced(clock, per_second)
    for size in sizes:
        pace.before(size)
    assert abs(clock.waited - sum(sizes[:-1]) / per_second) < 0.001


def test_whoever_was_slower_by_himself_does_not_wait():
    clock = Clock()
    pace = paced(clock, 1000)
    for _ in range(5):
        pace.before(1000)
        clock.now += 2
    assert clock.waited == 0


def test_time_that_nobody_used_is_not_saved_up():
    clock = Clock()
    pace = paced(clock, 1000)
    clock.now += 3600
    for _ in range(3):
        pace.before(1000)
    assert round(clock.waited, 6) == 2
