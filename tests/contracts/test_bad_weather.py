"""Many deliveries over a line that cuts, delays and corrupts: each is there once and whole, or known to be in doubt.

`DELIVERIES=500` for all of them; a fixed seed, so that a run that fails can be seen again.
"""

import os
from collections import Counter
from random import Random

import pytest

from gateway.vocabulary.digest import Digest
from gateway.vocabulary.parcel import names_of
from tests.contracts.reaching import reaching
from tests.contracts.test_fault_table import half_of
from tests.simulators.weather import Weather

DELIVERIES = int(os.environ.get("DELIVERIES", "20"))
SEED = 20261124
MOST_ROUNDS = 60


class Partner:
    """Takes complete parcels away, as partners do, and remembers what it took."""

    def __init__(self, ground):
        self.inbox = ground.files / "inbox"
        self.taken = Counter()
        self.digests = {}

    def collect(self):
        for envelope in self.inbox.glob("[0-9]*.json"):
            for name in names_of(envelope.stem):
                self.digests[name] = Digest.of((self.inbox / name).read_bytes())
                (self.inbox / name).unlink()
            self.taken[envelope.stem] += 1


def carried(half, transfer, partner, random):
    """Rounds until nothing more is to be expected by itself; what was told last."""
    for _ in range(MOST_ROUNDS):
        for outcome, _, _ in half.round():
            if outcome in ("delivered", "in-doubt"):
                return outcome
            half.retry(transfer)  # a person has looked: the line had made a server of another kind of ours
        if random.random() < 0.5:
            partner.collect()
        half.wait(minutes=11)
    return "lost"


@pytest.mark.timeout(900)
def test_whatever_the_line_does_a_parcel_is_there_once_and_whole_or_in_doubt(standin, tmp_path):
    random, partner, ends = Random(SEED), Partner(standin), Counter()
    with Weather(standin.server.port, SEED) as line:
        endpoint = standin.endpoint.model_copy(update={"port": line.port})
        with reaching(endpoint, standin.key, timeout=5.0) as destination:
            half = half_of(tmp_path, destination)
            for _ in range(DELIVERIES):
                release_by = half.at.replace(year=half.at.year + 1)
                transfer = half.post(release_by=release_by, size=random.choice((100, 30_000, 300_000)))
                sent = {
                    name: Digest.of((half.workspace.to_deliver / transfer / name).read_bytes())
                    for name in names_of(transfer)
                }
                end = carried(half, transfer, partner, random)
                partner.collect()
                ends[end] += 1
                assert end in ("delivered", "in-doubt"), "nothing is lost"
                assert partner.taken[transfer] <= 1, "nothing is doubled"
                assert end == "in-doubt" or partner.taken[transfer] == 1, "what is called delivered is there"
                if partner.taken[transfer]:
                    assert {name: partner.digests[name] for name in sent} == sent, "each byte"
                destination.close()  # the next one meets the line anew
            half.attempts.close()
        assert line.met["cut"], "there was weather"
    assert sum(ends.values()) == DELIVERIES
    assert standin.server.releases == sum(partner.taken.values())
