"""What only a server can get wrong: who waits for whom, who may do what, and which database it is at all."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from gateway.footing.ledger import Ledger, leaves, postgresql, register_version
from gateway.footing.ledger.postgresql import may_change_tables, unsafe_settings
from gateway.vocabulary.errors import StorageError
from tests.simulators.postgresql import server

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys, time
from gateway.footing.ledger import Ledger, register_version
with Ledger.open(sys.argv[1]).writing() as tx:
    register_version.bump(tx)
    print("writing", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def ledger(database):
    opened = Ledger.open(database.url)
    yield opened
    opened.close()


def refused(match: str, call, *arguments) -> None:
    with pytest.raises(StorageError, match=match) as caught:
        call(*arguments)
    assert caught.value.remedy
    assert "canary" not in caught.value.message + caught.value.remedy


def bump(ledger: Ledger) -> int:
    with ledger.writing() as tx:
        register_version.bump(tx)
        return register_version.version(tx)


def test_every_session_begins_with_our_settings_whatever_the_roles_are(database, ledger):
    database.server.tell("alter role partner set synchronous_commit = off")
    database.server.tell("alter role partner set search_path = public")
    try:
        with ledger.reading() as tx:
            told = dict(tx.execute(text("select name, setting from pg_settings")).all())
            assert tx.exec_driver_sql("select current_schemas(false)").scalar() == ["ledger"]
        assert told["synchronous_commit"] == "on"
        assert told["client_connection_check_interval"] == "1000"
        assert (told["transaction_isolation"], told["transaction_read_only"]) == ("repeatable read", "on")
    finally:
        database.server.tell("alter role partner reset all")


def test_who_waits_for_his_turn_works_on_what_the_one_before_has_left(ledger):
    """A snapshot from before the wait would be a past one."""
    begun, seen = threading.Event(), []

    def second() -> None:
        begun.set()
        seen.append(bump(ledger))

    with ledger.writing() as tx:
        thread = threading.Thread(target=second)
        thread.start()
        begun.wait()
        register_version.bump(tx)
        thread.join(0.2)
        assert seen == []
    thread.join()
    assert seen == [2]


def a_holder(database) -> subprocess.Popen:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, database.url], cwd=ROOT, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"writing\n"
    return holder


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_writer_that_dies_or_freezes_leaves_nothing_and_keeps_nobody_waiting_for_long(database, ledger, how):
    """Without the settings of the session the frozen one would be waited for without end."""
    holder = a_holder(database)
    try:
        os.kill(holder.pid, how)
        assert bump(ledger) == 1
    finally:
        holder.kill()
        holder.wait()
        holder.stdout.close()


def cut_off(database) -> None:
    """As the server does with whoever stood still too long."""
    database.server.tell("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'of_this_test'")


def test_what_a_frozen_writer_does_when_it_thaws_is_nothing(database, ledger):
    def freeze_and_thaw() -> None:
        with ledger.writing() as tx:
            register_version.bump(tx)
            cut_off(database)
            register_version.bump(tx)

    refused("is away", freeze_and_thaw)
    assert bump(ledger) == 1


def test_a_commit_that_comes_too_late_is_no_commit(database, ledger):
    def freeze_and_thaw() -> None:
        with ledger.writing() as tx:
            register_version.bump(tx)
            cut_off(database)

    refused("is away", freeze_and_thaw)
    assert bump(ledger) == 1


def test_a_server_that_was_away_is_used_again_without_a_word(database, ledger):
    bump(ledger)
    cut_off(database)
    assert bump(ledger) == 2


def test_a_stream_left_half_read_does_not_outlive_its_transaction(database, ledger):
    with ledger.reading() as tx:
        stream = leaves.streamed(tx)
        assert next(stream, None) is None
    with ledger.reading() as tx:
        assert tx.exec_driver_sql("select count(*) from pg_cursors").scalar() == 0


def test_a_server_that_is_away_is_an_error_that_says_what_to_do(database):
    refused("is away", Ledger.open, "postgresql+psycopg://canary@/ledger?host=/nowhere/canary")


def test_a_database_that_is_not_there_is_an_error_that_says_what_to_do(database):
    refused("is away", Ledger.open, database.server.url("canary"))


def test_a_database_without_a_ledger_is_left_as_it_is(database):
    database.server.renew("bare", "template0")
    refused("the ledger has schema none", Ledger.open, database.server.url("bare"))
    assert database.server.tell("select to_regnamespace('ledger')::text", "bare") == [(None,)]


def test_a_ledger_of_another_version_is_refused_and_left_alone(database):
    with database.tampering() as db:
        db.execute("update alembic_version set version_num = '9999'")
    refused("has schema 9999", Ledger.open, database.url)
    refused("made by another version", Ledger.create_or_upgrade, database.url)
    database.server.renew(database.name, "empty_ledger")


def test_two_that_make_the_ledger_at_once_make_one(database):
    database.server.renew("twice", "template0")
    threads = [
        threading.Thread(target=lambda: Ledger.create_or_upgrade(database.server.url("twice")).close()) for _ in "ab"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Ledger.open(database.server.url("twice")).close()
    assert database.server.tell("select count(*) from ledger.alembic_version", "twice") == [(1,)]


@pytest.mark.parametrize("options", ["encoding 'SQL_ASCII'", "lc_collate 'C.UTF-8' encoding 'LATIN1' lc_ctype 'C'"])
def test_a_database_that_is_not_in_utf_8_is_refused(database, options):
    database.server.tell("drop database if exists odd")
    database.server.tell(f"create database odd template template0 {options.replace('C.UTF-8', 'C')}")
    for opening in (Ledger.open, Ledger.create_or_upgrade):
        refused("not in UTF-8", opening, database.server.url("odd"))


def test_whoever_may_change_tables_or_runs_an_unsafe_server_is_told(database, ledger):
    with ledger.reading() as tx:
        assert unsafe_settings(tx) == ("fsync",)
        assert may_change_tables(tx)


def test_a_server_as_it_is_shipped_is_safe():
    with server(fsync="on") as shipped:
        ledger = Ledger.create_or_upgrade(shipped.url())
        with ledger.reading() as tx:
            assert unsafe_settings(tx) == ()
        ledger.close()


def test_nobody_else_takes_the_writers_lock_by_chance(database, ledger):
    with ledger.writing() as tx:
        held = tx.execute(
            text("select classid::bigint << 32 | objid::bigint from pg_locks where locktype = 'advisory'")
        )
        assert held.scalars().all() == [postgresql._WRITERS]
