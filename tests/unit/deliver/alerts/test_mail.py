"""E-mail: over TLS with a server that proves its name, or not at all; and whatever a server does wrong is told in a word."""

import email

import pytest

from gateway.contract.alerts import Email
from gateway.deliver.alerts.mail import Mail
from gateway.deliver.alerts.secured import trusting
from gateway.vocabulary.alert import News
from gateway.vocabulary.errors import AlertUndelivered, KeyUnavailable
from tests.simulators.mail_server import mail_server
from tests.unit.deliver.alerts.batches import AT, TRANSFER, a_batch, an_alert

PASSWORD = "correct horse battery staple"  # noqa: S105 - of a server that ends with its test


def mail(port, authority, **changed):
    page = Email(
        **({"host": "localhost", "port": port, "sender": "handoff@council.example", "to": ("ops@council.example",)}
           | changed)
    )  # fmt: skip
    return Mail(
        page=page, to=page.to[0], domain="handoff.council.example", trusted=trusting(authority.path),
        password=lambda: PASSWORD,
    )  # fmt: skip


def refusal(server, authority, **changed):
    with pytest.raises(AlertUndelivered) as caught:
        mail(server.port, authority, **changed).send(a_batch(), AT)
    assert PASSWORD not in f"{caught.value.message}{caught.value.remedy}"
    return caught.value.code


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_batch_is_one_mail_and_nothing_of_it_is_said_before_tls(localhost, authority, tls):
    with mail_server(localhost, tls=tls, password=PASSWORD) as server:
        mail(server.port, authority, tls=tls, user="handoff").send(a_batch(an_alert(1), an_alert(2)), AT)
    (message,) = [email.message_from_bytes(message) for message in server.messages]
    assert message["Subject"] == "[handoff.council.example] ALARM: failed"
    assert message["Message-ID"] == "<0123456789abcdef0123456789abcdef@handoff.council.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"] == "Tue, 24 Nov 2026 09:30:00 +0000"
    assert message.get_payload().count(f"type:  gateway retry {TRANSFER}") == 2
    assert server.recipients == ["ops@council.example"]
    assert {said.split()[0].upper() for said, secure in server.said if not secure} <= {"EHLO", "STARTTLS"}


def test_nobody_logs_in_where_no_user_is_named(localhost, authority):
    with mail_server(localhost, password=PASSWORD) as server:
        mail(server.port, authority).send(a_batch(), AT)
    assert not [said for said, _ in server.said if said.startswith("AUTH")]
    assert len(server.messages) == 1


def test_what_is_over_is_said_without_a_command(localhost, authority):
    with mail_server(localhost) as server:
        mail(server.port, authority).send(a_batch(an_alert(news=News.CLEARED)), AT)
    message = email.message_from_bytes(server.messages[0])
    assert message["Subject"] == "[handoff.council.example] over: failed"
    assert "type:" not in message.get_payload()


def test_a_server_without_tls_is_told_nothing(authority):
    with mail_server(None, tls="none") as server:
        assert refusal(server, authority, user="handoff") == "no-tls"
        assert refusal(server, authority, tls="implicit") == "tls-failed"
    assert {said.split()[0].upper() for said, _ in server.said} <= {"EHLO", "STARTTLS"}


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
@pytest.mark.parametrize(("name", "days"), [("mail.elsewhere.test", 2), ("localhost", -1)])
def test_a_certificate_that_names_another_host_or_has_ended_is_refused(authority, tls, name, days):
    with mail_server(authority.server(name, days=days), tls=tls) as server:
        assert refusal(server, authority, tls=tls) == "certificate-refused"
    assert server.messages == []


def test_a_certificate_of_an_authority_that_is_not_trusted_is_refused(localhost, tmp_path):
    from tests.simulators.authority import Authority

    with mail_server(localhost) as server:
        assert refusal(server, Authority(tmp_path)) == "certificate-refused"


def test_what_somebody_put_behind_starttls_in_clear_counts_for_nothing(localhost, authority):
    with mail_server(localhost, injected=b"250 taken\r\n250 taken\r\n") as server, pytest.raises(AlertUndelivered):
        mail(server.port, authority).send(a_batch(), AT)
    assert server.messages == []


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"greeting": "554 not now"}, "no-greeting"),
        ({"greeting": ""}, "unreachable"),
        ({"greeting": "2"}, "no-greeting"),
        ({"EHLO": "550 no"}, "no-greeting"),
        ({"STARTTLS": "454 not now"}, "no-tls"),
        ({"STARTTLS": ""}, "unreachable"),
        ({"AUTH": "535 no"}, "login-refused"),
        ({"AUTH": "454 later"}, "login-refused"),
        ({"AUTH": ""}, "unreachable"),
        ({"MAIL": "451 greylisted"}, "message-refused"),
        ({"MAIL": "550 never"}, "message-refused"),
        ({"RCPT": "550 nobody"}, "recipient-refused"),
        ({"RCPT": "450 later"}, "recipient-refused"),
        ({"DATA": "554 no"}, "message-refused"),
        ({"DATA.": "552 too large"}, "message-refused"),
        ({"DATA.": "451 disk full"}, "message-refused"),
        ({"DATA.": ""}, "unreachable"),
    ],
)
def test_whatever_the_server_says_no_to_is_told_in_a_word(localhost, authority, answers, code):
    with mail_server(localhost, answers=answers, password=PASSWORD) as server:
        assert refusal(server, authority, user="handoff") == code
    assert server.messages == []


def test_a_wrong_password_is_told_and_is_not_shown(localhost, authority):
    with mail_server(localhost, password="another one") as server:  # noqa: S106
        assert refusal(server, authority, user="handoff") == "login-refused"


def test_where_nobody_may_log_in_a_named_user_is_refused(localhost, authority):
    with mail_server(localhost) as server:
        assert refusal(server, authority, user="handoff") == "login-refused"


def test_a_password_that_cannot_be_read_is_known_before_anybody_is_called(authority):
    def unreadable():
        raise KeyUnavailable("the key smtp cannot be read")

    page = Email(host="localhost", port=1, sender="a@b.example", to=("c@d.example",), user="handoff")
    sender = Mail(page=page, to=page.to[0], domain="b.example", trusted=trusting(authority.path), password=unreadable)
    with pytest.raises(KeyUnavailable):
        sender.send(a_batch(), AT)


@pytest.mark.parametrize("answer", [None, "drip"])
@pytest.mark.parametrize("where", ["greeting", "EHLO", "STARTTLS", "MAIL", "DATA."])
def test_a_server_that_hangs_or_drips_is_left_in_time(localhost, authority, monkeypatch, where, answer):
    monkeypatch.setattr("gateway.deliver.alerts.secured.WHOLE_SECONDS", 0.3)
    with mail_server(localhost, answers={where: answer}) as server:
        assert refusal(server, authority) != "none"
    assert server.messages == []


@pytest.mark.parametrize("goodbye", ["500 what", "", None])
def test_a_mail_that_was_taken_is_sent_however_the_goodbye_goes(localhost, authority, monkeypatch, goodbye):
    monkeypatch.setattr("gateway.deliver.alerts.secured.WHOLE_SECONDS", 1.0)
    with mail_server(localhost, answers={"QUIT": goodbye}) as server:
        mail(server.port, authority).send(a_batch(), AT)
    assert len(server.messages) == 1


def test_of_several_addresses_one_is_told_and_the_message_names_them_all(localhost, authority):
    to = ("ops@council.example", "duty@council.example")
    with mail_server(localhost) as server:
        mail(server.port, authority, to=to).send(a_batch(), AT)
    assert server.recipients == [to[0]]
    assert email.message_from_bytes(server.messages[0])["To"] == ", ".join(to)


def test_nobody_listening_is_told_in_a_word(localhost, authority):
    with mail_server(localhost) as server:
        pass
    assert refusal(server, authority) == "unreachable"


@pytest.mark.parametrize(
    "spoilt",
    [
        {"to": ("ops@council.example\r\nBcc: x@y.example",)}, {"sender": "handoff"}, {"host": "mail.example\r\nX: y"},
        {"to": ()}, {"tls": "none"}, {"password": "x"}, {"port": 0}, {"host": "a" * 64},
    ],
)  # fmt: skip
def test_a_page_that_could_break_out_of_its_line_or_do_without_tls_is_refused(spoilt):
    sound = {"host": "mail.example", "sender": "a@b.example", "to": ("c@d.example",)}
    with pytest.raises(ValueError, match="validation error"):
        Email(**(sound | spoilt))
