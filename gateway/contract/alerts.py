"""Who is told outside the building when something needs a person: `[alerts]` in `config/gateway.toml`.

No secret stands here: a password or a webhook's key is a file of deliver's own, or a credential of systemd's.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from gateway.contract.document import Document

Address = Annotated[
    str, Field(pattern=r"^[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*$", max_length=254)
]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*$", max_length=253)]
Url = Annotated[
    str,
    Field(
        pattern=r"^https://[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~/%?&=+-]*)?$",
        max_length=500,
    ),
]


class Email(Document):
    """By SMTP, and never without TLS and a certificate that names the server."""

    host: Host
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    tls: Literal["starttls", "implicit"] = "starttls"
    sender: Address
    to: Annotated[tuple[Address, ...], Field(min_length=1, max_length=20)]
    user: Annotated[str, Field(min_length=1, max_length=254)] | None = None
    """Logs in with the password in `smtp.key`; without one nobody logs in."""
    ca: Path | None = None


class Webhook(Document):
    """One POST over HTTPS, signed with the key in `webhook.key` as Standard Webhooks says."""

    url: Url
    ca: Path | None = None


class Heartbeat(Document):
    """A GET over HTTPS as long as all is well: whoever listens there gives the alarm when it stops."""

    url: Url
    every: Annotated[timedelta, Field(ge=timedelta(minutes=1), le=timedelta(days=1))] = timedelta(minutes=5)
    ca: Path | None = None


class Alerts(Document):
    level: Literal["warning", "alarm"] = "warning"
    patience: Annotated[timedelta, Field(ge=timedelta(0), le=timedelta(days=7))] = timedelta(hours=4)
    repeat: Annotated[timedelta, Field(ge=timedelta(hours=1), le=timedelta(days=30))] = timedelta(days=1)
    email: Email | None = None
    webhook: Webhook | None = None
    heartbeat: Heartbeat | None = None
