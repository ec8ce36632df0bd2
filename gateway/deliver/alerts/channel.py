"""What a way to tell people promises: all of a batch got out when `send` returns, else AlertUndelivered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gateway.vocabulary.alert import Alert


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Alerts that go out together. After a crash the same ones go under the same `id`, so that a receiver may know it again."""

    id: str
    alerts: tuple[Alert, ...]


class Channel(Protocol):
    @property
    def name(self) -> str:
        """A slug of its own."""

    def send(self, batch: Batch, at: datetime) -> None:
        """
        Raises:
            AlertUndelivered: it did not get out, or nobody can say; it is sent again.
            KeyUnavailable: the password or the key for it cannot be read.
        """
