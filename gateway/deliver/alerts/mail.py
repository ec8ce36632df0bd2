"""Alerts by e-mail: one message for a batch, to one address at a time, over TLS or not at all.

    connect ─▶ (implicit TLS) ─▶ EHLO ─▶ STARTTLS ─▶ EHLO anew ─▶ login ─▶ one message ─▶ QUIT

What a server said before TLS counts for nothing afterwards. The password is sent inside TLS only, and
stands in no message of ours. Each address is a channel of its own and has a conversation of its own, so that one
that is refused is tried again, and nobody else is told twice meanwhile. All get the same message, with all names.
"""

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from gateway.contract.alerts import Email
from gateway.deliver.alerts.channel import Batch
from gateway.deliver.alerts.secured import connected
from gateway.deliver.alerts.wording import body, subject
from gateway.vocabulary.errors import AlertUndelivered

READY, OK = 220, 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`to` is one of the page's. `password` is asked for when it is needed, and only if the page names a user."""

    page: Email
    to: str
    domain: str
    trusted: ssl.SSLContext
    password: Callable[[], str]

    @property
    def kind(self) -> str:
        return "email"

    @property
    def name(self) -> str:
        return f"{self.kind} {self.to}"

    def send(self, batch: Batch, at: datetime) -> None:
        password = self.password() if self.page.user else ""
        message = self._message(batch, at)
        with connected(self.page.host, self.page.port) as plain:
            client = smtplib.SMTP(local_hostname=self.domain)
            client.sock = plain
            try:
                self._begin(client)
                self._log_in(client, password)
                _hand_over(client, message, self.to)
                with suppress(OSError, smtplib.SMTPException):  # it has been taken: a bad goodbye changes nothing
                    client.quit()
            finally:
                client.close()

    def _begin(self, client: smtplib.SMTP) -> None:
        """To where TLS protects whatever is said."""
        if self.page.tls == "implicit":
            self._secure(client)
        _demand(client.getreply(), READY, "no-greeting")
        if self.page.tls == "starttls":
            _greet(client)
            _demand(client.docmd("STARTTLS"), READY, "no-tls")
            self._secure(client)
        _greet(client)

    def _secure(self, client: smtplib.SMTP) -> None:
        if client.sock is not None:
            client.sock = self.trusted.wrap_socket(client.sock, server_hostname=self.page.host)
        client.file = None  # what was read ahead came before TLS, perhaps from somebody else

    def _log_in(self, client: smtplib.SMTP, password: str) -> None:
        if self.page.user is None:
            return
        try:
            client.login(self.page.user, password)
        except smtplib.SMTPAuthenticationError as error:
            raise AlertUndelivered(
                "login-refused", "the mail server refuses the user and password for alerts",
                remedy="put the right one into smtp.key",
            ) from error  # fmt: skip
        except smtplib.SMTPNotSupportedError as error:
            raise AlertUndelivered("login-refused", "the mail server lets nobody log in") from error

    def _message(self, batch: Batch, at: datetime) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self.page.sender
        message["To"] = ", ".join(self.page.to)
        message["Subject"] = subject(batch.alerts, self.domain)
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{batch.id}@{self.domain}>"
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday note answers
        message.set_content(body(batch.alerts))
        return message


def _hand_over(client: smtplib.SMTP, message: EmailMessage, to: str) -> None:
    try:
        client.send_message(message, to_addrs=to)
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, "message-refused") from error
    except smtplib.SMTPRecipientsRefused as error:
        raise AlertUndelivered(
            "recipient-refused", f"the mail server takes nothing for {to}",
            remedy="ask whoever runs it, or name another address in [alerts.email]",
        ) from error  # fmt: skip


def _greet(client: smtplib.SMTP) -> None:
    """Whatever an earlier EHLO was answered is forgotten."""
    client.esmtp_features = {}
    _demand(client.ehlo(), OK, "no-greeting")


def _demand(reply: tuple[int, bytes], wanted: int, code: str) -> None:
    if reply[0] != wanted:
        raise _refused(reply[0], code)


def _refused(said: int, code: str) -> AlertUndelivered:
    return AlertUndelivered(
        code,
        f"the mail server answers {said} where mail is sent",
        remedy="its own log says why; nothing was sent in clear",
    )
