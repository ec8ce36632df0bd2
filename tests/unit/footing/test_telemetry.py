"""Log lines: facts and nothing else, whatever goes wrong."""

import io
import json
from datetime import UTC, datetime

import pytest

from gateway.footing.telemetry import LogEvent, Telemetry
from gateway.vocabulary.facts import Facts

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
CANARY = "Canary Example, born 2009-05-17, A123456789012"


@pytest.fixture
def log():
    stream = io.StringIO()
    return Telemetry(stream, lambda: AT), stream


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def caught(act):
    try:
        act()
    except Exception as error:  # noqa: BLE001 - any error will do
        return error
    raise AssertionError("nothing was raised")


def test_a_line_is_one_event_its_time_and_its_facts(log):
    telemetry, stream = log
    telemetry.event(LogEvent.STAGE_REACHED, Facts(route="yss", stage="sealed", fields={"phone": 3}))
    telemetry.event(LogEvent.STARTED)
    assert lines(stream) == [
        {"at": "2026-11-24T09:30:00Z", "event": "stage-reached", "route": "yss", "stage": "sealed", "fields": {"phone": 3}},
        {"at": "2026-11-24T09:30:00Z", "event": "started"},
    ]  # fmt: skip


@pytest.mark.parametrize("words", [{"route": CANARY}, {"message": "x"}, {"reason": "Canary"}, {"code": "2009-05-17"}])
def test_what_is_no_fact_does_not_become_a_line(log, words):
    telemetry, stream = log
    with pytest.raises(ValueError, match="the fact"):
        telemetry.event(LogEvent.DEFECT, Facts(**words))
    assert stream.getvalue() == ""


def test_there_is_no_way_to_log_a_string(log):
    telemetry, stream = log
    with pytest.raises((TypeError, AttributeError)):
        telemetry.event(LogEvent.DEFECT, CANARY)
    assert stream.getvalue() == ""


def test_facts_that_are_called_like_a_lines_own_words_do_not_replace_them(log):
    telemetry, stream = log
    telemetry.event(LogEvent.STARTED, Facts(event="other", at="2020-01-01T00:00:00Z"))
    assert lines(stream) == [{"at": "2026-11-24T09:30:00Z", "event": "started"}]


def wrapped():
    try:
        {}[CANARY]
    except KeyError as error:
        raise OSError(2, CANARY, CANARY) from error


def with_note():
    error = ValueError(CANARY)
    error.add_note(CANARY)
    raise error


@pytest.mark.parametrize("act", [wrapped, with_note, lambda: json.loads(CANARY), lambda: int(CANARY)])
def test_a_defect_is_its_type_and_its_place_and_never_its_message(log, act):
    telemetry, stream = log
    telemetry.defect(caught(act), Facts(route="yss"))
    (line,) = lines(stream)
    assert line["event"] == "defect"
    assert line["route"] == "yss"
    assert line["error"].endswith("error")
    assert line["where"].rpartition(":")[2].isdigit()
    for word in ("Canary", "2009", "A1234"):
        assert word not in stream.getvalue()


def raised_in(module):
    code = compile("raise RuntimeError", module, "exec")
    return caught(lambda: exec(code, {}))  # noqa: S102 - our own line, in a module of another name


@pytest.mark.parametrize(
    ("module", "place"),
    [
        ("/lib/pathlib/_local.py", "local:1"),
        ("/lib/gateway/__init__.py", "init__:1"),
        ("<frozen os>", "frozenos:1"),
        ("<string>", "string:1"),
        ("", "unknown:1"),
        ("/srv/Änne.py", "nne:1"),
        ("/srv/a b:c.py", "abc:1"),
        (f"/srv/{'x' * 300}.py", f"{'x' * 60}:1"),
    ],
)
def test_a_defect_is_reported_wherever_it_was_met(log, module, place):
    telemetry, stream = log
    telemetry.defect(raised_in(module))
    assert lines(stream)[0]["where"] == place


@pytest.mark.parametrize("name", ["X", "_Private", "Änderung", "É1", "ÄÖÜ", "HTTPError", "X" * 200, "snake_case", "E2"])
def test_a_defect_is_reported_whatever_it_is_called(log, name):
    telemetry, stream = log
    telemetry.defect(type(name, (Exception,), {})())
    assert lines(stream)[0]["where"] == "unknown"
    assert lines(stream)[0]["error"]
