"""Deliver's alerts, wired: a thread beside its rounds, so that a mail server that hangs keeps no parcel waiting.

It shares nothing with the rounds but the mailbox: its connection to deliver's store is its own. What goes
wrong is told in a log line and tried again; it ends nothing, and it never feeds the watchdog.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.config.checkup.alerts import SMTP, WEBHOOK
from gateway.config.load import Configuration
from gateway.contract.alerts import Alerts
from gateway.deliver.alerts.channel import Channel
from gateway.deliver.alerts.heartbeat import NAME, send_heartbeat
from gateway.deliver.alerts.mail import Mail
from gateway.deliver.alerts.remembered import Remembered
from gateway.deliver.alerts.secured import trusting
from gateway.deliver.alerts.sending import AlertSender, send_alerts
from gateway.deliver.alerts.webhook import Hook
from gateway.deliver.retry import next_try
from gateway.deliver.store import Store
from gateway.footing.telemetry import LogEvent
from gateway.story.dispatch import Dispatcher
from gateway.vocabulary.errors import AlertUndelivered, GatewayError, KeyUnavailable, slug_of
from gateway.vocabulary.facts import Facts

LOOK: Final = 1.0
GRACE: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """All that deliver sends to people of its own side."""

    page: Alerts
    home: Path
    sender: AlertSender


@contextmanager
def outgoing(configuration: Configuration, half: Dispatcher) -> Iterator[Outgoing | None]:
    """None where nobody is to be told."""
    page = configuration.settings.alerts
    if page is None:
        yield None
        return
    store = Store(configuration.deliver_store)
    try:
        sender = AlertSender(
            domain=half.domain,
            to_deliver=half.workspace.to_deliver,
            from_deliver=half.workspace.from_deliver,
            key=half.key,
            remembered=Remembered(store),
            channels=channels_of(configuration),
            telemetry=half.telemetry,
            clock=half.clock,
            random=random.random,
        )
        yield Outgoing(page=page, home=configuration.home, sender=sender)
    finally:
        store.close()


def send_out(out: Outgoing) -> int:
    """One round; how many reports it made for prepare."""
    made = send_alerts(out.sender)
    _beat(out)
    return made


@contextmanager
def alerts_beside(configuration: Configuration, half: Dispatcher, over: threading.Event) -> Iterator[None]:
    """A thread that sends until `over`. What it has in hand then has a few seconds, and is sent again after a start."""
    if configuration.settings.alerts is None:
        yield
        return
    thread = threading.Thread(target=_until, args=(configuration, half, over), name="alerts", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(GRACE)


def _until(configuration: Configuration, half: Dispatcher, over: threading.Event) -> None:
    while not over.is_set():
        try:
            with outgoing(configuration, half) as out:
                while out and not over.is_set():
                    send_out(out)
                    over.wait(LOOK)
        except GatewayError as error:
            half.telemetry.event(LogEvent.ALERT_FAILED, Facts(code=slug_of(error)))
        except Exception as error:  # noqa: BLE001 - a defect here must not keep anybody's parcel
            half.telemetry.defect(error)
        over.wait(configuration.settings.scan_seconds)


def channels_of(configuration: Configuration) -> tuple[Channel, ...]:
    """Every way in which people are told, as the page names them; AlertUndelivered if `ca` cannot be read."""
    page = configuration.settings.alerts
    return tuple(_channels(page, configuration)) if page else ()


def _channels(page: Alerts, configuration: Configuration) -> Iterator[Channel]:
    keys, domain = configuration.deliver_keys, configuration.settings.domain
    if page.email:
        trusted = trusting(_below(configuration.home, page.email.ca))
        for to in dict.fromkeys(page.email.to):
            yield Mail(
                page=page.email, to=to, domain=domain, trusted=trusted,
                password=lambda: _password(keys.private_bytes(SMTP)),
            )  # fmt: skip
    if page.webhook:
        yield Hook(
            page=page.webhook,
            sender=domain,
            trusted=trusting(_below(configuration.home, page.webhook.ca)),
            key=lambda: keys.secret(WEBHOOK),
        )


def _beat(out: Outgoing) -> None:
    page, sender = out.page.heartbeat, out.sender
    if page is None:
        return
    at, remembered = sender.clock(), sender.remembered
    try:
        send_heartbeat(page, lambda: trusting(_below(out.home, page.ca)), remembered, sender.to_deliver, at)
    except GatewayError as error:
        code = error.code if isinstance(error, AlertUndelivered) else slug_of(error)
        sender.telemetry.event(LogEvent.ALERT_FAILED, Facts(kind=NAME, code=code))
        tries = remembered.failures(NAME) + 1
        remembered.failed(NAME, code, next_try(tries, at, sender.random))


def _below(home: Path, ca: Path | None) -> Path | None:
    return home / ca if ca else None


def _password(data: bytes) -> str:
    try:
        return data.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise KeyUnavailable("the password smtp.key is no text", remedy="write it anew, as one line") from error
