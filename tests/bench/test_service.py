"""The service that the bench times is the real one, its figures are of what was receipted, and a wrong run has none."""

import time
from datetime import date

import pytest

from gateway.vocabulary.transfer import Stage
from tests.bench import latency
from tests.bench.backlog import caught_up, signed
from tests.bench.council import Council, council
from tests.bench.ground import server
from tests.bench.idle import looked_at
from tests.bench.measure import MB, WentWrong
from tests.bench.service import Service, wait_for
from tests.bench.staff import CHILDREN, staff
from tests.bench.waiting import gate_of, lay_out

TODAY = date(2026, 11, 1)
WAITING = 2
LONG = 10


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    with server(folder) as partner:
        yield staff(council(folder, partner, None), folder, folder / "kept", TODAY)


def test_a_backlog_is_caught_up_with_when_the_last_of_it_is_receipted(people):
    with gate_of(people.council.home) as gate:
        signed(people, lay_out(gate, map(people.extract, range(WAITING)), CHILDREN))
    figures = caught_up(people.council, WAITING, ("one",))
    assert figures.seconds > 0 < figures.peak
    with gate_of(people.council.home) as gate:
        assert len(gate.gateway.log.in_stage(Stage.DELIVERED)) == WAITING


def test_a_handoff_is_timed_from_its_last_signature_and_an_idle_service_is_looked_at(people):
    with Service(people.council) as service:
        began = time.perf_counter()
        seconds = latency.one(service, people, LONG, quiet=0.0)
        assert 0 < seconds < time.perf_counter() - began
        figures = looked_at(service, 0.2)
        assert 0 <= figures.seconds < 2 * 0.2
        assert figures.peak > 50 * MB
        with pytest.raises(WentWrong, match="told of nothing"):
            service.delivered(1, 0.1)


def test_a_half_that_ends_by_itself_gives_no_figures(tmp_path):
    nobody = Council(home=tmp_path / "nowhere", keys={}, inbox=tmp_path)
    with pytest.raises(WentWrong, match="ended by itself"):
        caught_up(nobody, 1, ("one",))


def test_the_same_children_in_another_order_are_another_file(people):
    first, second = people.extract(1), people.extract(2)
    assert first != second
    assert sorted(first.splitlines()) == sorted(second.splitlines())
    assert len(first.splitlines()) == CHILDREN + 1


def test_what_nobody_writes_is_not_waited_for_for_ever(tmp_path):
    with pytest.raises(WentWrong, match="nobody wrote x"):
        wait_for(tmp_path / "x", 0.05)
