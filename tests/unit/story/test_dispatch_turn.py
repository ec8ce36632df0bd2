"""Two lanes are at work when another machine gets the turn: neither of them releases anything, and the other machine does."""

import threading
from contextlib import closing
from dataclasses import replace

import pytest

from gateway.footing.turn import Turn
from gateway.footing.workspace import Workspace
from tests.ledgers import cluster  # noqa: F401 - a fixture
from tests.simulators.deliver_half import DeliverHalf
from tests.simulators.partner import PartnerSimulator

PATIENCE = 60


class InTurn(DeliverHalf):
    turn = None
    cut_off = staticmethod(lambda: None)

    def when_they_meet(self):
        self.cut_off()

    def wired(self):
        return replace(super().wired(), check_turn=self.turn.check)


class Meeting(PartnerSimulator):
    """Its lane waits for the other one, once: before it uploads, or when all is there and nothing recorded yet."""

    def __init__(self, met, *, uploaded):
        super().__init__()
        self.met, self.uploaded = met, uploaded

    def _stage(self, files, attempt):
        if self.uploaded:
            super()._stage(files, attempt)
        if attempt.number == 1:
            self.met.wait(PATIENCE)
        if not self.uploaded:
            super()._stage(files, attempt)


@pytest.fixture(params=[False, True], ids=["before the upload", "before the intent"])
def half(request, tmp_path):
    workspace = Workspace(home=tmp_path, outbox=tmp_path / "outbox", state=tmp_path / "state", keys=tmp_path / "keys")
    half = InTurn(workspace, {})
    met = threading.Barrier(2, action=half.when_they_meet)
    half.partners = {route: Meeting(met, uploaded=request.param) for route in ("yss", "dfe")}
    workspace.make_folders(tuple(half.partners))
    yield half
    half.attempts.close()


def visible(half):
    return [name for partner in half.partners.values() for name in partner.inbox if not name.startswith(".")]


def test_with_the_turn_two_lanes_release_what_they_have(half, cluster):  # noqa: F811
    transfers = {half.post("yss"), half.post("dfe")}
    with closing(Turn(cluster.url(), "deliver")) as turn:
        half.turn = turn
        assert half.turn.take()
        assert {(seen[0], seen[1]) for seen in half.round()} == {("delivered", transfer) for transfer in transfers}


def test_without_it_neither_releases_nor_records_anything_and_the_other_machine_delivers_once(half, cluster):  # noqa: F811
    transfers = [half.post("yss"), half.post("dfe")]
    with closing(Turn(cluster.url(), "deliver")) as turn, closing(Turn(cluster.url(), "deliver")) as other:
        half.turn = turn
        assert half.turn.take()

        def cut_off():
            cluster.tell(
                "select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and classid = 1 and granted"
            )
            pause = threading.Event()
            assert any(other.take() or pause.wait(0.02) for _ in range(PATIENCE * 50))

        half.cut_off = cut_off
        assert half.round() == []
        assert visible(half) == []
        assert not any(map(half.attempts.intent_recorded, transfers))
        assert {line["code"] for line in half.lines()} == {"storage-error"}
        half.turn = other
        half.wait(minutes=11)
        assert sorted(seen[1] for seen in half.round()) == sorted(transfers)
    assert [partner.releases for partner in half.partners.values()] == [1, 1]
