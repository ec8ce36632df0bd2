"""Deliver dies after every single request of a delivery, and its successor after every one of its own.

Real servers, the real store; nobody sweeps, or a partner that sweeps all the time. What must
hold: once at the partner, and in doubt only where it was there and has been swept away.
"""

from itertools import count

import pytest

from gateway.deliver.attempts import Attempts
from gateway.deliver.destination import Attempt
from gateway.deliver.sftp.connection import connect
from gateway.deliver.sftp.inbox import Inbox
from gateway.deliver.sftp.putting import Putting
from gateway.vocabulary.errors import OutcomeUnknown
from gateway.vocabulary.facts import Facts
from tests.contracts.grounds import proftpd_ground, sshd_ground
from tests.contracts.stories import AT, contents, sealed

SMALL = (40_001, 317, 911)
ALIVE = None
ROUND_TRIPS = 6
"""Of a parcel of small files, whatever else is under way: look, create, write and read back, look again, rename twice."""


class Sweeper:
    """A partner that takes each complete parcel away at once, and counts."""

    def __init__(self, ground, parcel, *, sweeps):
        self.inbox, self.parcel, self.sweeps = ground.files / "inbox", parcel, sweeps
        self.taken = 0

    def look(self):
        if self.sweeps and (self.inbox / self.parcel.files[-1].name).exists():
            for file in self.parcel.files:
                assert (self.inbox / file.name).read_bytes() == file.path.read_bytes()
                (self.inbox / file.name).unlink()
            self.taken += 1


class Machine:
    """Deliver with its store; `put` ends after so many requests, as if the power went."""

    def __init__(self, session, parcel, store, sweeper):
        self.session, self.parcel, self.sweeper = session, parcel, sweeper
        self.attempts = Attempts(store)

    def put(self, steps):
        """Whether it came to its end."""
        transfer = self.parcel.transfer
        begun = self.attempts.begin(transfer, self.parcel.files[-1].digest)
        attempt = Attempt(
            number=begun.number,
            earlier=begun.earlier,
            alike=begun.alike,
            intent_recorded=begun.intent_recorded,
            may_release=lambda: None,
            never_left=lambda: self.attempts.never_left(transfer),
            record_intent=lambda: self.attempts.record_intent(transfer, begun.number),
        )
        talk = Putting(
            inbox=Inbox(session=self.session, folder="inbox"),
            parcel=self.parcel,
            attempt=attempt,
            read_back_all=False,
            negotiated=Facts(),
        ).run()
        step, replies = -1, None
        while step != steps:
            try:
                asked = talk.send(replies)
            except StopIteration:
                return True
            replies = self.session.gather(asked)
            self.sweeper.look()
            step += 1
        return False


@pytest.fixture(params=[sshd_ground, proftpd_ground])
def server(request, tmp_path):
    (folder := tmp_path / "partner").mkdir()
    with request.param(folder) as ground:
        yield from connected(ground)


def connected(ground):
    """One connection for all: that a dead one leaves nothing half asked is the session's own business."""
    connection = connect(ground.endpoint, ground.key, timeout=20.0, day=AT.date())
    yield ground, connection.session
    connection.close()


def lives(server, folder, number, deaths, *, sweeps):
    """One parcel, with a death after so many requests of each try; then it is tried until it ends."""
    (place := folder / str(number)).mkdir()
    parcel = sealed(place, number % 200 + 1, sizes=SMALL)
    ground, session = server
    sweeper = Sweeper(ground, parcel, sweeps=sweeps)
    machine = Machine(session, parcel, place / "store", sweeper)
    died, doubted = True, False
    try:
        died = not any(machine.put(steps) for steps in deaths)
        if died:
            machine.put(ALIVE)
    except OutcomeUnknown:
        doubted = True
    finally:
        machine.attempts.close()
    there = contents(parcel).items() <= ground.everything().items()
    for path in (ground.files / "inbox").iterdir():
        path.unlink()
    return died, doubted, there, sweeper.taken


def every(server, folder, *, sweeps, first=ALIVE):
    """For each place to die at, after a first death or none; ends once a try is through before it dies."""
    for place in count():
        deaths = (place,) if first is ALIVE else (first, place)
        number = place if first is ALIVE else 100 * (first + 1) + place
        died, doubted, there, taken = lives(server, folder, number, deaths, sweeps=sweeps)
        yield doubted, there, taken
        if not died:
            return


def test_whoever_dies_after_any_request_is_never_in_doubt_where_nobody_sweeps(server, tmp_path):
    ends = list(every(server, tmp_path, sweeps=False))
    streamed = SMALL[0] > server[1].limits.write  # then it is opened once more, and asked for a byte, to be read back
    assert len(ends) == ROUND_TRIPS + 2 * streamed + 1, "it died at each of them, and lived in the end"
    assert all((doubted, there) == (False, True) for doubted, there, _ in ends)


def test_a_partner_that_sweeps_gets_it_once_and_the_doubt_is_of_what_it_has(server, tmp_path):
    ends = list(every(server, tmp_path, sweeps=True))
    assert all(taken == 1 for _, _, taken in ends)
    assert [doubted for doubted, _, _ in ends].count(True) == 1, "only who dies behind the last rename leaves a doubt"


@pytest.mark.parametrize("server", [sshd_ground], indirect=True)
@pytest.mark.parametrize("first", range(ROUND_TRIPS))
def test_a_successor_that_dies_as_well_leaves_nobody_in_doubt(server, tmp_path, first):
    for doubted, there, _ in every(server, tmp_path, sweeps=False, first=first):
        assert (doubted, there) == (False, True)
