"""What the handbooks promise is there: every test that SECURITY.md names, every unit and alarm of OPERATING.md."""

import re
from pathlib import Path

import pytest

from gateway.footing.telemetry import LogEvent
from gateway.service import attention
from gateway.story import come_through, concerns, deadlines
from gateway.story.alerting import ALERTS
from gateway.story.recalled import RECALLED
from gateway.story.standing import UNDER_WAY
from gateway.vocabulary.transfer import Stage
from tests import shape

TOP = Path(__file__).resolve().parent.parent.parent
SECURITY = (TOP / "docs" / "SECURITY.md").read_text("utf-8")
OPERATING = (TOP / "docs" / "OPERATING.md").read_text("utf-8")
UNITS = {path.name for path in (TOP / "systemd").glob("handoff-*.*")}


@pytest.fixture(scope="module")
def tests_there_are():
    sources = (path.read_text("utf-8") for path in (TOP / "tests").rglob("test_*.py"))
    return {name for source in sources for name, _ in shape.functions(source) if name.startswith("test_")}


def named_tests(text):
    return set(re.findall(r"`(test_\w+)`", text))


def test_every_test_that_the_security_page_names_is_there(tests_there_are):
    assert named_tests(SECURITY) - tests_there_are == set()
    assert named_tests("shown by `test_that_nobody_wrote`") - tests_there_are == {"test_that_nobody_wrote"}


def test_every_guarantee_names_a_test():
    rows = SECURITY.split("## Guaranteed")[1].split("## Not guaranteed")[0].splitlines()
    claims = [row for row in rows if row.startswith("| ") and not row.startswith("| what |")]
    assert len(claims) > 20
    assert [row for row in claims if not named_tests(row)] == []


def test_the_operators_page_names_only_units_that_there_are():
    named = set(re.findall(r"\b(handoff-[a-z-]+@?\.(?:service|timer))\b", OPERATING))
    assert named - UNITS == set()
    assert {name for name in UNITS if name.endswith(".timer")} - named == set()


def test_every_log_line_that_is_an_alarm_says_what_to_do():
    told = set(re.findall(r"log lines? `([a-z-]+)`", OPERATING))
    everyday = {
        LogEvent.STARTED, LogEvent.STOPPED, LogEvent.CONFIGURATION_REREAD, LogEvent.STAGE_REACHED,
        LogEvent.STATEMENT_WRITTEN, LogEvent.EXTRACT_LEFT, LogEvent.WATCHER_MENDED,
        LogEvent.HEARTBEAT_AGAIN,
    }  # fmt: skip
    assert told == {str(event) for event in LogEvent} - {str(event) for event in everyday}


def test_every_stage_that_a_handoff_can_stand_at_is_explained():
    table = OPERATING.split("| stage |")[1].split("\n\n")[0].splitlines()[2:]
    told = [stage for row in table for stage in re.findall(r"`([a-z-]+)`", row.split("|")[1])]
    assert sorted(told) == sorted(Stage)


def test_every_kind_of_concern_has_a_row_that_says_what_to_do():
    sources = [Path(module.__file__).read_text("utf-8") for module in (attention, come_through, concerns, deadlines)]
    kinds = {kind for source in sources for kind in re.findall(r'kind="([a-z-]+)"', source)}
    kinds |= {str(stage) for stage in concerns.CLOCKS.keys() - UNDER_WAY} | {concerns.UNDELIVERED, ALERTS, RECALLED}
    table = OPERATING.split("| kind |")[1].split("\n\n")[0].splitlines()[2:]
    told = [kind for row in table for kind in re.findall(r"`([a-z-]+)`", row.split("|")[1])]
    assert len(told) == len(set(told))
    assert set(told) == kinds


def test_the_folders_that_an_operator_hands_over_are_those_that_systemd_makes():
    folders = {line.split()[1] for line in (TOP / "systemd" / "handoff.tmpfiles").read_text().splitlines()
               if line.startswith("d ")}  # fmt: skip
    handed_over = set(re.findall(r"^chown -R \S+ (\S+)$", OPERATING, re.MULTILINE))
    assert len(handed_over) == 3
    assert handed_over - folders == set()
