"""Each half as a user of its own: a handoff goes through, and neither can reach what is the other's."""

import io
import os
import shutil
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


# what a person decides about a delivery, typed as prepare's user, of whom deliver's store is out of sight


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """The partner's folder was away; and it is back."""
    with server() as made, installed(tmp_path_factory.mktemp("failing"), made) as halves:
        halves.approved()
        halves.prepare()
        inbox = halves.partner.files / "inbox"
        inbox.rename(inbox.with_name("away"))
        halves.deliver()
        inbox.with_name("away").rename(inbox)
        halves.prepare()
        assert "failed" in halves.stages()
        yield halves


def transfers(halves):
    return [line.split()[0] for line in halves.stages().splitlines()[1:]]


def test_what_has_failed_is_retried_by_the_one_user_and_delivered_by_the_other(failed):
    (transfer,) = transfers(failed)
    said = failed.server.gateway(PREPARE, "retry", transfer)
    assert said.returncode == 0, said.stderr
    failed.deliver()
    failed.prepare()
    assert (len(failed.inbox()), "delivered" in failed.stages()) == (3, True)
    settled = failed.server.gateway(PREPARE, "resolve", transfer, "delivered", "--reason", "confirmed-by-telephone")
    assert settled.returncode == 0, settled.stderr
    assert "resolved" in failed.stages()
    assert list(failed.server.state.glob("mailbox/to-deliver/*/order.json")) == []


def test_what_was_approved_by_mistake_is_stopped_by_the_one_user_and_let_go_of_by_the_other(tmp_path):
    with server() as made, installed(tmp_path, made) as halves:
        halves.approved()
        halves.prepare()
        (transfer,) = transfers(halves)
        said = made.gateway(PREPARE, "recall", transfer, "--reason", "wrong-file")
        assert (said.returncode, "is stopped" in said.stdout) == (0, True), said.stderr
        halves.deliver()
        halves.prepare()
        assert (halves.inbox(), "refused" in halves.stages()) == ([], True)
        assert (made.outbox / YSS / "refused" / f"{transfer}.csv").exists()


# the rehearsal, each step as its user


def rehearse(halves, user, *words, network=False):
    return halves.server.gateway(user, "partner", "rehearse", "youth-support", *map(str, words), network=network)


@contextmanager
def open_to_all(server: Server):
    """As /tmp is: what is in it belongs to whoever made it."""
    folder = server.root / "tmp"
    folder.mkdir()
    folder.chmod(0o1777)
    try:
        yield folder / "rehearsal"
    finally:
        shutil.rmtree(folder)


def test_a_rehearsal_goes_through_two_users_of_whom_each_types_a_step(sealed):
    with open_to_all(sealed.server) as place:
        first = rehearse(sealed, PREPARE, "--seal", place)  # without a network
        assert first.returncode == 0, first.stderr
        assert f"  sudo -u handoff-deliver gateway partner rehearse youth-support --carry {place}" in first.stdout
        assert sealed.inbox() == []
        second = rehearse(sealed, DELIVER, "--carry", place, "--wait", "0", network=True)
        assert (second.returncode, len(sealed.inbox())) == (3, 3), second.stderr
        sealed.partner.receive(now())
        third = rehearse(sealed, DELIVER, "--carry", place, "--wait", "0", network=True)
        assert third.returncode == 0, third.stderr
        assert f"  sudo -u handoff-prepare gateway partner rehearse youth-support --check {place}" in third.stdout
        fourth = rehearse(sealed, PREPARE, "--check", place)
        assert (fourth.returncode, "signed for 12 rows" in fourth.stdout) == (0, True), fourth.stderr
    assert "the log is whole" in sealed.server.gateway(PREPARE, "receipts", "verify").stdout


def test_neither_user_can_type_the_other_s_step_and_is_told_whose_it_is(sealed):
    with open_to_all(sealed.server) as place:
        assert rehearse(sealed, PREPARE, "--seal", place).returncode == 0
        for words in (("--seal", place.with_name("other")), ("--check", place)):
            refused = rehearse(sealed, DELIVER, *words, network=True)
            assert (refused.returncode, refused.stdout) == (74, "")
            assert "handoff-prepare" in refused.stderr
        for words in (("--carry", place), ()):
            refused = rehearse(sealed, PREPARE, *words)
            assert (refused.returncode, refused.stdout) == (66, "")
            assert "--carry DIR as deliver's" in refused.stderr


def test_the_folder_between_the_steps_is_open_to_the_two_and_to_nobody_else(sealed):
    with open_to_all(sealed.server) as place:
        rehearse(sealed, PREPARE, "--seal", place)
        assert "Permission denied" in sealed.server.run("nobody", "ls", place).stderr
        modes = {stat.S_IMODE(path.stat().st_mode) for path in place.iterdir()}
        assert (modes, stat.S_IMODE(place.stat().st_mode)) == ({0o640}, 0o2770)
        for path in place.iterdir():
            assert "Permission denied" in sealed.server.run(DELIVER, "tee", path).stderr
