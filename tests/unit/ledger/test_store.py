"""The ledger opens only what is ours, and commits all of a block or nothing of it."""

import os
import sqlite3
import stat

import pytest
from sqlalchemy import text

from gateway.footing.ledger import Ledger, register_version, sqlite_url
from gateway.footing.ledger.schema import SCHEMA
from gateway.vocabulary.errors import StorageError
from tests.ledgers import on_sqlite
from tests.somebody_else import may_not_look


def refused(match: str, call, *arguments) -> None:
    with pytest.raises(StorageError, match=match) as caught:
        call(*arguments)
    assert caught.value.remedy


def set_version(path, version: str) -> None:
    db = sqlite3.connect(path)
    db.execute("update alembic_version set version_num = ?", (version,))
    db.commit()
    db.close()


def test_there_is_no_ledger_until_one_is_made(tmp_path):
    refused("there is no ledger yet", Ledger.open, sqlite_url(tmp_path / "ledger"))
    assert list(tmp_path.iterdir()) == []


def test_who_may_not_look_at_the_ledger_is_told_as_whom_to_type(tmp_path):
    folder = tmp_path / "prepare"
    folder.mkdir(mode=0o700)
    with may_not_look(folder):
        refused("this user may not look at the ledger", Ledger.open, sqlite_url(folder / "ledger"))


def test_a_folder_is_no_ledger(tmp_path):
    refused("there is no ledger yet", Ledger.open, sqlite_url(tmp_path))


def test_a_ledger_whose_folder_is_missing_is_not_made(tmp_path):
    refused("could not be written", Ledger.create_or_upgrade, sqlite_url(tmp_path / "away" / "ledger"))


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_new_ledger_and_what_sqlite_writes_beside_it_are_ours_alone(tmp_path, mask):
    before = os.umask(mask)
    try:
        ledger = Ledger.create_or_upgrade(sqlite_url(tmp_path / "ledger"))
        with ledger.writing() as tx:
            register_version.bump(tx)
        assert len(list(tmp_path.iterdir())) > 1
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
        ledger.close()
    finally:
        os.umask(before)


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o666])
@pytest.mark.parametrize("opening", [Ledger.open, Ledger.create_or_upgrade])
def test_a_ledger_that_others_may_touch_is_refused(path, mode, opening):
    path.chmod(mode)
    refused("others can read or write the ledger", opening, sqlite_url(path))


@pytest.mark.parametrize("name", ["a ledger", "100%20", "#1", "ä?x=1", "a+b&c"])
def test_any_name_of_a_file_is_a_name(tmp_path, name):
    Ledger.create_or_upgrade(sqlite_url(tmp_path / name)).close()
    assert (tmp_path / name).is_file()
    Ledger.open(sqlite_url(tmp_path / name)).close()


@pytest.mark.parametrize(
    "url",
    ["", "no url", "sqlite://", "sqlite:///:memory:", "mysql://host/ledger", "postgresql://u:canary@host/ledger"],
)
@pytest.mark.parametrize("opening", [Ledger.open, Ledger.create_or_upgrade])
def test_a_url_that_names_no_ledger_is_refused_and_not_shown(url, opening):
    with pytest.raises(StorageError) as caught:
        opening(url)
    assert "canary" not in caught.value.message + caught.value.remedy


@pytest.mark.parametrize("content", [b"not a database, and long enough to be read as one" * 40, b"\0" * 4096])
def test_a_file_of_another_kind_is_no_ledger(tmp_path, content):
    (tmp_path / "ledger").write_bytes(content)
    (tmp_path / "ledger").chmod(0o600)
    with pytest.raises(StorageError):
        Ledger.open(sqlite_url(tmp_path / "ledger"))


def test_an_empty_file_has_no_schema(tmp_path):
    (tmp_path / "ledger").touch(0o600)
    refused("the ledger has schema none", Ledger.open, sqlite_url(tmp_path / "ledger"))


def test_a_ledger_that_lost_its_version_has_no_schema(path):
    db = sqlite3.connect(path)
    db.execute("delete from alembic_version")
    db.commit()
    db.close()
    refused("the ledger has schema none", Ledger.open, sqlite_url(path))


@pytest.mark.parametrize("version", ["0000", "9999", "canary"])
def test_a_ledger_of_another_version_is_refused_and_left_alone(path, version):
    set_version(path, version)
    before = path.read_bytes()
    refused(f"has schema {version}, this program needs {SCHEMA}", Ledger.open, sqlite_url(path))
    refused("made by another version of this program", Ledger.create_or_upgrade, sqlite_url(path))
    assert path.read_bytes() == before


def test_upgrading_what_is_up_to_date_keeps_what_is_in_it(place, ledger):
    with ledger.writing() as tx:
        register_version.bump(tx)
    again = Ledger.create_or_upgrade(place.url)
    with again.reading() as tx:
        assert register_version.version(tx) == 1
    again.close()


@on_sqlite
def test_a_commit_survives_a_power_cut_as_far_as_sqlite_can_see_to_it(ledger):
    wanted = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "trusted_schema": 0}
    with ledger.reading() as tx:
        assert {name: tx.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted} == wanted


def test_what_a_block_wrote_is_there_when_it_has_ended(ledger, place):
    with ledger.writing() as tx:
        register_version.bump(tx)
    second = Ledger.open(place.url)
    with second.reading() as tx:
        assert register_version.version(tx) == 1
    second.close()


@pytest.mark.parametrize("error", [StorageError("x"), ValueError("x"), KeyboardInterrupt()])
def test_a_block_that_fails_leaves_nothing_and_the_error_as_it_was(ledger, error):
    def fail() -> None:
        with ledger.writing() as tx:
            register_version.bump(tx)
            raise error

    with pytest.raises(type(error)) as caught:
        fail()
    assert caught.value is error
    with ledger.reading() as tx:
        assert register_version.version(tx) == 0


def test_a_block_whose_statement_fails_leaves_nothing(ledger):
    def fail() -> None:
        with ledger.writing() as tx:
            register_version.bump(tx)
            tx.execute(text("insert into nowhere values ('canary')"))

    with pytest.raises(StorageError) as caught:
        fail()
    assert "canary" not in caught.value.message
    assert "nowhere" not in caught.value.message
    with ledger.reading() as tx:
        assert register_version.version(tx) == 0


def test_a_reader_cannot_write(ledger):
    def write() -> None:
        with ledger.reading() as tx:
            register_version.bump(tx)

    refused("cannot be written", write)
    with ledger.writing() as tx:
        register_version.bump(tx)


def test_who_has_written_cannot_write_when_he_reads(ledger):
    """One connection serves both in turn: neither keeps the other's rights."""

    def write(transaction) -> None:
        with transaction as tx:
            register_version.bump(tx)

    write(ledger.writing())
    refused("cannot be written", write, ledger.reading())
    write(ledger.writing())


def test_a_reader_sees_one_snapshot_however_long_it_reads(ledger):
    with ledger.reading() as before:
        assert register_version.version(before) == 0
        with ledger.writing() as tx:
            register_version.bump(tx)
        assert register_version.version(before) == 0
        with ledger.reading() as after:
            assert register_version.version(after) == 1
