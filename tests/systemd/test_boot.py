"""The installed package under real systemd, every line of the units in force: one handoff, and what goes wrong."""

import json
from pathlib import Path

import pytest

from gateway import __version__
from tests.required import missing
from tests.simulators.booted import booted

TOP = Path(__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def told():
    built = sorted((TOP / "dist").glob(f"handoff-gateway_{__version__}_*.deb"))
    if not built:
        missing("there is no package yet: make deb")
    day = (TOP / "tests" / "systemd" / "one_day.py").read_text("utf-8")
    with booted(built[-1]) as machine:
        ended = machine.run("/opt/handoff/bin/python3", "-I", "-", given=day)
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)


def test_a_file_is_picked_up_signed_delivered_and_acknowledged_by_the_two_services(told):
    assert told["started"] == 0
    assert [told["stated"], told["delivered"], told["acknowledged"]] == [True] * 3
    assert told["status"] == ["prepare: at work", "deliver: at work"]


def test_prepare_sees_no_network_but_a_loopback_of_its_own(told):
    assert told["network of prepare"] == ["lo"]


def test_deliver_reaches_neither_the_ledger_nor_the_folders_of_staff(told):
    assert (told["deliver reads the ledger"], told["deliver sees staff's folders"]) == (False, False)


def test_nothing_that_a_half_can_write_can_be_run(told):
    assert told["run from state"] == [False, False]


def test_the_jobs_of_the_timers_end_well(told):
    assert told["jobs"] == {"verify": 0, "purge": 0, "heartbeat": 0}


def test_a_half_that_hangs_is_killed_by_its_watchdog_and_comes_back_with_its_encrypted_key(told):
    assert told["hang"]


def test_a_half_that_stands_still_raises_the_alarm(told):
    assert told["heartbeat"] != 0
    assert told["alarmed"]


def test_a_reload_that_cannot_be_used_keeps_the_old_configuration(told):
    assert told["kept"]


def test_a_half_that_fails_for_good_raises_the_alarm_with_its_name_and_runs_the_operators_own_program(told):
    assert [told["failed for good"], told["alarmed of it"], told["paged"]] == [True] * 3


def test_a_half_whose_page_cannot_be_used_is_not_started_again_and_again(told):
    assert told["tried again"] == "0"
