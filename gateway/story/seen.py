"""What this process has seen of the drop folders, and how much it may do in one look at one of them.

Losing it costs time and nothing else.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.approval.rules import Expected
from gateway.footing.drop_folder import Identity
from gateway.vocabulary.digest import Digest

AT_A_TIME = 32
"""So many extracts are counted or claimed in one look: other routes, and what waits to leave, have their turn between."""
LARGE = 32 << 20
"""So many bytes count as one more."""


@dataclass(slots=True)
class Memory:
    looks_once: bool = False
    """Whoever will not look again can only go by what the file says of itself."""
    measured: dict[tuple[str, str], tuple[Identity, Digest]] = field(default_factory=dict)
    stated: dict[tuple[str, str], tuple[Identity, str]] = field(default_factory=dict)
    """Of the statement beside a file its identity, and its digest."""
    unchanged: dict[tuple[str, str], tuple[Identity, datetime]] = field(default_factory=dict)
    """Of what nobody has stated yet: what it was, and when it was first seen as that."""
    told: dict[str, object] = field(default_factory=dict)
    unsigned: dict[tuple[str, str], "Unsigned"] = field(default_factory=dict)
    expected: dict[str, Expected] = field(default_factory=dict)

    def begin(self, route: str, expected: Expected) -> None:
        """What was right under other rules of the route is judged anew."""
        if self.expected.get(route) != expected:
            self.expected[route] = expected
            self.unsigned = {key: seen for key, seen in self.unsigned.items() if key[0] != route}

    def still(self, route: str, name: str, at: datetime, identity: Identity) -> timedelta | None:
        """For how long a file has been what it is, as we have seen it."""
        if self.looks_once:
            return None
        seen = self.unchanged.get((route, name))
        if seen is None or seen[0] != identity or seen[1] > at:
            seen = self.unchanged[route, name] = identity, at
        return at - seen[1]

    def forget(self, route: str, *, but: frozenset[str]) -> None:
        """Files that are gone."""
        for known in (self.measured, self.stated, self.unchanged, self.unsigned):
            for key in [key for key in known if key[0] == route and key[1] not in but]:
                del known[key]


@dataclass(frozen=True, slots=True)
class Unsigned:
    """An extract that was found right, with a statement that nobody has signed: so it stays while both files do."""

    statement: Identity
    extract: Identity
    digest: str
    expires: datetime


@dataclass(slots=True)
class Effort:
    """What is left of one look's steps that take their time."""

    left: int = AT_A_TIME

    @property
    def is_spent(self) -> bool:
        return self.left <= 0

    def spend(self, size: int) -> None:
        """On an extract of so many bytes."""
        self.left -= 1 + size // LARGE
