"""A receiver that stays: nothing is said twice, a gap is not passed over, a fault is tried again."""

import threading
from dataclasses import dataclass, field

import pytest

from gateway.partner.settings import load_receiver
from gateway.partner.watching import Listener, watch
from gateway.vocabulary.errors import ConfigError, GatewayError
from tests.simulators.council import Council


@dataclass
class Rounds:
    """What happens before each round; after the last one it is told to stop."""

    partnership: object
    before: list
    told: list = field(default_factory=list)
    failed: list[GatewayError] = field(default_factory=list)
    begun: int = 0

    def load(self):
        self.before[self.begun]()
        self.begun += 1
        if self.begun == len(self.before):
            self.stop.set()
        return load_receiver(self.partnership.home)

    def run(self) -> list:
        self.stop = threading.Event()
        listener = Listener(tell=self.told.extend, fail=self.failed.append)
        watch(self.load, listener, clock=lambda: self.partnership.at, stop=self.stop, every=0)
        return [(parcel.result, parcel.missing) for parcel in self.told]


def nothing():
    pass


def test_what_comes_while_it_watches_is_taken_over(partnership):
    rounds = Rounds(partnership, [nothing, partnership.send, nothing, lambda: partnership.send(sequence=2)])
    assert rounds.run() == [("accepted", None), ("accepted", None)]


def test_a_gap_is_said_once_and_again_only_when_it_closes(partnership):
    rounds = Rounds(
        partnership, [lambda: partnership.send(sequence=3), nothing, nothing, partnership.send, nothing,
                      lambda: partnership.send(sequence=2)],
    )  # fmt: skip
    assert rounds.run() == [
        ("waits", 1), ("accepted", None), ("waits", 2), ("accepted", None), ("accepted", None)
    ]  # fmt: skip


def test_nothing_behind_a_gap_is_taken_over(partnership):
    def behind():
        partnership.send(sequence=3)
        partnership.send(sequence=4)

    assert Rounds(partnership, [behind, nothing]).run() == [("waits", 1), ("waits", 1)]
    assert partnership.shown() == {}


def test_a_stranger_is_told_of_once(partnership):
    thief = Council(partnership.details.recipient)
    rounds = Rounds(partnership, [lambda: thief.seal(partnership.inbox), nothing, nothing])
    assert rounds.run() == [("unanswered", None)]


def test_a_replay_that_cannot_be_cleared_away_is_told_of_once(partnership):
    transfer = partnership.send()
    (partnership.inbox / f"{transfer}.age").unlink()
    (partnership.inbox / f"{transfer}.age").mkdir()
    rounds = Rounds(partnership, [nothing, nothing, nothing])
    assert rounds.run() == [("rejected", None)]


def test_a_fault_of_the_first_round_ends_it(partnership):
    (partnership.home / "receiver.toml").unlink()
    with pytest.raises(ConfigError):
        Rounds(partnership, [nothing, nothing]).run()


def test_a_later_fault_is_said_once_and_mended_by_itself(partnership):
    away = partnership.home / "elsewhere"
    rounds = Rounds(
        partnership, [nothing, lambda: partnership.acknowledgements.rename(away), partnership.send, nothing,
                      lambda: away.rename(partnership.acknowledgements)],
    )  # fmt: skip
    assert rounds.run() == [("repeated", None)], "taken over before; the answer could not be shown"
    assert len(rounds.failed) == 1


def test_a_page_that_is_changed_counts_from_the_next_round(partnership):
    def raise_first():
        with (partnership.home / "receiver.toml").open("a") as page:
            page.write("first = { yss = 5 }\n")

    rounds = Rounds(partnership, [lambda: partnership.send(sequence=5), raise_first])
    assert rounds.run() == [("waits", 1), ("accepted", None)]
