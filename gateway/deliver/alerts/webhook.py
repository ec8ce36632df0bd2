"""Alerts by webhook: one POST for a batch, signed as Standard Webhooks says, so that any of its libraries verifies it.

    webhook-id          of the batch: the same batch after a crash has the same one
    webhook-timestamp   seconds since 1970
    webhook-signature   v1,base64(HMAC-SHA256(key, "<id>.<timestamp>.<body>"))

docs/OPERATING.md shows a receiver how to verify it in ten lines.
"""

import base64
import hmac
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.contract.alerts import Webhook
from gateway.deliver.alerts.channel import Batch
from gateway.deliver.alerts.https import request
from gateway.vocabulary import canonical, moment
from gateway.vocabulary.alert import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """`key` gives the 32 bytes that are shared with the receiver."""

    page: Webhook
    sender: str
    trusted: ssl.SSLContext
    key: Callable[[], bytes]

    @property
    def kind(self) -> str:
        return "webhook"

    @property
    def name(self) -> str:
        return self.kind

    def send(self, batch: Batch, at: datetime) -> None:
        body = canonical.encode(
            {
                "type": "handoff-alerts/v1", "sender": self.sender, "at": moment.spell(at),
                "alerts": [_plain(alert) for alert in batch.alerts],
            }
        )  # fmt: skip
        headers = signed_headers(self.key(), batch.id, at, body) | {"content-type": "application/json"}
        request("POST", self.page.url, self.trusted, body=body, headers=headers)


def signed_headers(key: bytes, message: str, at: datetime, body: bytes) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    code = hmac.digest(key, f"{message}.{stamp}.".encode("ascii") + body, "sha256")
    return {
        "webhook-id": message, "webhook-timestamp": stamp,
        "webhook-signature": "v1," + base64.b64encode(code).decode("ascii"),
    }  # fmt: skip


def _plain(alert: Alert) -> dict[str, str | None]:
    return {
        "id": alert.id, "news": str(alert.news), "level": str(alert.level), "kind": alert.kind, "route": alert.route,
        "transfer": alert.transfer, "since": moment.spell(alert.since), "command": alert.command,
    }  # fmt: skip
