"""A machine that thaws when another has taken over writes and removes nothing that the other's people or evidence rely on."""

from dataclasses import replace

import pytest

from gateway.approval.desk import evidence_beside
from gateway.footing import mailbox
from gateway.footing.drop_folder import DropFolder
from gateway.service.wiring import gates_of
from gateway.story.carrying import carry
from gateway.story.claiming import claim
from gateway.story.dropped import Dropped
from gateway.story.looking import look
from gateway.story.outcomes import tell_outcome
from gateway.story.revoking import revoke_overtaken
from gateway.story.seen import Memory
from gateway.vocabulary.errors import StorageError
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS


class OvertakenError(StorageError):
    pass


@pytest.fixture
def thawed(world):
    """Its ledger is not fenced here, so that each step by itself must be."""

    def over():
        raise OvertakenError("the turn is over")

    with world.opened() as gateway:
        late = replace(gateway, check_turn=over)
        yield gates_of(late, world.council.configuration, world.clock())[YSS]


def test_it_tells_staff_no_outcome_of_before(world, thawed):
    world.approved()
    world.run()
    (transfer,), (note,) = world.transfers(), (world.council.drop_folder(YSS) / "outcomes").iterdir()
    note.write_text("what the successor knows\n")
    with pytest.raises(OvertakenError):
        tell_outcome(thawed, transfer)
    assert note.read_text() == "what the successor knows\n"


def test_it_removes_no_disclosures_of_its_successors(world, thawed):
    world.approved()
    world.run("prepare")
    (transfer,) = world.transfers()
    disclosures = world.council.configuration.workspace.disclosures(f"{transfer}.parquet")
    kept = disclosures.read_bytes()
    with pytest.raises(OvertakenError):
        carry(thawed, transfer, world.clock())
    assert disclosures.read_bytes() == kept


def test_it_marks_no_order_of_its_successors(world, thawed):
    world.approved()
    world.run("prepare")
    (transfer,) = world.transfers()
    with pytest.raises(OvertakenError):
        revoke_overtaken(thawed.gateway, {}, world.clock())
    assert not mailbox.is_revoked(world.council.configuration.workspace.to_deliver / transfer)


def test_it_throws_no_extract_away_that_its_successor_has_claimed(world, thawed):
    """It had read a file that was changed since; what lies among the arrivals by now is the one that people signed."""
    world.approved()
    (transfer,) = world.transfers()
    folder = world.council.drop_folder(YSS)
    with DropFolder(folder) as held:
        evidence = evidence_beside(
            held, "pupils.csv", route=YSS, domain=thawed.gateway.domain, signers=thawed.signers, at=world.clock()
        )
        (folder / "pupils.csv").write_bytes(b"another file\n")
        with pytest.raises(OvertakenError):
            claim(Dropped(gate=thawed, folder=held, name="pupils.csv"), transfer, evidence, world.clock())
    assert (world.council.configuration.workspace.arrival(transfer) / "extract").exists()
    assert world.stages() == [Stage.WAITING]


def test_it_writes_no_statement_and_no_note_over_its_successors(world, thawed):
    path = world.drop()
    for _ in range(2):
        with pytest.raises(OvertakenError):
            look(thawed, Memory(), world.clock())
    assert sorted(file.name for file in path.parent.iterdir() if file.is_file()) == ["pupils.csv"]


def test_an_order_that_was_marked_too_late_is_made_anew(world):
    """By such a machine, in the one step that nobody can fence."""
    world.approved()
    world.run("prepare")
    (transfer,) = world.transfers()
    mailbox.revoke(world.council.configuration.workspace.to_deliver, transfer)
    world.clock.turn(minutes=1)
    world.run()
    assert world.stages() == [Stage.DELIVERED]
    assert world.ladder(transfer).count("sealed") == 2
