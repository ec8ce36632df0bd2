"""One machine dies or freezes in the middle of a handoff; another ends it, and what thaws does no harm.

The partner takes parcels out of its inbox all the while, so that no final name is left to stop a second copy.
"""

import re
import signal

import pytest

from gateway.approval.desk import statement_name
from gateway.footing.mailbox import ORDER
from gateway.receipts.verification import verify_log
from gateway.vocabulary.parcel import names_of
from gateway.vocabulary.transfer import TransferId
from tests.crash.effects import AFTER, BEFORE, SENT
from tests.end_to_end.conftest import YSS

SEEN = ["waiting", "arrived", "approved", "sealed"]
LADDERS = (
    [*SEEN, "delivered", "acknowledged"],
    [*SEEN, "in-doubt", "acknowledged"],  # the partner had swept it away before anybody could look: its answer tells
)
POINTS = [
    ("claiming.claim:private_folder.mkdir", BEFORE),
    ("claiming._keep_papers:created.link", AFTER),
    ("claim.take_out:remove_in.unlink", BEFORE),
    ("sealed_age.write:created.link", BEFORE),
    ("carrying.hand_on:created.link", AFTER),
    ("mailbox.post_order:publish.rename", BEFORE),
    ("mailbox.post_order:publish.rename", AFTER),
    ("sftp:create(age,json.sig,json)", BEFORE),
    ("sftp:create(age,json.sig,json)", AFTER),
    ("sftp:write+fsync+close()", SENT),
    ("sftp:rename(age,json.sig)", BEFORE),
    ("sftp:rename(age,json.sig)", AFTER),
    ("sftp:rename(json)", BEFORE),
    ("sftp:rename(json)", SENT),
    ("sftp:rename(json)", AFTER),
    ("mailbox.report:created.link", BEFORE),
]
CLEARING = "carrying.empty_folder:_empty.unlink"
POSTING = "mailbox.post_order:publish.rename"


def a_handoff_begins(nodes, step, moment, before_it_is_signed=lambda nodes: None):
    """On one machine, until it freezes at that step."""
    first = nodes.start(step, moment)
    nodes.world.drop()
    nodes.until((nodes.world.council.drop_folder(YSS) / statement_name("pupils.csv")).exists)
    before_it_is_signed(nodes)
    nodes.world.sign_both()
    nodes.until(first.is_stopped)
    return first


def draft(nodes):
    """Where the one parcel is put together."""
    (transfer,) = nodes.world.transfers()
    return nodes.world.council.configuration.workspace.sealing(transfer)


def an_earlier_try_left_a_draft(nodes):
    folder = draft(nodes)
    folder.mkdir(mode=0o700)
    for name in (*names_of(TransferId(folder.name)), ORDER):
        (folder / name).write_bytes(b"of an earlier try")


def the_day_ends(nodes):
    """One copy, one complete ladder, a log that verifies, and nothing left in the mailbox."""
    (transfer,) = nodes.world.transfers()
    assert nodes.world.ladder(transfer) in LADDERS
    assert len(nodes.world.partners[YSS].received) == 1
    assert [name for name in nodes.world.inbox() if not name.endswith(".json")] == []
    with nodes.world.opened() as gateway:
        verify_log(gateway.ledger, gateway.log.public, every=True)
        gateway.log.check_witnesses()
        for folder in (gateway.workspace.to_deliver, gateway.workspace.from_deliver):
            assert [path.name for path in folder.iterdir() if path.name != "heartbeat.json"] == []
        # who thaws in the step that makes the folder makes it, and no more; the next start takes it away
        assert [path.name for path in gateway.workspace.arrivals.rglob("*") if not path.is_dir()] == []


@pytest.mark.parametrize(("step", "moment"), POINTS)
def test_a_frozen_machine_is_followed_and_harmless_when_it_thaws(nodes, step, moment):
    first = a_handoff_begins(nodes, step, moment)
    nodes.start()
    nodes.until(lambda: nodes.stages() == ["acknowledged"])
    first.send(signal.SIGCONT)
    nodes.until(lambda: first.process.poll() is not None)
    assert re.search(
        "turn is over|deliver's store failed", first.log.read_text()
    )  # frozen in a commit, it lost that too
    the_day_ends(nodes)


def test_a_machine_that_thaws_while_it_clears_a_draft_away_leaves_its_successors_alone(nodes):
    first = a_handoff_begins(nodes, CLEARING, BEFORE, an_earlier_try_left_a_draft)
    second = nodes.start(POSTING, BEFORE)
    nodes.until(second.is_stopped)
    sealed = {path.name: path.read_bytes() for path in draft(nodes).iterdir()}
    first.send(signal.SIGCONT)
    nodes.until(lambda: first.process.poll() is not None)
    assert {path.name: path.read_bytes() for path in draft(nodes).iterdir()} == sealed
    assert len(sealed) == 4
    second.send(signal.SIGCONT)
    nodes.start()  # where the second has lost its turn meanwhile, this one goes on
    nodes.until(lambda: nodes.stages() == ["acknowledged"])
    the_day_ends(nodes)


@pytest.mark.parametrize(("step", "moment"), POINTS[1::4])
def test_a_machine_that_dies_is_followed(nodes, step, moment):
    first = a_handoff_begins(nodes, step, moment)
    nodes.start()
    first.send(signal.SIGKILL)
    nodes.until(lambda: nodes.stages() == ["acknowledged"])
    the_day_ends(nodes)
