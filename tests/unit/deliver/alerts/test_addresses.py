"""Several addresses, and a mail server that takes some of them: each is told once, and nobody is called told who was not."""

from datetime import timedelta

import pytest

from gateway.contract.alerts import Email
from gateway.deliver.alerts.mail import Mail
from gateway.deliver.alerts.remembered import GATHER
from gateway.deliver.alerts.secured import trusting
from gateway.deliver.alerts.sending import PATIENCE
from tests.simulators.mail_server import mail_server
from tests.unit.deliver.alerts.test_sending import Desk

OPS, GONE = "ops@council.example", "gone@council.example"
HOUR = timedelta(hours=1)


@pytest.fixture
def server(localhost):
    """It takes nothing for one of two addresses."""
    with mail_server(localhost, refused=frozenset({GONE})) as running:
        yield running


@pytest.fixture
def desk(server, authority, tmp_path):
    made = Desk(tmp_path, *channels(server, authority, GONE, OPS))
    yield made
    made.store.close()


def channels(server, authority, *to):
    page = Email(host="localhost", port=server.port, sender="handoff@council.example", to=to)
    trusted = trusting(authority.path)
    return [Mail(page=page, to=one, domain="council.example", trusted=trusted, password=str) for one in to]


def test_who_was_taken_is_told_once_however_often_the_other_is_tried_again(desk, server):
    desk.post(1)
    reports = [desk.round(after=HOUR) for _ in range(PATIENCE - 1)]
    assert server.recipients == [OPS]
    assert len(server.messages) == 1
    assert sum("TO:<gone@" in said for said, _ in server.said) == PATIENCE - 1
    assert reports == [0] * (PATIENCE - 1)


def test_an_alert_that_one_address_did_not_get_is_told_as_failed_and_never_as_sent(desk):
    desk.post(1)
    for _ in range(PATIENCE + 2):
        desk.round(after=HOUR)
    assert desk.said() == [("alert-failed", "recipient-refused")]


def test_an_address_that_is_refused_keeps_no_later_alert_from_the_other(desk, server):
    for number in (1, 2, 3):
        desk.post(number)
        desk.round(after=GATHER)
    assert server.recipients == [OPS] * 3


def test_once_it_is_taken_it_gets_what_it_missed_and_the_other_gets_nothing_again(desk, server):
    desk.post(1)
    desk.round()
    desk.post(2)
    desk.round(after=HOUR)
    server.refused = frozenset()
    for _ in range(3):
        desk.round(after=HOUR)
    assert sorted(server.recipients) == [GONE, GONE, OPS, OPS]
    assert desk.said() == [("alert-sent", "none")] * 2


def test_after_a_restart_it_is_known_still_who_was_told(desk, server):
    desk.post(1)
    desk.round()
    desk.restart()
    desk.round(after=HOUR)
    assert server.recipients == [OPS]


def test_an_address_that_is_taken_out_of_the_page_is_waited_for_no_longer(desk, server, authority):
    desk.post(1)
    desk.round()
    desk.channels = channels(server, authority, OPS)
    assert desk.round(after=HOUR) == 1
    assert desk.said() == [("alert-sent", "none")]
    assert server.recipients == [OPS]


def test_an_address_that_comes_to_the_page_is_told_what_is_not_over_and_nobody_is_told_twice(desk, server, authority):
    desk.post(1)
    desk.round()
    desk.channels = channels(server, authority, GONE, "new@council.example", OPS)
    desk.round(after=HOUR)
    assert server.recipients == [OPS, "new@council.example"]
