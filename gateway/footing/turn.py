"""Whose turn a half's work is, where several machines could do it: a lock that PostgreSQL gives to one of them.

    killed, or its machine gone     free at once, or when the server notices that nobody is there
    frozen, or cut off              free after `SILENT_SECONDS` without a word

A thread says a word every second, on a session that is never opened anew; it freezes with the
process. Before an effect the server is asked (`check`): while that session lives the lock is ours,
whatever the clocks say. Whoever has not been answered for `STALE_SECONDS` asks nobody any more.
Any thread may ask: the session answers one after the other.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gateway import __version__
from gateway.footing.postgresql_session import AWAY, open_session, session_error
from gateway.vocabulary.errors import StorageError

WORD_SECONDS: Final = 1.0
STALE_SECONDS: Final = 4.0
SILENT_SECONDS: Final = 5
_SETTINGS: Final = {"idle_session_timeout": f"{SILENT_SECONDS}s", "statement_timeout": f"{SILENT_SECONDS}s"}
HALVES: Final = {"prepare": 1, "deliver": 2}
_WHO: Final = "handoff turn"
_LIST: Final = """
select distinct session.application_name, turn.pid is not null, session.backend_start, session.state_change
from pg_stat_activity as session left join pg_locks as turn
  on turn.pid = session.pid and turn.locktype = 'advisory' and turn.granted and turn.classid = 1 and turn.objsubid = 2
where session.application_name like 'handoff turn %' order by 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One that works, or stands by. Since when, and when it was heard last, are told to its own user alone."""

    half: str
    name: str
    build: str
    has_turn: bool
    since: datetime | None
    heard: datetime | None


def machines(url: str) -> list[Machine]:
    """All whose sessions the server of `url` has now; one that died or froze is gone within seconds."""
    session = open_session(url, _SETTINGS, what="the turns")
    try:
        found = session.execute(_LIST).fetchall()
    except session_error() as error:
        raise StorageError("the database of the turns is away", remedy=AWAY) from error
    finally:
        session.close()
    return [
        Machine(
            **dict(zip(("half", "name", "build"), _parts(who), strict=True)), has_turn=has, since=since, heard=heard
        )
        for who, has, since, heard in found
    ]


class Turn:
    """Asked for, and not yet had. `monotonic` runs on while the process is frozen. StorageError if the server is away."""

    def __init__(
        self, url: str, half: str, machine: str = "", *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._half, self._monotonic = half, monotonic
        self._session: Any = open_session(url, _SETTINGS, what=f"the {half} half's turn", name=_named(half, machine))
        self._answered = monotonic()
        self._over = threading.Event()
        self._words = threading.Thread(target=self._say_words, name=f"turn of {half}", daemon=True)

    def take(self) -> bool:
        """Whether it is ours from now on; another process has it otherwise. StorageError if the server is away."""
        try:
            (is_ours,) = self._session.execute("select pg_try_advisory_lock(1, %s)", (HALVES[self._half],)).fetchone()
        except session_error() as error:
            raise StorageError(f"the database of the {self._half} half's turn is away", remedy=AWAY) from error
        if is_ours:
            self._answered = self._monotonic()
            self._words.start()
        return bool(is_ours)

    def is_lost(self) -> bool:
        """As far as we know without asking."""
        return self._over.is_set() or self._monotonic() - self._answered > STALE_SECONDS

    def check(self) -> None:
        """StorageError if another machine may have it by now: the session that holds it does not answer."""
        if self.is_lost() or not self._is_answered():
            raise StorageError(
                f"the {self._half} half's turn is over: another machine may have it by now",
                remedy="start it again: it waits for its turn; see that this machine and the database reach each other",
            )

    def close(self) -> None:
        """The lock goes with the session."""
        self._over.set()
        if self._words.is_alive():
            self._words.join()
        self._session.close()

    def _say_words(self) -> None:
        """Until it is over, or one of them is not answered."""
        while not self._over.wait(WORD_SECONDS):
            self._is_answered()

    def _is_answered(self) -> bool:
        asked = self._monotonic()
        try:
            self._session.execute("select 1")
        except session_error():
            self._over.set()
            return False
        # the server counts from when it heard us, which was not before; another thread's word may have been later
        self._answered = max(self._answered, asked)
        return True


def _named(half: str, machine: str) -> str:
    """As PostgreSQL lists the session, in its 63 bytes."""
    return f"{_WHO} {half} {machine or '-'} {__version__}"


def _parts(who: str) -> tuple[str, str, str]:
    """Half, machine, build: whoever may connect could call a session so, and the words of ours have no spaces."""
    half, name, build = [*who.removeprefix(f"{_WHO} ").split(" "), "", "", ""][:3]
    return half, name, build
