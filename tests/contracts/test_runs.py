"""Several parcels of one route under way over one connection: each is seen behind the one before it, or not at all."""

from dataclasses import replace
from random import Random

import pytest

from gateway.deliver.destination import Delivered
from gateway.footing.workspace import Workspace
from gateway.partner.standin.faults import NONE, Faults
from gateway.vocabulary.errors import NameTaken, OutOfTurn, Revoked
from gateway.vocabulary.parcel import names_of
from tests.contracts.grounds import GROUNDS
from tests.contracts.reaching import reaching
from tests.contracts.stories import Story, contents, sealed
from tests.contracts.test_bad_weather import SEED
from tests.contracts.test_fault_table import half_of
from tests.simulators.deliver_half import DeliverHalf
from tests.simulators.weather import Weather

SMALL = (20_001, 317, 911)


@pytest.fixture(params=GROUNDS)
def ground(request, tmp_path):
    (folder := tmp_path / "partner").mkdir()
    with GROUNDS[request.param](folder) as ground:
        yield ground


class Linked:
    """Parcels of which each may be seen once the one before it has been told to be there."""

    def __init__(self, ground, folder, count):
        self.parcels = [sealed(folder, number, sizes=SMALL) for number in range(1, count + 1)]
        self.stories = [Story(ground) for _ in self.parcels]
        self.outcomes = []

    def jobs(self):
        for place, (parcel, story) in enumerate(zip(self.parcels, self.stories, strict=True)):
            yield parcel, story.with_turn(lambda place=place: self._in_turn(place))

    def _in_turn(self, place):
        if place <= len(self.outcomes):
            if any(not isinstance(outcome, Delivered) for outcome in self.outcomes[:place]):
                raise OutOfTurn("one before it was not delivered")
            return True
        return False

    def put(self, ground):
        destination = ground.destination()
        try:
            for outcome in destination.put_many(self.jobs()):
                self.outcomes.append(outcome)
        finally:
            destination.close()


def test_a_run_arrives_whole_and_at_each_intent_all_before_it_are_there(ground, tmp_path):
    run = Linked(ground, tmp_path, 5)
    run.put(ground)
    assert all(isinstance(outcome, Delivered) for outcome in run.outcomes)
    expected = {}
    for parcel, story in zip(run.parcels, run.stories, strict=True):
        visible = {name: content for name, content in story.seen_at_intent.items() if not name.startswith(".")}
        assert visible == expected
        expected |= contents(parcel)
    assert ground.everything() == expected


def test_nothing_is_left_of_those_behind_a_parcel_that_fails(ground, tmp_path):
    run = Linked(ground, tmp_path, 4)
    ground.plant(run.parcels[1].files[2].name, b"not ours")
    run.put(ground)
    assert [type(outcome) for outcome in run.outcomes] == [Delivered, NameTaken, OutOfTurn, OutOfTurn]
    assert ground.everything() == contents(run.parcels[0]) | {run.parcels[1].files[2].name: b"not ours"}
    assert not any("intent" in story.events for story in run.stories[1:])


def test_whether_it_may_be_released_is_asked_when_its_turn_has_come(ground, tmp_path):
    run = Linked(ground, tmp_path, 3)
    run.stories[0].at_intent = lambda: run.stories[1].refusals.update({2: Revoked("taken back meanwhile")})
    run.put(ground)
    assert [type(outcome) for outcome in run.outcomes] == [Delivered, Revoked, OutOfTurn]
    assert ground.everything() == contents(run.parcels[0])


def chain(half, count):
    transfers = []
    for _ in range(count):
        transfers.append(half.post(after=transfers[-1] if transfers else None, release_by=half.at.replace(year=2030)))
    return transfers


def failures(half):
    rows = half.attempts.store.rows("select failures from breaker where partner = 'yss'")
    return rows[0][0] if rows else 0


def test_the_whole_half_carries_a_run_and_tells_it_in_its_order(standin, tmp_path):
    with reaching(standin.endpoint, standin.key) as destination:
        half = half_of(tmp_path, destination)
        transfers = chain(half, 5)
        assert half.round() == [("delivered", transfer, None) for transfer in transfers]
        half.attempts.close()
    assert standin.server.releases == 5


@pytest.mark.parametrize("step", ["look", "create", "write", "read-back", "rename", "release"])
@pytest.mark.parametrize("hangs_up", ["before", "after"])
def test_a_connection_that_breaks_counts_once_and_everything_is_there_once_in_the_end(
    standin, tmp_path, step, hangs_up
):
    with reaching(standin.endpoint, standin.key) as destination:
        half = half_of(tmp_path, destination)
        transfers = chain(half, 4)
        standin.server.misbehave(Faults(hang_up=hangs_up, begins_at=step))
        assert half.round() == []
        assert failures(half) == 1
        standin.server.misbehave(NONE)
        half.wait(minutes=1)
        assert half.round() == [("delivered", transfer, None) for transfer in transfers]
        half.attempts.close()
    assert standin.server.releases == 4


def test_in_any_weather_what_is_seen_of_a_run_is_its_beginning(standin, tmp_path):
    random = Random(SEED)
    inbox = standin.files / "inbox"
    with Weather(standin.server.port, SEED) as line:
        endpoint = standin.endpoint.model_copy(update={"port": line.port})
        with reaching(endpoint, standin.key, timeout=5.0) as destination:
            half = half_of(tmp_path, destination)
            for _ in range(4):
                transfers = chain(half, 4)
                told = []
                for _ in range(60):
                    told += [seen[1] for seen in half.round() if seen[0] == "delivered"]
                    seen = [(inbox / names_of(transfer)[2]).exists() for transfer in transfers]
                    assert seen == sorted(seen, reverse=True), "none before the one in front of it"
                    if len(told) == 4:
                        break
                    for transfer in transfers:
                        half.retry(transfer)  # a person has looked: what the line makes of a server may look like one
                    half.wait(minutes=random.choice((1, 11)))
                assert told == transfers
                destination.close()
            half.attempts.close()
    assert standin.server.releases == 16


def test_what_waited_behind_a_failure_follows_at_once_when_a_person_has_mended_it(standin, tmp_path):
    with reaching(standin.endpoint, standin.key) as destination:
        half = half_of(tmp_path, destination)
        first, *others = chain(half, 3)
        standin.plant(names_of(first)[2], b"not ours")
        assert half.round() == [("failed", first, "name-taken")]
        for _ in range(3):
            assert half.round() == [], "nobody tries again meanwhile"
        assert half.attempts.begin(others[0]).number == 2
        standin.take_away(names_of(first)[2])
        half.retry(first)
        assert half.round() == [("delivered", transfer, None) for transfer in (first, *others)]
        half.attempts.close()


class Stopping(DeliverHalf):
    """Told to stop once `stops` says so."""

    stops = staticmethod(lambda: False)

    def wired(self):
        return replace(super().wired(), stopping=self.stops)


def test_who_is_told_to_stop_hands_back_what_takes_long_and_goes_on_with_it_at_once_at_the_next_start(
    standin, tmp_path
):
    workspace = Workspace(home=tmp_path, outbox=tmp_path / "outbox", state=tmp_path / "state", keys=tmp_path / "keys")
    with reaching(standin.endpoint, standin.key) as destination:
        half = Stopping(workspace, {"yss": destination})
        first = half.post(size=9_000_000)  # more than the server, the window and all requests under way hold
        second = half.post(after=first)
        half.stops = lambda: standin.server.bytes_written > 2_000_000
        assert half.round() == []
        assert {line["code"] for line in half.lines()} == {"handed-back", "out-of-turn"}
        assert all(name.startswith(".") for name in standin.everything())
        assert failures(half) == 0
        half.stops = lambda: True
        assert half.round() == [], "nothing is begun"
        half.stops = lambda: False
        assert half.round() == [("delivered", transfer, None) for transfer in (first, second)]
        half.attempts.close()
    assert standin.server.releases == 2
    assert standin.server.bytes_written < 9_200_000, "the beginning was not sent again"


def test_a_partner_that_is_away_fails_the_first_alone(standin, tmp_path):
    endpoint = standin.endpoint.model_copy(update={"port": 1})
    with reaching(endpoint, standin.key) as destination:
        half = half_of(tmp_path, destination)
        first, *others = chain(half, 3)
        assert half.round() == []
        assert half.lines()[-1]["code"] == "partner-unreachable"
        assert [half.attempts.begin(transfer).number for transfer in (first, *others)] == [2, 1, 1]
        half.attempts.close()
