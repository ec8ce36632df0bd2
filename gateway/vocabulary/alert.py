"""One alert: what an operator is told outside the building, in words from closed lists and nothing else.

No sentence, no name, no path: kind, route, transfer, since when, and the command to type. Whoever
wants to know more types it, on the machine, where it is receipted who looks.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gateway.vocabulary.facts import Facts
from gateway.vocabulary.transfer import TransferId

COMMAND = re.compile(r"gateway [a-zA-Z0-9][a-zA-Z0-9 |-]{0,119}")


class News(StrEnum):
    """What has happened to a concern."""

    APPEARED = "appeared"
    WORSE = "worse"
    STILL = "still"
    CLEARED = "cleared"


class Level(StrEnum):
    WARNING = "warning"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """`id` has the shape of a transfer's. ValueError for what is not a word of ours."""

    id: TransferId
    news: News
    level: Level
    kind: str
    since: datetime
    command: str
    route: str | None = None
    transfer: TransferId | None = None

    def __post_init__(self) -> None:
        named = {"route": self.route, "transfer": self.transfer}
        Facts(kind=self.kind, **{name: value for name, value in named.items() if value is not None})
        if not COMMAND.fullmatch(self.command):
            raise ValueError("an alert holds something else than a command of ours")
        if self.since.tzinfo is None:
            raise ValueError("an alert's time must say its zone")
