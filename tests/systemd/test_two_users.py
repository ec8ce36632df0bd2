"""Each half as a user of its own: a handoff goes through, and neither can reach what is the other's."""

import io
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from gateway.demo import tables
from gateway.demo.children import population
from gateway.demo.council import Council, found
from gateway.demo.partners import Partner, partner_of
from gateway.footing.telemetry import Telemetry
from gateway.vocabulary.moment import london_day
from tests.end_to_end.conftest import YSS, real_server
from tests.simulators.two_users import Server, server

PREPARE, DELIVER = "handoff-prepare", "handoff-deliver"


def now():
    """Commands in processes of their own have the machine's clock; nothing here depends on what it says."""
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Installed:
    server: Server
    council: Council
    partner: Partner

    def prepare(self):
        return self.server.gateway(PREPARE, "run", "--once", "--only", "prepare")

    def deliver(self):
        return self.server.gateway(DELIVER, "run", "--once", "--only", "deliver", network=True)

    def approved(self) -> None:
        children = population(Random(7), today=london_day(now()), rows=20).children
        self.council.drop(YSS, "pupils.csv", tables.extract(children, self.council.schema(YSS)))
        self.prepare()
        for role in self.council.people:
            self.council.sign(YSS, "pupils.csv", role)

    def inbox(self) -> list[str]:
        return sorted(path.name for path in (self.partner.files / "inbox").iterdir())

    def stages(self) -> str:
        return self.server.gateway(PREPARE, "receipts", "list").stdout


@contextmanager
def installed(tmp_path: Path, made: Server):
    """As OPERATING.md has it: folders, `init`, and what was made handed over to the two users."""
    places = {"state": str(made.state), "outbox": str(made.outbox)}
    council = found(made.home, telemetry=Telemetry(io.StringIO(), now), clock=now, settings=places)
    made.hand_over()
    with partner_of(council, YSS, tmp_path / YSS, real_server) as partner:
        yield Installed(server=made, council=council, partner=partner)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A handoff between the halves: minimised and sealed, the arrival still there, nothing delivered."""
    with server() as made, installed(tmp_path_factory.mktemp("partners"), made) as halves:
        halves.approved()
        ended = halves.prepare()
        assert ended.returncode in (0, 3), ended.stderr
        assert list(made.state.glob("mailbox/to-deliver/*/order.json")), ended.stderr
        assert list(made.state.glob("prepare/arrivals/*/*"))
        yield halves


def reading(halves, user, path):
    return halves.server.run(user, "cat", path)


def test_a_handoff_goes_through_two_users_and_comes_back_acknowledged(tmp_path):
    with server() as made, installed(tmp_path, made) as halves:
        halves.approved()
        halves.prepare()
        assert halves.inbox() == []
        ended = halves.deliver()
        assert len(halves.inbox()) == 3, ended.stderr
        halves.prepare()
        assert "delivered" in halves.stages()
        halves.partner.receive(now())
        halves.deliver()
        halves.prepare()
        assert "acknowledged" in halves.stages()
        assert list(made.state.glob("prepare/arrivals/*")) == []
        assert list(made.state.glob("mailbox/*/*")) == []


def test_prepare_has_done_its_part_without_a_network_and_without_seeing_delivers_store(sealed):
    assert not (sealed.server.state / "deliver" / "attempts.sqlite").exists()
    looked = sealed.server.run(PREPARE, "ls", sealed.server.state / "deliver")
    assert looked.returncode != 0
    assert "Permission denied" in looked.stderr


@pytest.mark.parametrize(
    "place", ["ledger.sqlite", "private/signing.key", "private/register.key", "arrivals/*/extract", "sealing"]
)
def test_deliver_cannot_read_what_is_prepares(sealed, place):
    found_by_root = list((sealed.server.state / "prepare").glob(place))
    assert found_by_root
    for path in found_by_root:
        refused = reading(sealed, DELIVER, path)
        assert (refused.stdout, "Permission denied" in refused.stderr) == ("", True)


@pytest.mark.parametrize("place", ["private/observation.key", "private/sftp-yss.key"])
def test_prepare_cannot_read_what_is_delivers(sealed, place):
    refused = reading(sealed, PREPARE, sealed.server.state / "deliver" / place)
    assert (refused.stdout, "Permission denied" in refused.stderr) == ("", True)


def test_deliver_cannot_read_what_staff_drop(sealed):
    path = sealed.server.outbox / YSS / "tomorrow.csv"
    path.write_text("Zebedee\n")
    path.chmod(0o640)
    try:
        assert "Permission denied" in reading(sealed, DELIVER, path).stderr
    finally:
        path.unlink()


def test_deliver_reads_orders_and_can_change_none(sealed):
    order = next(sealed.server.state.glob("mailbox/to-deliver/*/order.json"))
    assert '"handoff-order/v1"' in reading(sealed, DELIVER, order).stdout
    for attempt in (
        ["touch", order.with_name("revoked")], ["rm", "-f", order], ["tee", order], ["mkdir", order.parent.parent / "forged"],
    ):  # fmt: skip
        assert "Permission denied" in sealed.server.run(DELIVER, *attempt).stderr, attempt


def test_nobody_else_sees_orders_or_their_number(sealed):
    mailbox = sealed.server.state / "mailbox"
    looked = sealed.server.run("nobody", "ls", mailbox / "to-deliver")
    assert "Permission denied" in looked.stderr
    assert {stat.S_IMODE(path.stat().st_mode) & 0o007 for path in mailbox.rglob("*")} == {0}


def test_a_parcel_that_deliver_could_not_read_is_never_even_sealed(tmp_path):
    with server() as made, installed(tmp_path, made) as halves:
        halves.approved()
        sealing = made.state / "prepare" / "sealing"
        os.chown(sealing, -1, made.ids(PREPARE)[1])  # what `chown -R` leaves
        ended = halves.prepare()
        assert "does not belong to the mailbox's group" in ended.stderr
        assert [*made.state.glob("mailbox/to-deliver/*"), *sealing.iterdir()] == []
        made.make_folders()
        halves.prepare()
        assert list(made.state.glob("mailbox/to-deliver/*")) != []
