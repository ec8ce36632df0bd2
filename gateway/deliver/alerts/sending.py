"""One round over the alerts in the mailbox: each channel sends what is due as one batch, and prepare is told.

    pending ─▶ a batch for each channel, begun durably ─▶ sent ─▶ reported once every channel has taken it
                                                      └─▶ tried again later; reported as failed after `PATIENCE` tries

Crash points. (L1) begun, not sent: sent at the next round, under the same id. (L2) sent, not
remembered: sent once more, under the same id. (L3) remembered, not reported: reported then. One channel
that fails never stops another, and never a parcel: see `service/alerts`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from gateway.crypto.ssh_keys import SigningKey
from gateway.deliver.alerts.channel import Batch, Channel
from gateway.deliver.alerts.remembered import Remembered
from gateway.deliver.retry import next_try
from gateway.footing import alert_box
from gateway.footing.alert_box import AlertReport, Sent
from gateway.footing.telemetry import LogEvent, Telemetry
from gateway.vocabulary.alert import Alert
from gateway.vocabulary.errors import AlertUndelivered, GatewayError, InputError, slug_of
from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId

PATIENCE: Final = 5
"""So many tries in a row, over ten minutes or so, and prepare is told that its alerts do not get out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertSender:
    """`random` gives a number in [0, 1)."""

    domain: str
    to_deliver: Path
    from_deliver: Path
    key: SigningKey
    remembered: Remembered
    channels: Sequence[Channel]
    telemetry: Telemetry
    clock: Callable[[], datetime]
    random: Callable[[], float]


def send_alerts(sender: AlertSender) -> int:
    """How many reports it made. Without a channel nothing is sent, and nothing called sent."""
    if not sender.channels:
        return 0
    pending = _pending(sender)
    sender.remembered.forget_all_but(pending)
    for channel in sender.channels:
        if pending and sender.remembered.is_due(channel.name, sender.clock()):
            _serve(sender, channel, pending)
    return sum(_report(sender, alert) for alert in pending)


def _pending(sender: AlertSender) -> dict[TransferId, Alert]:
    """One that cannot be read is told about, and keeps nobody else's."""
    found = {}
    for path in alert_box.pending(sender.to_deliver):
        try:
            alert = alert_box.read_alert(path)
        except InputError as error:
            sender.telemetry.event(LogEvent.ALERT_FAILED, Facts(code=slug_of(error)))
        else:
            found[alert.id] = alert
    return found


def _serve(sender: AlertSender, channel: Channel, pending: dict[TransferId, Alert]) -> None:
    batch, members = sender.remembered.begin(channel.name, pending)
    if not members:
        return
    try:
        channel.send(Batch(id=batch, alerts=tuple(pending[one] for one in members)), sender.clock())  # (L1)
    except GatewayError as error:
        _failed(sender, channel, error)
    else:
        sender.remembered.sent(channel.name, batch, sender.clock())  # (L2)


def _failed(sender: AlertSender, channel: Channel, error: GatewayError) -> None:
    code = error.code if isinstance(error, AlertUndelivered) else slug_of(error)
    sender.telemetry.event(LogEvent.ALERT_FAILED, Facts(kind=channel.kind, code=code))
    at = sender.clock()
    tries = sender.remembered.failures(channel.name) + 1
    sender.remembered.failed(channel.name, code, next_try(tries, at, sender.random))


def _report(sender: AlertSender, alert: TransferId) -> int:
    names = [channel.name for channel in sender.channels]
    if sender.remembered.is_out(alert, names):
        return _once(sender, alert, "alert-sent", "none")
    if any(sender.remembered.failures(name) >= PATIENCE for name in names):
        return _once(sender, alert, "alert-failed", sender.remembered.why(names))
    return 0


def _once(sender: AlertSender, alert: TransferId, outcome: Sent, code: str) -> int:
    if not sender.remembered.is_news(alert, outcome):
        return 0
    said = AlertReport(alert=alert, outcome=outcome, at=sender.clock(), code=code)
    alert_box.report(sender.from_deliver, said, key=sender.key, domain=sender.domain)  # (L3)
    sender.remembered.told(alert, outcome)
    return 1
