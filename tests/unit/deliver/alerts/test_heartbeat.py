"""The heartbeat goes out while prepare's word is fresh, at its pace, and is said to have failed when nobody takes it."""

from datetime import timedelta

import pytest

from gateway.contract.alerts import Heartbeat
from gateway.deliver.alerts.heartbeat import send_heartbeat
from gateway.deliver.alerts.remembered import Remembered
from gateway.deliver.alerts.secured import trusting
from gateway.deliver.store import Store
from gateway.footing import alert_box
from gateway.vocabulary.errors import AlertUndelivered
from tests.simulators.web_server import web_server
from tests.unit.deliver.alerts.batches import AT

MINUTE = timedelta(minutes=1)


@pytest.fixture
def beats(tmp_path, authority, localhost):
    """Send at so many minutes past; the server keeps what it heard."""
    store = Store(tmp_path / "store")
    with web_server(localhost) as server:
        page = Heartbeat(url=f"https://localhost:{server.port}/ping", every=5 * MINUTE)

        def send(minutes):
            at = AT + minutes * MINUTE
            return send_heartbeat(page, lambda: trusting(authority.path), Remembered(store), tmp_path, at)

        send.server, send.mailbox = server, tmp_path
        yield send
    store.close()


def test_nothing_is_sent_before_prepare_has_said_that_all_is_well(beats):
    assert beats(0) is False
    assert beats.server.heard == []


def test_it_is_sent_at_its_own_pace(beats):
    sent = []
    for minutes in range(12):
        alert_box.beat(beats.mailbox, AT + minutes * MINUTE)
        sent.append(beats(minutes))
    assert [minutes for minutes, was in enumerate(sent) if was] == [0, 5, 10]
    assert [(heard.method, heard.target) for heard in beats.server.heard] == [("GET", "/ping")] * 3


def test_when_prepare_says_nothing_any_more_it_stops(beats):
    alert_box.beat(beats.mailbox, AT)
    assert [beats(minutes) for minutes in (0, 5, 10, 11, 15, 600)] == [True, True, True, False, False, False]


def test_that_nobody_takes_it_is_an_error_and_it_is_due_still(beats):
    beats.server.answer = b"HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n"
    alert_box.beat(beats.mailbox, AT)
    with pytest.raises(AlertUndelivered):
        beats(0)
    beats.server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    assert beats(1) is True
