"""Parcels into a database: what a full one, changes and removals leave there, and that half of one never stays."""

import signal
import subprocess
import sys

import pytest

from gateway.partner.database.opening import Database
from gateway.vocabulary.errors import ConfigError, StorageError
from tests.unit.partner.ground import URL, Youth

WILF, OTTI, ZOE = ("r1", "Wilf", "0161"), ("r2", "Ottoline", ""), ("r3", "Zoë", "0162")


@pytest.fixture
def youth(partnership) -> Youth:
    return Youth(partnership)


def test_each_row_stands_with_its_transfer_and_the_terms_on_which_it_was_given(youth):
    transfer = youth.take([WILF, OTTI], retention="Delete after a year. [keep P12M]")
    assert youth.rows() == [("r1", "Wilf", "0161"), ("r2", "Ottoline", None)]
    terms = youth.rows("distinct handoff_transfer, handoff_retention, handoff_due")
    assert terms == [(transfer, "Delete after a year. [keep P12M]", "2027-11-24")]
    assert youth.ask("select transfer, route, sequence, scope, rows, agreement, created from handoff_parcel") == [
        (transfer, "yss", 1, "full", 2, "DSA-7", "2026-11-24")
    ]


def test_what_is_loaded_lies_in_no_file_beside_it(youth):
    transfer = youth.take([WILF])
    assert set(youth.partnership.shown()) == {f"{transfer}.manifest.json", f"{transfer}.manifest.json.sig"}


# full


def test_who_is_absent_from_a_full_parcel_is_removed(youth):
    youth.take([WILF, OTTI])
    youth.take([OTTI, ZOE])
    assert [reference for reference, *_ in youth.rows()] == ["r2", "r3"]


def test_what_a_full_parcel_releases_no_more_becomes_null(youth):
    youth.take([WILF])
    youth.take([("r1", "Wilfred", "")])
    assert youth.rows() == [("r1", "Wilfred", None)]


def test_a_column_that_a_full_parcel_has_no_more_is_emptied(youth):
    youth.take([WILF])
    youth.take([("r1", "Wilf")], header=("Reference", "Forename"))
    assert youth.rows() == [("r1", "Wilf", None)]


def test_a_column_that_is_new_is_added_and_one_spelled_in_other_case_is_the_same(youth):
    youth.take([WILF])
    youth.take([("r1", "Wilf", "0163", "9")], header=("reference", "forename", "MOBILE", "YearGroup"))
    assert youth.rows("Reference, Forename, Mobile, YearGroup") == [("r1", "Wilf", "0163", "9")]


def test_an_empty_full_parcel_leaves_nobody(youth):
    youth.take([WILF, OTTI])
    youth.take([])
    assert youth.rows() == []


def test_routes_do_not_touch_each_other(youth):
    youth.take([WILF])
    youth.take([ZOE], route="yss-cin.north", sequence=1, file_name="other.csv")
    assert youth.rows() == [WILF]
    assert youth.rows(table="route_yss_cin__north") == [ZOE]


# changes


def test_changes_replace_whom_they_name_and_leave_the_others(youth):
    first = youth.take([WILF, OTTI])
    second = youth.take([("r1", "Wilfred", ""), ZOE], scope="changes")
    assert youth.rows() == [("r1", "Wilfred", None), ("r2", "Ottoline", None), ZOE]
    transfers = youth.rows("Reference, handoff_transfer")
    assert transfers == [("r1", second), ("r2", first), ("r3", second)]


# removals


def test_a_removal_empties_the_columns_that_it_names(youth):
    youth.take([WILF, ZOE])
    youth.taken_away(("r1", "Mobile"))
    assert youth.rows() == [("r1", "Wilf", None), ZOE]


def test_a_removal_of_all_takes_the_row(youth):
    youth.take([WILF, ZOE])
    youth.taken_away(("r1", "whole"), ("r3", "Mobile Forename"))
    assert youth.rows() == [("r3", None, None)]


def test_a_child_who_is_not_there_is_removed_already(youth):
    youth.take([WILF])
    youth.taken_away(("r9", "whole"), ("r8", "Mobile"))
    assert youth.rows() == [WILF]


def test_a_column_that_never_came_is_removed_already_and_keeps_no_other_from_going(youth):
    """The sender's policy may have grown since the last parcel with data: its list names all that it has now."""
    youth.take([WILF])
    youth.taken_away(("r1", "Mobile Email"))
    assert youth.rows() == [("r1", "Wilf", None)]
    youth.taken_away(("r1", "Email"))
    assert youth.rows() == [("r1", "Wilf", None)]


def test_a_removal_on_a_route_that_never_brought_anything_is_done(youth):
    youth.taken_away(("r1", "whole"))
    assert youth.ask("select scope from handoff_parcel") == [("removal",)]


def test_a_removal_is_acknowledged_with_its_rows_and_leaves_no_file(youth):
    youth.take([WILF])
    transfer = youth.taken_away(("r1", "whole"))
    answer = youth.partnership.answer(transfer)
    assert (answer.disposition, answer.rows) == ("accepted", 1)
    assert f"{transfer}-removal.csv" not in youth.partnership.shown()


@pytest.mark.parametrize("rows", [
    [("r1", "")], [("r1", "Mobile  Forename")], [("r1", "Mobile Mobile")],
    [("r1", "whole Mobile")], [("r1", "Reference")], [("", "whole")], [("r1", "whole"), ("r1", "Mobile")],
    [("r1", "mobile; drop")], [("r1", "handoff_retention")], [("r1", " whole")],
])  # fmt: skip
def test_a_removal_that_cannot_be_followed_to_the_letter_is_rejected_and_removes_nothing(youth, rows):
    youth.take([WILF])
    youth.remove(*rows)
    assert youth.rejected() == "content-unusable"
    assert youth.rows() == [WILF]


@pytest.mark.parametrize("header", [("Reference", "remove"), ("Remove", "Reference"), ("Reference", "Remove", "Why")])
def test_a_removal_under_another_header_is_rejected(youth, header):
    youth.take([WILF])
    youth.send(
        [("r1", "whole", "moved")[: len(header)]], header=header, scope="removal", file_name="yss-removal.csv"
    )  # fmt: skip
    assert youth.rejected() == "content-unusable"
    assert youth.rows() == [WILF]


def test_without_a_database_a_removal_lies_under_a_name_that_says_so(youth):
    youth.url = None
    transfer = youth.taken_away(("r1", "whole"))
    assert youth.partnership.shown()[f"{transfer}-removal.csv"] == b"Reference,Remove\nr1,whole\n"


# hostile and broken content


@pytest.mark.parametrize(("content", "rows"), [
    (b"Reference,Forename\nr1,Wilf\nr1,Otti\n", 2), (b"Reference,Forename\n,Wilf\n", 1),
    (b"Reference,Forename\nr1\n", 1), (b"Reference,Forename\nr1,Wilf,x\n", 1),
    (b"Reference,Forename\nr1,\xff\n", 1), (b"Reference,Forename\nr1,W\0lf\n", 1),
    (b"Reference,Forename,forename\nr1,a,b\n", 1), (b"Reference,reference\nr1,r1\n", 1),
    (b"Reference,handoff_due\nr1,2020-01-01\n", 1), (b'Reference,"a""b"\nr1,x\n', 1),
    (b'Reference,"x; drop table y"\nr1,x\n', 1), (b"Reference,\nr1,x\n", 1),
    (b"Reference," + b"N" * 64 + b"\nr1,x\n", 1), (b'Reference,Forename\nr1,"a"b\n', 1),
    (b"Reference," + b",".join(b"c%d" % n for n in range(600)) + b"\nr1" + b"," * 600 + b"\n", 1),
])  # fmt: skip
def test_a_table_that_contradicts_itself_is_rejected_and_changes_nothing(youth, content, rows):
    youth.take([WILF])
    youth.partnership.send(content, rows=rows, sequence=2)
    assert youth.rejected() == "content-unusable"
    assert youth.rows() == [WILF]


def test_a_cell_is_a_value_and_never_a_statement(youth):
    nasty = ("r'1\"; --", "'); drop table route_yss; --", "%s :x ?")
    youth.take([nasty])
    assert youth.rows() == [nasty]
    youth.taken_away((nasty[0], "Mobile"))
    assert youth.rows() == [(*nasty[:2], None)]


@pytest.mark.parametrize(("content", "name"), [(b"<Census/>\n", "census.xml"), (b"UPN,Forename\nx,Wilf\n", "c.csv")])
def test_what_is_no_table_with_references_is_kept_as_a_file(youth, content, name):
    transfer = youth.partnership.send(content, rows=1, file_name=name)
    (received,) = youth.receive()
    assert (received.result, received.place) == ("accepted", "file")
    assert content in youth.partnership.shown().values()
    assert youth.partnership.answer(transfer).disposition == "accepted"


# where it goes


@pytest.mark.parametrize("scope", ["changes", "removal"])
def test_changes_that_would_go_elsewhere_than_what_they_change_stop_the_round_unanswered(youth, scope):
    youth.take([WILF])
    youth.url = None
    transfer = youth.send([ZOE], scope="changes") if scope == "changes" else youth.remove(("r1", "whole"))
    with pytest.raises(ConfigError, match="went into a database"):
        youth.receive()
    assert not (youth.partnership.acknowledgements / f"{transfer}.ack.json").exists()
    youth.url = URL
    assert [one.result for one in youth.receive()] == ["accepted"]


def test_a_full_parcel_may_begin_anew_in_a_database(youth):
    youth.url = None
    youth.take([WILF])
    youth.url = URL
    youth.take([WILF, ZOE])
    assert youth.rows() == [WILF, ZOE]


@pytest.mark.parametrize(
    "url", ["", "youth.sqlite", "mysql://db/x", "sqlite://", "sqlite:///:memory:", "postgresql://a:b@c/d"]
)
def test_a_url_that_cannot_be_used_is_a_fault_of_configuration(youth, url, tmp_path):
    with pytest.raises(ConfigError):
        Database.open(url, home=tmp_path)


def test_the_page_can_name_the_database(youth):
    with (youth.partnership.home / "receiver.toml").open("a") as page:
        page.write(f'into = "{URL}"\n')
    youth.url = None
    youth.take([WILF])
    assert youth.rows() == [WILF]


# crash points


def test_a_database_that_cannot_be_written_leaves_the_parcel_unanswered(youth):
    youth.take([WILF])
    transfer = youth.send([ZOE])
    path = youth.partnership.home / "youth.sqlite"
    kept = path.read_bytes()
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StorageError) as failed:
        youth.receive()
    assert "Zoë" not in failed.value.message
    assert not (youth.partnership.acknowledgements / f"{transfer}.ack.json").exists()
    path.write_bytes(kept)
    assert [one.result for one in youth.receive()] == ["accepted"]
    assert youth.rows() == [ZOE]


def test_broken_off_after_the_commit_and_before_the_answer_it_is_loaded_once(youth):
    transfer = youth.send([WILF])
    files = youth.partnership.copy_of(transfer)
    youth.receive()
    youth.ask("update route_yss set Forename = 'touched'")
    for lost in (youth.partnership.home / "state").glob("memory.sqlite*"):
        lost.unlink()
    youth.partnership.put(files)
    assert [one.result for one in youth.receive()] == ["accepted"]
    assert youth.rows() == [("r1", "touched", "0161")]
    assert len(youth.ask("select * from handoff_parcel")) == 1


def test_a_replay_changes_nothing_and_is_answered_as_before(youth):
    transfer = youth.send([WILF])
    files = youth.partnership.copy_of(transfer)
    youth.receive()
    first = youth.partnership.answer_bytes(transfer)
    youth.take([ZOE])
    youth.partnership.put(files)
    assert [one.result for one in youth.receive()] == ["repeated"]
    assert youth.partnership.answer_bytes(transfer) == first
    assert youth.rows() == [ZOE]


KILLED = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import event
from gateway.partner.database import opening
from gateway.partner.receiving import receive
from gateway.partner.settings import load_receiver
from datetime import datetime

statements = int(sys.argv[2])

def count(connection, *_):
    global statements
    statements -= 1
    if statements == 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(__import__("sqlalchemy").Engine, "before_cursor_execute", count)
event.listen(__import__("sqlalchemy").Engine, "commit", count)
receive(load_receiver(Path(sys.argv[1]), into="sqlite:///youth.sqlite"), datetime.fromisoformat(sys.argv[3]))
"""


def test_killed_at_any_statement_the_parcel_is_in_the_database_whole_or_not_at_all(youth):
    youth.take([WILF, OTTI])
    before = youth.rows()
    youth.send([("r1", "Wilfred", ""), ZOE])
    after = [("r1", "Wilfred", None), ZOE]
    for number in range(1, 60):
        argv = [sys.executable, "-c", KILLED, str(youth.partnership.home), str(number)]
        killed = subprocess.run([*argv, youth.partnership.at.isoformat()], capture_output=True, check=False, timeout=60)
        assert youth.rows() in (before, after)
        if killed.returncode == 0:
            break
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert number > 5
    assert youth.rows() == after
    assert len(youth.ask("select * from handoff_parcel")) == 2


def test_a_file_is_made_for_us_alone(youth):
    youth.take([WILF])
    assert (youth.partnership.home / "youth.sqlite").stat().st_mode & 0o777 == 0o600


def test_what_was_removed_is_overwritten_in_the_file(youth):
    youth.take([("r1", "Canary-Forename", "0161")])
    youth.taken_away(("r1", "whole"))
    assert b"Canary-Forename" not in (youth.partnership.home / "youth.sqlite").read_bytes()


def test_many_rows_are_loaded_in_one_transaction(youth):
    rows = [(f"r{number}", "Wilf", "") for number in range(2500)]
    youth.take(rows)
    assert youth.ask("select count(*) from route_yss") == [(2500,)]
