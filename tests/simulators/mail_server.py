"""A mail server, as far as alerts need one: TLS either way, logins, and every way of going wrong."""

import base64
import ssl
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from tests.simulators.listening import listening


@dataclass
class MailServer:
    """`answers`: another reply to a verb (`DATA.` is the end of the message); "" is to close, None to hang.

    `said`: each command with whether TLS protected it.
    """

    context: ssl.SSLContext | None
    tls: str = "starttls"
    password: str | None = None
    answers: dict[str, str | None] = field(default_factory=dict)
    injected: bytes = b""
    """Sent in clear behind the answer to STARTTLS, as somebody on the line would."""
    said: list[tuple[str, bool]] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    drips: threading.Event = field(default_factory=threading.Event)
    """Set at the end, so that a server that hangs does not outlive its test."""

    def serve(self, connection):
        with ExitStack() as held:
            secure = self.tls == "implicit"
            if secure and self.context:
                connection = held.enter_context(self.context.wrap_socket(connection, server_side=True))
            self._talk(held, connection, secure=secure)

    def _talk(self, held, connection, *, secure):
        lines = held.enter_context(connection.makefile("rb"))
        if not self._reply(connection, self.answers.get("greeting", "220 mail.test ESMTP")):
            return
        while line := lines.readline(4096):
            verb, _, rest = line.decode("ascii").strip().partition(" ")
            verb = verb.upper()
            self.said.append((line.decode("ascii").strip(), secure))
            if not self._reply(connection, self.answers.get(verb, self._answer(verb, rest, secure))):
                return
            if verb == "STARTTLS" and self.context:
                connection.sendall(self.injected)
                connection = held.enter_context(self.context.wrap_socket(connection, server_side=True))
                lines, secure = held.enter_context(connection.makefile("rb")), True
            if verb == "DATA" and "DATA" not in self.answers and not self._take(connection, lines):
                return
            if verb == "QUIT":
                return

    def _answer(self, verb, rest, secure):
        if verb == "EHLO":
            extra = [] if secure or self.tls != "starttls" else ["STARTTLS"]
            extra += ["AUTH PLAIN"] if self.password and secure else []
            return "\r\n".join([f"250-{word}" for word in ("mail.test", *extra)] + ["250 8BITMIME"])
        if verb == "STARTTLS":
            return "220 go ahead" if self.tls == "starttls" else "502 not here"
        if verb == "AUTH":
            given = base64.b64decode(rest.split()[1]).split(b"\0")[2].decode("utf-8")
            return "235 welcome" if given == self.password else "535 no"
        if verb == "RCPT":
            address = rest[rest.index("<") + 1 : rest.index(">")]
            if address in self.refused:
                return "550 nobody of that name"
            self.recipients.append(address)
        return {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 fine")

    def _take(self, connection, lines):
        message = b""
        while (line := lines.readline(4096)) not in (b".\r\n", b""):
            message += line
        final = self.answers.get("DATA.", "250 taken")
        if final and final.startswith("250"):
            self.messages.append(message)
        return self._reply(connection, final)

    def _reply(self, connection, words):
        """False if the conversation ends here."""
        if words is None:
            self.drips.wait(20)
            return False
        if words.startswith("drip"):
            while not self.drips.wait(0.1):
                connection.sendall(b"2")
            return False
        if words:
            connection.sendall(words.encode("ascii") + (b"" if words.endswith("…half") else b"\r\n"))
        return bool(words)


@contextmanager
def mail_server(context, **behaviour):
    """The server, with the port it listens at as `port`."""
    server = MailServer(context=context, **behaviour)
    with listening(server.serve) as server.port:
        try:
            yield server
        finally:
            server.drips.set()
