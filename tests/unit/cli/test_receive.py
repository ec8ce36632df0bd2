"""`gateway receive`: what it says, and what it leaves with."""

import json

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
    told = {"transfer": transfer, "result": "accepted", "code": None, "rows": 2, "alarm": None}
    assert json.loads(spoken.out) == {"parcels": [told], "exit_code": 0}


def test_a_folder_without_a_receiver_is_a_fault_of_configuration(gateway, tmp_path):
    spoken = gateway("receive", tmp_path)
    assert spoken.code == 78
    assert "gateway receive DIR" in spoken.err


def test_no_value_of_the_data_is_said(gateway, partnership):  # noqa: F811
    partnership.send(b"reference,forename\n1,Canary\n", rows=9)
    spoken = gateway("receive", partnership.home)
    assert "Canary" not in spoken.out + spoken.err
