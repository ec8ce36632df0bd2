"""Alerts as prepare posts them."""

from datetime import UTC, datetime, timedelta

from gateway.deliver.alerts.channel import Batch
from gateway.vocabulary.alert import Alert, Level, News
from gateway.vocabulary.transfer import TransferId

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TRANSFER = TransferId.new(AT, lambda count: b"\x07" * count)


def an_alert(number=1, **changed):
    facts = {
        "id": TransferId.new(AT + timedelta(seconds=number), lambda count: bytes([number]) * count),
        "news": News.APPEARED, "level": Level.ALARM, "kind": "failed", "since": AT, "route": "yss",
        "transfer": TRANSFER, "command": f"gateway retry {TRANSFER}",
    }  # fmt: skip
    return Alert(**(facts | changed))


def a_batch(*alerts):
    return Batch(id="0123456789abcdef0123456789abcdef", alerts=alerts or (an_alert(),))
