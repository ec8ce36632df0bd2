"""What operators and auditors type: list, show, prove, export, todo, status; and clocks that strike."""

import csv
import io
import json
import subprocess
import sys

import pytest

from gateway.service.attention import concerns_of
from gateway.service.metrics import write_metrics
from gateway.vocabulary.transfer import Stage
from tests.end_to_end.conftest import YSS, Spoken


@pytest.fixture
def handed_over(world):
    """One handoff, delivered and acknowledged."""
    world.approved()
    world.run("prepare", "deliver")
    world.partners[YSS].receive(world.clock())
    world.run("deliver")
    world.run("prepare")
    return world


def test_transfers_are_listed_by_route_stage_and_day(handed_over, type_in):
    def listed(*filters) -> list[str]:
        return [one["stage"] for one in json.loads(type_in("receipts", "list", "--json", *filters).out)]

    assert listed() == ["acknowledged"]
    assert listed("--route", YSS, "--stage", "acknowledged", "--since", "2020-01-01") == ["acknowledged"]
    assert listed("--route", "ofsted") == listed("--stage", "sealed") == listed("--needs-person") == []
    assert listed("--until", "2020-01-01") == listed("--partner", "nobody") == []


@pytest.mark.parametrize(
    "words",
    [
        ("--stage", "teleported"),
        ("--since", "yesterday"),
        ("--stage", "acknowledged", "--needs-person"),
        ("--before", "x"),
    ],
)
def test_a_filter_that_makes_no_sense_is_a_usage_error(world, type_in, words):
    assert type_in("receipts", "list", *words).code in (2, 65)


def test_an_empty_list_says_that_it_is_empty(world, type_in):
    spoken = type_in("receipts", "list", "--route", "yess")
    assert (spoken.code, "no handoff is like that" in spoken.err) == (0, True)
    assert "no evidence has come to its time" in type_in("purge", "--dry-run").err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("purge", "--last-contact", "none.csv"), "there is no such file"),
        (("partner", "probe", "youth-suport"), "did you mean 'youth-support'"),
        (("partner", "rehearse", "youth-suport"), "did you mean 'youth-support'"),
    ],
)
def test_a_name_that_there_is_not_is_a_usage_error(world, type_in, words, told):
    spoken = type_in(*words)
    assert (spoken.code, told in spoken.err) == (2, True)


def test_an_answer_without_a_cosignature_is_no_witness(world, type_in, tmp_path):
    answer = tmp_path / "t.ack.json"
    answer.write_text('{"checkpoint":null}\n')
    spoken = type_in("receipts", "witness", answer, "--route", "yss")
    assert (spoken.code, "cosigned nothing" in spoken.err) == (2, True)


def test_a_list_can_be_read_by_a_spreadsheet_and_in_pages(world, type_in):
    for number in range(3):
        world.drop(world.extract() + b"\n" * number, name=f"p{number}.csv")
    world.run("prepare")
    rows = list(csv.reader(io.StringIO(type_in("receipts", "list", "--csv").out)))
    assert rows[0][:3] == ["transfer", "route", "partner"]
    first = type_in("receipts", "list", "--limit", 1)
    following = first.err.split("--before ")[1].strip()
    assert following == rows[1][0]
    second = type_in("receipts", "list", "--limit", 1, "--before", following, "--json")
    assert [one["transfer"] for one in json.loads(second.out)] == [rows[2][0]]


def test_a_transfer_is_shown_as_a_page(handed_over, type_in):
    transfer = handed_over.transfers()[0]
    page = type_in("receipts", "show", transfer).out
    for heading in ("Timeline", "What left", "Approved", "Keys", "Transport", "Acknowledgement", "Proofs"):
        assert f"\n{heading}\n" in page
    assert f"gateway receipts prove {transfer}" in page
    assert "withheld" not in page


def test_counts_by_rule_are_shown_to_whoever_asks_for_them_and_that_is_receipted(handed_over, type_in):
    transfer = handed_over.transfers()[0]
    assert "withheld" in type_in("receipts", "show", transfer, "--by-rule").out
    with handed_over.opened() as gateway:
        newest = gateway.log.entries(limit=1)[0].receipt
    assert (newest.kind, newest.facts["transfer"]) == ("rules-shown", transfer)


def checked(folder, told: Spoken, *paths):
    """Typed in the folder itself, as the lines say."""
    command = told.out.splitlines()[-1].partition("offline:")[2].split()
    key = command[3].strip("'")
    return subprocess.run(
        [sys.executable, "-I", folder / "check_receipts.py", "--log", key, *paths],
        capture_output=True, text=True, check=False, cwd=folder,
    )  # fmt: skip


def test_an_auditor_verifies_what_prove_and_export_wrote(handed_over, type_in, tmp_path):
    transfer = handed_over.transfers()[0]
    proofs, log = tmp_path / "proofs", tmp_path / "log"
    told = type_in("receipts", "prove", transfer, "--out", proofs)
    assert told.code == 0
    answer = checked(proofs, told, *sorted(proofs.glob("*.tlog-proof")))
    assert answer.returncode == 0, answer.stderr
    assert f"acknowledged of transfer {transfer}" in answer.stdout
    told = type_in("receipts", "export", log)
    assert checked(log, told, log).returncode == 0
    assert checked(log, told, ".").stdout.startswith("log: whole: "), "as it says, in the folder itself"
    assert "none.json cannot be read" in checked(log, told, "none").stderr


@pytest.mark.parametrize("verb", ["prove", "export"])
def test_evidence_is_not_written_into_a_folder_that_is_there(handed_over, type_in, tmp_path, verb):
    transfer = handed_over.transfers()[0]
    words = ("prove", transfer, "--out", tmp_path) if verb == "prove" else ("export", tmp_path)
    assert type_in("receipts", *words).code == 2


def test_nothing_to_do_is_said_so_and_leaves_with_0(handed_over, type_in):
    spoken = type_in("todo")
    assert (spoken.code, spoken.out) == (0, "nothing needs a person\n")


def test_a_statement_that_waits_is_to_be_signed(world, type_in):
    world.drop()
    world.run("prepare")
    spoken = type_in("todo")
    assert spoken.code == 3
    assert "WARNING  a release statement waits for signatures (yss" in spoken.out
    assert "type: two people sign: outbox/yss/waiting.txt" in spoken.out
    world.clock.turn(days=6)
    (concern,) = json.loads(type_in("todo", "--json").out)
    assert (concern["level"], concern["kind"], concern["route"]) == ("alarm", "waiting", YSS)


def test_silence_after_a_delivery_becomes_overdue_once_and_a_late_answer_still_counts(world, type_in):
    world.approved()
    world.run("prepare", "deliver")
    world.run("prepare")
    assert world.stages() == [Stage.DELIVERED]
    world.partners[YSS].receive(world.clock())
    world.clock.turn(hours=25)
    world.run("prepare")
    world.run("prepare")
    assert world.ladder(world.transfers()[0]).count("overdue") == 1
    status = json.loads(type_in("status", "--json").out)
    assert status["exit_code"] == 3
    assert [one["kind"] for one in status["concerns"]] == ["overdue"]
    listed = json.loads(type_in("receipts", "list", "--needs-person", "--partner", "youth-support", "--json").out)
    assert [(one["stage"], one["needs_person"]) for one in listed] == [("overdue", True)]
    world.run("deliver")
    world.run("prepare")
    assert world.stages()[0] is Stage.ACKNOWLEDGED  # a removal of who has come of age meanwhile may follow it
    assert type_in("status").code == 0


def test_status_says_how_long_the_log_is(handed_over, type_in):
    status = json.loads(type_in("status", "--json").out)
    assert status["log"]["size"] > 0
    assert status["exit_code"] == 0


def test_evidence_is_purged_by_schedule_and_a_legal_hold_keeps_it(handed_over, type_in):
    (transfer,) = handed_over.transfers()
    assert type_in("purge").code == 0
    handed_over.clock.turn(days=6 * 366 + 1)
    assert type_in("purge", "--legal-hold", transfer).code == 0
    assert type_in("purge", "--legal-hold", transfer).code == 2
    assert "on legal hold" in type_in("purge", "--dry-run").out
    assert "emptied: 0 receipts" in type_in("purge").out
    assert type_in("receipts", "show", transfer).code == 0
    assert type_in("purge", "--lift", transfer).code == 0
    handed_over.clock.turn(days=6 * 366 + 1)
    assert "1 files of disclosures" in type_in("purge").out
    assert type_in("receipts", "show", transfer).code == 2
    assert type_in("receipts", "verify", "--every").code == 0
    assert type_in("receipts", "verify").code == 0
    assert json.loads(type_in("receipts", "list", "--json").out) == []
    folder = handed_over.council.configuration.workspace.disclosures("x").parent
    assert list(folder.glob("*.parquet")) == []


def test_a_month_is_written_as_a_page_once(handed_over, type_in, tmp_path):
    path = tmp_path / "report.html"
    assert type_in("report", "--html", "2026-11", "--out", path).code == 0
    assert "<h2>Route yss</h2>" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert type_in("report", "--html", "2026-11", "--out", path).code == 2


@pytest.mark.parametrize("month", ["2026-13", "november", "0000-01", "2026-12", "2027-01"])
def test_a_month_that_there_is_not_is_a_usage_error(world, type_in, month):
    assert type_in("report", "--html", month).code == 2


def test_monitoring_reads_how_many_stand_where_and_what_is_late(world):
    world.drop()
    world.run("prepare")
    world.clock.turn(days=6)
    configuration = world.council.configuration
    with world.opened() as gateway:
        concerns = concerns_of(gateway, configuration, world.clock())
        write_metrics(gateway, configuration.routes, world.clock(), concerns)
    text = configuration.workspace.metrics.read_text()
    assert 'handoff_transfers_open{route="yss",stage="waiting"} 1' in text
    assert 'handoff_concerns{level="alarm"} 1' in text
    assert 'handoff_concerns{level="warning"} 0' in text
    assert f"handoff_looked_timestamp_seconds {int(world.clock().timestamp())}" in text
