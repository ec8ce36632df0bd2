"""Webhook and heartbeat: over HTTPS with a server that proves its name, signed as Standard Webhooks says."""

import base64
import json
import re
import secrets
from pathlib import Path

import pytest

from gateway.contract.alerts import Heartbeat, Webhook
from gateway.deliver.alerts.https import request
from gateway.deliver.alerts.secured import trusting
from gateway.deliver.alerts.webhook import Hook, signed_headers
from gateway.vocabulary.alert import Level
from gateway.vocabulary.errors import AlertUndelivered
from tests.simulators.web_server import web_server
from tests.unit.deliver.alerts.batches import AT, a_batch, an_alert

KEY = secrets.token_bytes(32)


def hook(port, authority, path="/alerts?to=ops"):
    page = Webhook(url=f"https://localhost:{port}{path}")
    return Hook(page=page, sender="handoff.council.example", trusted=trusting(authority.path), key=lambda: KEY)


def refusal(server, authority):
    with pytest.raises(AlertUndelivered) as caught:
        hook(server.port, authority).send(a_batch(), AT)
    return caught.value.code


def test_a_batch_is_one_signed_post_of_words_from_closed_lists(localhost, authority):
    with web_server(localhost) as server:
        hook(server.port, authority).send(a_batch(an_alert(1), an_alert(2, level=Level.WARNING)), AT)
    (heard,) = server.heard
    assert (heard.method, heard.target) == ("POST", "/alerts?to=ops")
    page = json.loads(heard.body)
    assert page.keys() == {"type", "sender", "at", "alerts"}
    assert [one["level"] for one in page["alerts"]] == ["alarm", "warning"]
    assert page["alerts"][0].keys() == {"id", "news", "level", "kind", "route", "transfer", "since", "command"}
    expected = signed_headers(KEY, a_batch().id, AT, heard.body)
    assert {name: heard.headers[name] for name in expected} == expected


def test_the_signature_is_the_one_of_the_published_example():
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    body = b'{"test": 2432232314}'
    at = AT.fromtimestamp(1614265330, tz=AT.tzinfo)
    headers = signed_headers(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


OPERATING = Path(__file__).resolve().parents[4] / "docs" / "OPERATING.md"


def the_documented_receiver():
    (code,) = re.findall(r"```python\n(.*?)```", OPERATING.read_text("utf-8"), re.DOTALL)
    names = {}
    exec(code, names)  # noqa: S102 - what our own page tells receivers to run
    return names["verified"]


def test_what_the_handbook_gives_to_receivers_takes_ours_and_nothing_else(localhost, authority):
    with web_server(localhost) as server:
        hook(server.port, authority).send(a_batch(), AT)
    (heard,) = server.heard
    verified, now = the_documented_receiver(), AT.timestamp()
    assert verified(KEY, heard.headers, heard.body, now)
    assert verified(
        KEY, heard.headers | {"webhook-signature": "v1a,x " + heard.headers["webhook-signature"]}, heard.body, now
    )
    assert not verified(secrets.token_bytes(32), heard.headers, heard.body, now)
    assert not verified(KEY, heard.headers, heard.body + b" ", now)
    assert not verified(KEY, heard.headers | {"webhook-id": "another"}, heard.body, now)
    assert not verified(KEY, heard.headers | {"webhook-timestamp": str(int(now) + 1)}, heard.body, now)
    assert not verified(KEY, heard.headers, heard.body, now + 301)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 410, 429, 500, 503])
def test_whatever_is_no_yes_is_told_by_its_number_and_no_redirect_is_followed(localhost, authority, status):
    answer = f"HTTP/1.1 {status} X\r\nLocation: https://localhost:1/\r\nContent-Length: 0\r\n\r\n".encode()
    with web_server(localhost, answer=answer) as server:
        assert refusal(server, authority) == f"answer-{status}"
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 2", b"220 mail.test ESMTP\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200],
)
def test_half_an_answer_is_none(localhost, authority, answer):
    with web_server(localhost, answer=answer) as server:
        assert refusal(server, authority) in ("unreachable", "answer-2")


def test_a_whole_status_line_is_an_answer_whatever_becomes_of_the_rest(localhost, authority):
    with web_server(localhost, answer=b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nta") as server:
        hook(server.port, authority).send(a_batch(), AT)
    assert len(server.heard) == 1


@pytest.mark.parametrize("behaviour", [{"answer": None}, {"drips": True}])
def test_a_server_that_hangs_or_drips_is_left_in_time(localhost, authority, monkeypatch, behaviour):
    monkeypatch.setattr("gateway.deliver.alerts.secured.WHOLE_SECONDS", 0.3)
    with web_server(localhost, **behaviour) as server:
        assert refusal(server, authority) == "unreachable"


@pytest.mark.parametrize(("name", "days"), [("hooks.elsewhere.test", 2), ("localhost", -1)])
def test_a_certificate_that_names_another_host_or_has_ended_is_refused(authority, name, days):
    with web_server(authority.server(name, days=days)) as server:
        assert refusal(server, authority) == "certificate-refused"
    assert server.heard == []


def test_a_server_without_tls_is_told_nothing(authority):
    with web_server(None) as server:
        assert refusal(server, authority) in ("tls-failed", "unreachable")
    assert server.heard == []


def test_no_proxy_of_the_environment_is_asked(localhost, authority, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://localhost:1")
    with web_server(localhost) as server:
        hook(server.port, authority).send(a_batch(), AT)
    assert len(server.heard) == 1


def test_a_heartbeat_is_a_plain_get(localhost, authority):
    with web_server(localhost) as server:
        request("GET", f"https://localhost:{server.port}/ping/1", trusting(authority.path), headers={})
    assert [(heard.method, heard.target, heard.body) for heard in server.heard] == [("GET", "/ping/1", b"")]


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/", "https://hooks.example/\r\nX: y", "https://user:word@hooks.example/", "hooks.example",
        "https://hooks.example/#x", "https://hooks.example/ x", "https://", "ftp://hooks.example/", "https://a\\b/",
    ],
)  # fmt: skip
def test_an_address_that_is_not_plain_https_is_refused(url):
    for page in (Webhook, Heartbeat):
        with pytest.raises(ValueError, match="validation error"):
            page(url=url)
