"""`gateway receive`: what it says, and what it leaves with."""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime

from tests.simulators.council import Council
from tests.unit.partner.conftest import partnership  # noqa: F401 - a fixture


def test_nothing_to_do_is_said(gateway, partnership):  # noqa: F811
    spoken = gateway("receive", partnership.home)
    assert (spoken.code, spoken.out) == (0, "nothing has arrived\n")


def test_a_parcel_taken_over_is_told_with_its_rows(gateway, partnership):  # noqa: F811
    transfer = partnership.send()
    spoken = gateway("receive", partnership.home)
    assert (spoken.code, spoken.out) == (0, f"{transfer}  accepted and answered: 2 rows\n")


def test_a_gap_leaves_with_three(gateway, partnership):  # noqa: F811
    partnership.send(sequence=2)
    spoken = gateway("receive", partnership.home)
    assert spoken.code == 3
    assert "waits for the parcel before it" in spoken.out
    assert "this is number 2 of yss, number 1 is missing" in spoken.out


def test_a_rejected_parcel_leaves_with_sixty_five(gateway, partnership):  # noqa: F811
    partnership.send(rows=7)
    spoken = gateway("receive", partnership.home)
    assert spoken.code == 65
    assert "(rows-differ)" in spoken.out


def test_a_strangers_parcel_leaves_with_seventy(gateway, partnership):  # noqa: F811
    Council(partnership.details.recipient).seal(partnership.inbox)
    partnership.send(rows=7)
    spoken = gateway("receive", partnership.home)
    assert spoken.code == 70
    assert "left where it lies, unanswered" in spoken.out


def test_a_log_that_contradicts_itself_leaves_with_seventy_and_says_so(gateway, partnership):  # noqa: F811
    partnership.send(witness=Council("").draft().witness)
    spoken = gateway("receive", partnership.home)
    assert spoken.code == 70
    assert "not of the sender's log" in spoken.err
    assert "accepted" in spoken.out


def test_json_says_the_same(gateway, partnership):  # noqa: F811
    transfer = partnership.send()
    spoken = gateway("receive", partnership.home, "--json")
    told = {
        "transfer": transfer, "result": "accepted", "code": None, "rows": 2, "place": "file", "route": "yss",
        "sequence": 1, "missing": None, "alarm": None,
    }  # fmt: skip
    assert json.loads(spoken.out) == {"parcels": [told], "exit_code": 0}


def test_a_database_is_loaded_and_that_is_said(gateway, partnership):  # noqa: F811
    transfer = partnership.send()
    spoken = gateway("receive", partnership.home, "--into", "sqlite:///youth.sqlite")
    assert (spoken.code, spoken.out) == (0, f"{transfer}  accepted and answered: 2 rows into the database\n")
    assert (partnership.home / "youth.sqlite").stat().st_mode & 0o777 == 0o600


def test_a_url_with_a_password_is_refused_and_not_repeated(gateway, partnership):  # noqa: F811
    spoken = gateway("receive", partnership.home, "--into", "postgresql://yss:canary@db/yss")
    assert spoken.code == 78
    assert "pgpass" in spoken.err
    assert "canary" not in spoken.out + spoken.err


def test_purging_says_what_went_and_that_the_sender_was_told(gateway, partnership):  # noqa: F811
    transfer = partnership.send(retention="Keep it as long as this says. [keep until 2026-11-24]")
    gateway("receive", partnership.home, "--into", "sqlite:///youth.sqlite")
    spoken = gateway("receive", "purge", partnership.home, "--into", "sqlite:///youth.sqlite")
    assert spoken.code == 0
    assert spoken.out == (
        f"destroyed: 2 rows of the database, 0 files\n{transfer}  nothing is left of it, and the sender was told\n"
    )


def test_purging_files_waits_for_a_person_who_says_that_there_are_no_copies(gateway, partnership):  # noqa: F811
    transfer = partnership.send()
    gateway("receive", partnership.home)
    spoken = gateway("receive", "purge", partnership.home, "--before", "2026-11-25")
    assert spoken.code == 3
    assert "--no-copies" in spoken.err
    told = gateway("receive", "purge", partnership.home, "--before", "2026-11-25", "--no-copies", "--json")
    assert json.loads(told.out) == {"rows": 0, "files": 1, "disposed": [transfer]}


def test_a_folder_called_purge_is_reached_with_a_path(gateway, partnership):  # noqa: F811
    assert gateway("receive", "./purge").code == 78


def test_watching_and_json_do_not_go_together(gateway, partnership):  # noqa: F811
    assert gateway("receive", partnership.home, "--watch", "--json").code == 2


def test_what_watching_meets_at_its_first_round_ends_it(gateway, tmp_path):
    assert gateway("receive", tmp_path, "--watch").code == 78


def test_a_folder_without_a_receiver_is_a_fault_of_configuration(gateway, tmp_path):
    spoken = gateway("receive", tmp_path)
    assert spoken.code == 78
    assert "gateway receive DIR" in spoken.err


def test_no_value_of_the_data_is_said(gateway, partnership):  # noqa: F811
    partnership.send(b"reference,forename\n1,Canary\n", rows=9)
    spoken = gateway("receive", partnership.home)
    assert "Canary" not in spoken.out + spoken.err


def test_watching_ends_well_when_it_is_told_to(partnership):  # noqa: F811
    """A real process: what came is told at once, and SIGTERM is no failure."""
    partnership.send(at=datetime.now(UTC).replace(microsecond=0))
    command = [sys.executable, "-m", "gateway", "receive", str(partnership.home), "--watch", "--every", "0.1"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        told = watching.stdout.readline()
        watching.send_signal(signal.SIGTERM)
        assert watching.wait(60) == 0
    assert told.endswith("accepted and answered: 2 rows\n")
