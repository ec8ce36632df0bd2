"""Every fault of the menu, met at every step of a delivery: what must be told, and what becomes of it once it is mended.

One table. The whole deliver half against the stand-in: orders, store, breaker, connection, observation.
"""

from dataclasses import replace

import pytest

from gateway.footing.workspace import Workspace
from gateway.partner.standin.faults import MENU, NONE, STEPS, Faults
from gateway.vocabulary.parcel import names_of
from tests.contracts.reaching import reaching
from tests.simulators.deliver_half import DeliverHalf

FAULTS = {name: faults for name, (faults, _) in MENU.items()} | {
    "disk-full": Faults(full_after=0),
    "stalls": Faults(stall=True),
    "drops": Faults(drop_after=0),
    "slow": Faults(slow=0.002),
    "hangs-up-before": Faults(hang_up="before"),
    "hangs-up-after": Faults(hang_up="after"),
    "sweeps-and-hangs-up-before": Faults(sweep=True, hang_up="before"),
    "sweeps-and-hangs-up-after": Faults(sweep=True, hang_up="after"),
    "overwrites-and-hangs-up-after": Faults(overwrite=True, hang_up="after"),
}
OUTCOMES = {
    # what is told at once (nothing: it is tried again by itself), then what is told once the fault is gone
    "delivered": (("delivered", None), None),
    "again": (None, ("delivered", None)),
    "doubt": (None, ("in-doubt", "outcome-unknown")),
    "refused": (("failed", "partner-refused"), ("delivered", None)),
    "host-key": (("failed", "host-key-mismatch"), ("delivered", None)),
    "login": (("failed", "authentication-refused"), ("delivered", None)),
}
TABLE = """
                               connect    look       create     write      close      read-back  rename     release
sweeps                         delivered  delivered  delivered  delivered  delivered  delivered  delivered  delivered
truncates                      refused    refused    refused    refused    refused    delivered  delivered  delivered
disk-full                      refused    refused    refused    refused    refused    delivered  delivered  delivered
refuses-rename                 refused    refused    refused    refused    refused    refused    refused    refused
overwrites                     delivered  delivered  delivered  delivered  delivered  delivered  delivered  delivered
stalls                         again      again      again      again      again      again      again      again
drops                          again      again      again      again      again      delivered  delivered  delivered
other-host-key                 host-key   delivered  delivered  delivered  delivered  delivered  delivered  delivered
refuses-authentication         login      delivered  delivered  delivered  delivered  delivered  delivered  delivered
lies-about-size                refused    refused    refused    refused    refused    delivered  delivered  delivered
slow                           delivered  delivered  delivered  delivered  delivered  delivered  delivered  delivered
refuses-stat                   refused    refused    refused    refused    refused    refused    delivered  delivered
forbids-reading                delivered  delivered  delivered  delivered  delivered  delivered  delivered  delivered
forbids-removing               delivered  delivered  delivered  delivered  delivered  delivered  delivered  delivered
hangs-up-before                again      again      again      again      again      again      again      again
hangs-up-after                 again      again      again      again      again      again      again      again
sweeps-and-hangs-up-before     again      again      again      again      again      again      again      again
sweeps-and-hangs-up-after      again      again      again      again      again      again      again      doubt
overwrites-and-hangs-up-after  again      again      again      again      again      again      again      again
"""


def cells():
    head, *rows = TABLE.strip("\n").splitlines()
    for row in rows:
        fault, *words = row.split()
        yield from ((fault, step, word) for step, word in zip(head.split(), words, strict=True))


def test_the_table_has_every_fault_and_every_step():
    assert {fault for fault, _, _ in cells()} == set(FAULTS)
    assert tuple(TABLE.split()[: len(STEPS)]) == STEPS


@pytest.mark.parametrize(("fault", "step", "word"), list(cells()))
def test_what_is_told_is_so_and_nothing_is_lost_or_doubled(standin, tmp_path, fault, step, word):
    patience = 0.3 if fault == "stalls" else 10.0
    with reaching(standin.endpoint, standin.key, timeout=patience) as destination:
        half = half_of(tmp_path, destination)
        transfer = half.post()
        parcel = {name: (half.workspace.to_deliver / transfer / name).read_bytes() for name in names_of(transfer)}
        standin.server.misbehave(replace(FAULTS[fault], begins_at=step))
        at_once, in_the_end = OUTCOMES[word]
        assert told(half) == at_once
        visible = {name: content for name, content in standin.everything().items() if not name.startswith(".")}
        assert visible.items() <= parcel.items(), "whatever is seen is whole"
        standin.server.misbehave(NONE)
        if at_once and at_once[0] == "failed":
            half.retry(transfer)
        half.wait(minutes=1)
        assert told(half) == in_the_end
        half.attempts.close()
    assert standin.server.releases == 1, "once, whatever was tried"
    swept = FAULTS[fault].sweep and (word == "doubt" or at_once == ("delivered", None))
    assert swept or standin.everything() == parcel


def half_of(folder, destination):
    workspace = Workspace(home=folder, outbox=folder / "outbox", state=folder / "state", keys=folder / "keys")
    return DeliverHalf(workspace, {"yss": destination})


def told(half):
    seen = half.round()
    assert len(seen) <= 1
    return (seen[0][0], seen[0][2]) if seen else None
