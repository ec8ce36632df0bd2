"""What a way to tell people promises: all of a batch got out when `send` returns, else AlertUndelivered.

Each address has a channel of its own: what one of them has taken is not sent to it again for another's sake.
"""

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
    def kind(self) -> str:
        """A slug, for log lines."""

    @property
    def name(self) -> str:
        """Its own, whatever others there are: what it has taken is remembered by it."""

    def send(self, batch: Batch, at: datetime) -> None:
        """
        Raises:
            AlertUndelivered: it did not get out, or nobody can say; it is sent again.
            KeyUnavailable: the password or the key for it cannot be read.
        """
