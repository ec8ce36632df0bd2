"""The ledger on PostgreSQL, set up as the handbook says: the same handoff, with a user who may do little."""

import re
import shutil
from pathlib import Path

import pytest

from gateway.footing.ledger import Ledger
from gateway.vocabulary.errors import LogBroken
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS, a_world, typing_in
from tests.ledgers import cluster  # noqa: F401 - a fixture

HANDBOOK = (Path(__file__).parents[2] / "docs" / "OPERATING.md").read_text("utf-8")
SECTION = HANDBOOK[HANDBOOK.index("\n## PostgreSQL\n") : HANDBOOK.index("\n## Backup and restore\n")]
FIRST, AFTERWARDS = re.findall(r"```sql\n(.*?)```", SECTION, re.DOTALL)
SERVICE = "handoff-prepare"


@pytest.fixture
def server(cluster):  # noqa: F811 - the fixture
    """With a database as the handbook has it made, and the tables in it."""
    forget(cluster)
    cluster.tell("create database ledger template template0 encoding 'UTF8' locale 'C'")
    for statement in FIRST.strip().splitlines():
        cluster.tell(statement, "ledger")
    Ledger.create_or_upgrade(cluster.url("ledger")).close()
    for statement in AFTERWARDS.strip().splitlines():
        cluster.tell(statement, "ledger")
    yield cluster
    forget(cluster)


def forget(server) -> None:
    server.tell("drop database if exists ledger with (force)")
    server.tell(f'drop role if exists "{SERVICE}"')


@pytest.fixture
def world(server, tmp_path):
    with a_world(tmp_path, ledger=server.url("ledger", SERVICE)) as made:
        yield made


def handed_over(world) -> None:
    world.approved()
    world.run()
    world.partners[YSS].receive(world.clock())
    world.run()


def test_a_handoff_climbs_every_rung_and_the_log_verifies(world):
    handed_over(world)
    assert not world.council.configuration.workspace.ledger.exists()
    (transfer,) = world.transfers()
    assert world.ladder(transfer) == ["waiting", "arrived", "approved", "sealed", "delivered", "acknowledged"]
    type_in = typing_in(world)
    assert type_in("receipts", "verify").code == type_in("receipts", "verify", "--every").code == 0
    assert type_in("purge").code == 0
    assert type_in("disclosures", stdin=f"upn: {world.people.children[0].fields['upn']}\n").code == 0


def test_doctor_finds_the_ledger_and_says_what_its_server_lacks(world, server):
    type_in = typing_in(world)
    told = type_in("doctor").out
    assert "fail  ledger: its PostgreSQL runs with fsync off" in told
    assert "may change its tables" not in told
    assert "ok    receipt log: whole" in type_in("doctor", "--deep").out
    page = world.council.home / "config" / "gateway.toml"
    page.write_text(page.read_text().replace(SERVICE, "partner"))
    assert "warn  ledger: this user may change its tables" in type_in("doctor").out


def test_doctor_makes_a_ledger_when_it_is_told_to_and_only_then(world, server):
    type_in = typing_in(world)
    server.renew("ledger", "template0")
    assert "fail  ledger: the ledger has schema none" in type_in("doctor").out
    told = type_in("doctor", "--upgrade")
    assert (told.code, "this user may not do that" in told.err) == (74, True)
    page = world.council.home / "config" / "gateway.toml"
    page.write_text(page.read_text().replace(SERVICE, "partner"))
    assert "schema none" not in type_in("doctor", "--upgrade").out


@pytest.mark.parametrize(
    "statement",
    [
        "delete from ledger.leaf",
        "update ledger.node set level = 0",
        "delete from ledger.checkpoint",
        "update ledger.cosignature set note = ''",
        "update ledger.alembic_version set version_num = '0001'",
        "truncate ledger.leaf",
        "drop table ledger.leaf",
        "alter table ledger.leaf add column canary text",
        "create table ledger.canary (x int)",
        "create schema canary",
        "create table public.canary (x int)",
    ],
)
def test_the_service_may_not_take_back_what_it_wrote(server, statement):
    import psycopg

    with (
        psycopg.connect(host=str(server.folder), user=SERVICE, dbname="ledger") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement)


def test_a_password_in_the_url_is_refused_and_shown_nowhere(world):
    page = world.council.home / "config" / "gateway.toml"
    page.write_text(page.read_text().replace(f"{SERVICE}@", f"{SERVICE}:canary@"))
    for verb in (("doctor",), ("status",), ("run", "--once")):
        told = typing_in(world)(*verb)
        assert told.code == 78
        assert "holds a password" in told.out + told.err
        assert "canary" not in told.out + told.err


def test_a_server_that_is_away_stops_everything_with_one_sentence_and_loses_nothing(world, server):
    world.approved()
    page = world.council.home / "config" / "gateway.toml"
    there = page.read_text()
    page.write_text(there.replace(str(server.folder), "/nowhere/canary"))
    told = typing_in(world)("run", "--once")
    assert told.code == 74
    assert "the database of the prepare half's turn is away" in told.err
    assert "canary" not in told.out + told.err
    page.write_text(there)
    world.run()
    assert world.stages() == [Stage.DELIVERED]


def test_a_dump_is_restored_as_the_handbook_says_and_an_older_one_is_found_out(world, server, tmp_path):
    """By the partner's cosignature, as with a file: see test_anchor for the anchor."""
    world.drop()
    world.run("prepare")
    server.run("pg_dump", "--format=custom", f"--file={tmp_path / 'yesterday'}", "ledger")
    world.sign_both()
    world.run()
    world.partners[YSS].receive(world.clock())
    world.run()
    server.run("pg_dump", "--format=custom", f"--file={tmp_path / 'today'}", "ledger")
    world.clock.turn(hours=1)
    kept = tmp_path / "answer"
    shutil.copytree(world.partners[YSS].files / "acknowledgements", kept)
    for dump, leads in (("yesterday", False), ("today", True)):
        server.renew("ledger", "template0")
        server.run("pg_restore", "--exit-on-error", "--dbname=ledger", str(tmp_path / dump))
        assert typing_in(world)("receipts", "verify").code == 0
        with world.opened() as gateway:
            assert bool(gateway.log.last_cosigned("youth-support")) is leads
            gateway.log.check_witnesses()
        (note,) = kept.glob("*.ack.json")
        told = typing_in(world)("receipts", "witness", note, "--route", YSS)
        assert (told.code == 0) is leads, told.err
        if not leads:
            with world.opened() as gateway, pytest.raises(LogBroken):
                gateway.log.check_witnesses()
