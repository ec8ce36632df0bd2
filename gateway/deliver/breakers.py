"""Whether a partner may be contacted at all now: one breaker a partner, remembered over restarts.

    closed     nothing is wrong
    open       it was away `PATIENCE` times in a row: nobody asks before a time that grows, with jitter
    half open  that time has come: one probe, whatever is due first; the others wait for how it ends
    stopped    it showed another host key, or refused our key: only a person sets it going again

A partner that answers, whatever it says, is not away. A refused login is never repeated: an
account that is locked by our tries would be our fault.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway.deliver.retry import next_try
from gateway.deliver.store import Store
from gateway.vocabulary import moment
from gateway.vocabulary.errors import (
    AuthenticationRefused,
    DeliveryError,
    HostKeyMismatch,
    PartnerRefused,
    PartnerUnreachable,
    slug_of,
)

_STOPS: Final[dict[str, type[PartnerRefused]]] = {
    "host-key-mismatch": HostKeyMismatch,
    "authentication-refused": AuthenticationRefused,
}
_KEEP: Final = (
    "insert into breaker values (?, ?, ?, ?) on conflict (partner) do update set failures = excluded.failures, "
    "until = excluded.until, stopped = excluded.stopped"
)
PATIENCE = 3
"""So many failures in a row, of whatever parcel or question, and the breaker opens."""


@dataclass(frozen=True, slots=True)
class Breakers:
    """`random` gives a number in [0, 1)."""

    store: Store
    random: Callable[[], float]

    def admits(self, partner: str, at: datetime) -> bool:
        """Whether it may be contacted now; whoever gets a yes of a half open breaker has the one probe."""
        with self.store.alone:  # of two lanes that ask at once one has the probe
            failures, until, stopped = self._row(partner)
            if stopped or until > moment.spell(at):
                return False
            if failures >= PATIENCE:
                self._write(partner, failures, next_try(failures, at, self.random))
            return True

    def answered(self, partner: str) -> None:
        """It was there: the breaker closes."""
        if self._row(partner) != _CLOSED:
            mend(self.store, partner)

    def failed(self, partner: str, error: Exception, at: datetime) -> None:
        """What it counts for is a matter of its class; an error of our own says nothing about the way there."""
        if slug_of(error) in _STOPS:
            self._write(partner, 0, None, stopped=slug_of(error))
        elif isinstance(error, PartnerUnreachable):
            with self.store.alone:
                failures = self._row(partner)[0] + 1
                self._write(partner, failures, self._until(failures, at))
        elif isinstance(error, DeliveryError):
            self.answered(partner)

    def refuse_stopped(self, partner: str) -> None:
        """Raise what stopped it, without asking the partner again."""
        stopped = self._row(partner)[2]
        if stopped:
            raise _STOPS[stopped](
                f"the partner {partner} is not contacted any more since it refused us, or was not itself",
                remedy=f"mend the cause, then 'gateway partner probe {partner}' or 'gateway retry'",
            )

    def _until(self, failures: int, at: datetime) -> datetime | None:
        return next_try(failures - PATIENCE + 1, at, self.random) if failures >= PATIENCE else None

    def _row(self, partner: str) -> tuple[int, str, str]:
        rows = self.store.rows("select failures, until, stopped from breaker where partner = ?", partner)
        return (rows[0][0], rows[0][1], rows[0][2]) if rows else _CLOSED

    def _write(self, partner: str, failures: int, until: datetime | None, *, stopped: str = "") -> None:
        self.store.write(
            _KEEP,
            (partner, failures, moment.spell(until) if until else "", stopped),
        )


def mend(store: Store, partner: str) -> None:
    """A person says that the cause is mended, or the partner answered."""
    store.write("delete from breaker where partner = ?", (partner,))


_CLOSED = (0, "", "")
